from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttributesConfig(AppConfig):
    name = "embudo.foundation.attributes"
    label = "attributes"
    verbose_name = _("Attributes and views")

    def ready(self) -> None:
        from embudo.foundation.attributes import commands, hooks, reactions
