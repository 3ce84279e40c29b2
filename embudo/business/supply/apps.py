from django.apps import AppConfig


class SupplyConfig(AppConfig):
    name = "embudo.business.supply"
    label = "supply"

    def ready(self) -> None:
        from embudo.business.supply import commands, hooks

        hooks.register()
        del commands  # imported so that they register themselves
