from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "embudo.business.billing"
    label = "billing"

    def ready(self) -> None:
        from embudo.business.billing import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
