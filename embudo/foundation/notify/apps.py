from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "embudo.foundation.notify"
    label = "notify"

    def ready(self) -> None:
        from embudo.foundation.notify import commands, hooks, reactions
