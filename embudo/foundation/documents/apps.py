from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "embudo.foundation.documents"
    label = "documents"

    def ready(self) -> None:
        from embudo.foundation.documents import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
