from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "embudo.business.insight"
    label = "insight"

    def ready(self) -> None:
        from embudo.business.insight import hooks
