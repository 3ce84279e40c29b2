from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "embudo.foundation.search"
    label = "search"

    def ready(self) -> None:
        from embudo.foundation.search import commands, hooks, permissions, reactions
