from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "embudo.business.directory"
    label = "directory"

    def ready(self) -> None:
        from embudo.business.directory import commands, hooks, reactions

        hooks.register()
        del commands, reactions  # imported so that they register themselves
