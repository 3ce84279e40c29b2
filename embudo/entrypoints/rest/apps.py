from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "embudo.entrypoints.rest"
    label = "rest"
