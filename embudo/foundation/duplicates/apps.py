from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "embudo.foundation.duplicates"
    label = "duplicates"

    def ready(self) -> None:
        from embudo.foundation.duplicates import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
