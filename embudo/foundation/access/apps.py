from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "embudo.foundation.access"
    label = "access"

    def ready(self) -> None:
        from embudo.foundation.access import commands, hooks, reactions
