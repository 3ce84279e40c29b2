from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "embudo.business.intake"
    label = "intake"

    def ready(self) -> None:
        from embudo.business.intake import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
