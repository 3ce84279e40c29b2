from django.apps import AppConfig


class EditingConfig(AppConfig):
    name = "embudo.foundation.editing"
    label = "editing"

    def ready(self) -> None:
        from embudo.foundation.editing import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
