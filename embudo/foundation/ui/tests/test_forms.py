from datetime import date
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from embudo.foundation.ui.forms import (
    Form,
    LookupField,
    MoneyField,
    PaperDateField,
    PhoneField,
    parse_paper_date,
)
from embudo.kernel.errors import NotFound
from embudo.kernel.money import Money


@pytest.mark.parametrize(
    "typed", ["21 3 1985", "21.03.1985", "21/03/1985", "21-3-1985", "1985-03-21", " 21. 3. 1985 "]
)
@pytest.mark.parametrize("language", ["en", "fr", "es", "pl"])
def test_paper_date_is_read_in_every_language(typed: str, language: str) -> None:
    with translation.override(language):
        assert PaperDateField().clean(typed) == date(1985, 3, 21)


@pytest.mark.parametrize("typed", ["31 2 1985", "1985", "3/21/1985", "21 3 85", "x", "00 00 0000"])
def test_paper_date_refuses_what_is_no_date(typed: str) -> None:
    assert parse_paper_date(typed) is None
    with pytest.raises(ValidationError, match="day, month, year"):
        PaperDateField().clean(typed)


@pytest.mark.parametrize(
    ("language", "typed", "minor"),
    [
        ("pl", "1 234,56", 123456),
        ("pl", "1\xa0234,56", 123456),
        ("en", "1,234.56", 123456),
        ("fr", "1234,5", 123450),
        ("es", "1.234,56", 123456),
        ("en", "12 EUR", 1200),
        ("pl", "12.50", 1250),
    ],
)
def test_money_is_read_as_people_write_it(language: str, typed: str, minor: int) -> None:
    with translation.override(language):
        assert MoneyField().clean(typed) == Money(minor, "EUR")


@pytest.mark.parametrize("typed", ["abc", "1,2,3", "1.234", "-5", "9" * 30, "1e5", "NaN", "\0"])
def test_money_refuses_what_is_no_amount(typed: str) -> None:
    with translation.override("en"), pytest.raises(ValidationError):
        MoneyField().clean(typed)


def test_phone_is_kept_as_e164() -> None:
    assert PhoneField(region="PL").clean("58 301 22 14") == "+48583012214"
    assert PhoneField().clean("+33 6 12 44 98 03") == "+33612449803"
    with pytest.raises(ValidationError, match="country code"):
        PhoneField().clean("12")


def found(value: str) -> Any:
    if value != "7":
        raise NotFound
    return "seven"


def test_lookup_gives_the_record_or_says_choose() -> None:
    field = LookupField(fetch=found, search_url="/x/")
    assert field.clean("7") == "seven"
    for bad in ("8", "7\0"):
        with pytest.raises(ValidationError, match="Choose one"):
            field.clean(bad)


class PersonForm(Form):
    last_name = forms.CharField(label="Last name")
    source = forms.ChoiceField(label="Source", choices=(("a", "A"),))
    notes = forms.CharField(label="Notes", widget=forms.Textarea, required=False)


def test_form_says_what_to_do() -> None:
    errors = PersonForm({"last_name": "", "source": ""}).errors
    assert errors["last_name"] == ["Enter the last name."]
    assert errors["source"] == ["Choose the source."]


def test_form_refuses_nul_and_endless_text() -> None:
    errors = PersonForm({"last_name": "a\0", "source": "a", "notes": "x" * 10_001}).errors
    assert set(errors) == {"last_name", "notes"}


def test_form_draws_label_hint_and_error_for_each_field() -> None:
    drawn = str(PersonForm({"last_name": "", "source": "a"}))
    assert '<label class="label" for="id_last_name">' in drawn
    assert 'id="id_last_name_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert "(optional)" in drawn
