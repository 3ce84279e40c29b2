from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, gettext_lazy as _

from embudo.kernel.actor import Actor
from embudo.kernel.filing import keeper


class CustomFileInput(forms.ClearableFileInput):
    """The file that is there, with a tick to remove it, above the control that chooses another."""

    template_name = "attributes/file_input.html"

    def __init__(self, actor: Actor, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.actor = actor

    def is_initial(self, value: Any) -> bool:
        return isinstance(value, dict)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        held = value if isinstance(value, dict) else None
        shown = (
            {"url": keeper().url(self.actor, held["id"]), "size": filesizeformat(held["size"])}
            if held
            else {}
        )
        return context | {"held": held and {**held, **shown}}


class CustomFileField(forms.FileField):
    """A file, False for one to be removed, and what the record keeps of the one that stays. The command looks at what is in it."""

    default_error_messages = {
        "contradiction": _("Choose another file or tick “Remove the file”, not both."),
        "invalid": _("Choose a file. Without script, the form has to be sent as multipart/form-data."),
    }

    def __init__(self, *, actor: Actor) -> None:
        accept = ",".join(f".{one}" for one in keeper().extensions())
        super().__init__(widget=CustomFileInput(actor, attrs={"accept": accept}), allow_empty_file=True)
        most = filesizeformat(settings.FILE_UPLOAD_MAX_SIZE)
        self.help_text = gettext("One file, %(size)s at most.") % {"size": most}
