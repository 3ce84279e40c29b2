from django.apps import AppConfig


class TransferConfig(AppConfig):
    name = "embudo.foundation.transfer"
    label = "transfer"

    def ready(self) -> None:
        from embudo.foundation.transfer import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
