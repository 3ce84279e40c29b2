from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "embudo.foundation.activity"
    label = "activity"

    def ready(self) -> None:
        from embudo.foundation.activity import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
