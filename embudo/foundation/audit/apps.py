from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "embudo.foundation.audit"
    label = "audit"

    def ready(self) -> None:
        from embudo.foundation.audit import commands, hooks, reactions
