from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "embudo.business.directory"
    label = "directory"

    def ready(self) -> None:
        from embudo.business.directory import commands, hooks

        hooks.register()
        del commands  # imported so that they register themselves
