from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "embudo.business.sales"
    label = "sales"

    def ready(self) -> None:
        from embudo.business.sales import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
