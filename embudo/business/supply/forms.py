from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from embudo.business.supply.rules import RATE_SCALE, rate_text, scaled
from embudo.foundation.ui.forms import Form
from embudo.kernel.money import UNIT_PRICE_SCALE


class ScaledField(forms.DecimalField):
    """A decimal that is kept as a whole number of 1/scale."""

    def __init__(self, *, scale: int, **kwargs: Any) -> None:
        self.scale = scale
        attrs = {"class": "input num", "inputmode": "decimal", "autocomplete": "off"}
        super().__init__(localize=True, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> int | None:
        number = super().clean(value)
        try:
            return None if number is None else scaled(number, self.scale)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], "invalid") from None

    def prepare_value(self, value: Any) -> Any:
        return Decimal(value) / self.scale if isinstance(value, int) else value


class ProductForm(Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.CharField(
        label=_("Code"), max_length=64, required=False, help_text=_("Without one, the name.")
    )
    series = forms.CharField(label=_("Series"), max_length=80, required=False)
    price_minor = ScaledField(
        label=_("Unit price"), scale=UNIT_PRICE_SCALE, min_value=0, max_value=900_000_000_000, decimal_places=4,
    )  # fmt: skip
    currency = forms.CharField(label=_("Currency"), max_length=3, help_text=_("Three letters, such as EUR."))
    tax_rate = ScaledField(
        label=_("Tax rate, per cent"), scale=RATE_SCALE, min_value=0, max_value=100, decimal_places=2,
    )  # fmt: skip

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class ChangeProductForm(ProductForm):
    is_active = forms.BooleanField(label=_("On sale"), required=False)


__all__ = ["ChangeProductForm", "ProductForm", "rate_text"]
