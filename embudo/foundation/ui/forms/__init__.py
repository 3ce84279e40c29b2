from embudo.foundation.ui.forms.base import EmptyForm, Form
from embudo.foundation.ui.forms.fields import (
    LookupField,
    LookupWidget,
    MoneyField,
    NumberField,
    PaperDateField,
    PhoneField,
    parse_paper_date,
    phone_text,
)

__all__ = [
    "EmptyForm",
    "Form",
    "LookupField",
    "LookupWidget",
    "MoneyField",
    "NumberField",
    "PaperDateField",
    "PhoneField",
    "parse_paper_date",
    "phone_text",
]
