from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents import rules
from embudo.foundation.documents.rules import LONGEST_NAME, TYPES, Category
from embudo.foundation.ui.forms import Form
from embudo.kernel.errors import Invalid

ACCEPT = ",".join(f".{extension}" for extension in TYPES)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


def checked(file: UploadedFile[Any]) -> UploadedFile[Any]:
    """The file, when it may be taken; the command looks again."""
    try:
        rules.checked_file(file.name or "", file)
    except Invalid as fault:
        raise forms.ValidationError(
            [str(text) for texts in fault.errors.values() for text in texts]
        ) from None
    return file


class FilesField(forms.FileField):
    """One file or several."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", FilesInput(attrs={"accept": ACCEPT}))
        super().__init__(allow_empty_file=True, **kwargs)  # an empty one gets our own words

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            super().clean(None, initial)
        return [checked(super(FilesField, self).clean(file, initial)) for file in files]


class OneFileField(forms.FileField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ACCEPT}))
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> UploadedFile[Any]:
        return checked(super().clean(data, initial))


class AttachForm(Form):
    files = FilesField(label=_("Files"), error_messages={"required": _("Choose at least one file.")})  # type: ignore[assignment]


class VersionForm(Form):
    file = OneFileField(label=_("File"), error_messages={"required": _("Choose a file.")})


class RenameForm(Form):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    category = forms.ChoiceField(label=_("Category"), choices=Category.choices)
