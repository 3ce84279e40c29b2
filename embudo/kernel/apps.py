from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "embudo.kernel"
    label = "kernel"
