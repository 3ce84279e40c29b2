from django.apps import AppConfig


class QuotaConfig(AppConfig):
    name = "embudo.business.quota"
    label = "quota"

    def ready(self) -> None:
        from embudo.business.quota import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
