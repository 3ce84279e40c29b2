from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class DayField(forms.DateField):
    """A day to plan for, with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        widget = forms.DateInput(attrs={"type": "date", "class": "input num"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **kwargs)


class CountField(forms.IntegerField):
    """A whole number; left empty it is `none`."""

    def __init__(self, *, least: int = 0, most: int, none: int = 0, **kwargs: Any) -> None:
        wrong = _("Enter a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
        texts = dict.fromkeys(("invalid", "min_value", "max_value"), wrong)
        widget = forms.TextInput(attrs={"class": "num", "inputmode": "numeric", "autocomplete": "off"})
        kwargs.setdefault("required", False)
        super().__init__(min_value=least, max_value=most, error_messages=texts, widget=widget, **kwargs)
        self.none = none

    def clean(self, value: Any) -> int:
        found = super().clean(value)
        return self.none if found is None else found

    def prepare_value(self, value: Any) -> Any:
        """What says nothing is shown as nothing."""
        return "" if value == self.none and self.none == 0 else value


class PercentagesField(forms.CharField):
    """Several percentages in one field: "80, 95"."""

    default_error_messages = {"invalid": _("Enter whole percentages, parted by commas: 80, 95.")}

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"class": "num", "autocomplete": "off"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        kwargs.setdefault("max_length", 100)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[int]:  # type: ignore[override]
        typed = str(super().to_python(value)).replace("%", " ").replace(",", " ").replace(";", " ").split()
        if not all(one.isascii() and one.isdecimal() and len(one) < 4 for one in typed):
            raise ValidationError(self.error_messages["invalid"], "invalid")
        return [int(one) for one in typed]

    def run_validators(self, value: Any) -> None:
        """The text's limits were checked on the text."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
