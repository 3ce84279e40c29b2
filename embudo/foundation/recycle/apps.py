from django.apps import AppConfig


class RecycleConfig(AppConfig):
    name = "embudo.foundation.recycle"
    label = "recycle"

    def ready(self) -> None:
        from embudo.foundation.recycle import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
