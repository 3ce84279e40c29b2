from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "embudo.foundation.ui"
    label = "ui"
