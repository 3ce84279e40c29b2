from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils.translation import override

from embudo.foundation.attributes.rules import parsed, plain_tree, sentence
from embudo.foundation.attributes.rules.definitions import checked_definition, key_from, read_choices
from embudo.foundation.attributes.rules.kinds import AttributeType
from embudo.foundation.attributes.rules.numbers import number_of
from embudo.foundation.attributes.rules.operators import OPERATORS
from embudo.foundation.attributes.rules.periods import PERIODS, days_of
from embudo.foundation.attributes.rules.values import WrongValue, kept_value, live_value
from embudo.foundation.attributes.tests.builders import TIERS, a_definition, a_list_attribute
from embudo.kernel.errors import Invalid
from embudo.kernel.money import Money

KNOWN = {
    one.key: one
    for one in (
        a_list_attribute("text", "name"),
        a_list_attribute("choice", "country", choices=(("PL", "Poland"), ("ES", "Spain"))),
        a_list_attribute("number", "employees"),
        a_list_attribute("money", "value", currency="EUR"),
        a_list_attribute("date", "closes"),
        a_list_attribute("datetime", "created"),
        a_list_attribute("yes_no", "is_customer", label="Customer"),
        a_list_attribute("user", "owner"),
    )
}


def leaf(attribute: str, op: str, *value: Any) -> dict[str, Any]:
    return {"attribute": attribute, "op": op, **({"value": value[0]} if value else {})}


def told(given: Any) -> str:
    with pytest.raises(Invalid) as caught:
        parsed(given, KNOWN)
    return str(caught.value.errors["filter"][0])


def test_tree_comes_back_as_it_was_given() -> None:
    tree = {
        "and": [
            leaf("country", "is", "PL"),
            {"not": {"or": [leaf("employees", "more", 50), leaf("owner", "is", "me")]}},
        ]
    }
    assert plain_tree(parsed(tree, KNOWN)) == tree


@pytest.mark.parametrize("given", ["", "{}", None, {"and": []}, {}])
def test_empty_filter_is_none(given: Any) -> None:
    assert parsed(given, KNOWN) is None


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            leaf("colour", "is", "x"),
            "This list has no attribute “colour”, or you may not see it. Remove the condition.",
        ),
        (leaf("country", "starts", "P"), "Country: this comparison does not fit. Choose another."),
        (leaf("country", "is", "XX"), "Country: choose a value from the list."),
        (leaf("employees", "more", "many"), "Employees: enter a number, such as 12.5."),
        (leaf("employees", "more", True), "Employees: enter a number, such as 12.5."),
        (leaf("employees", "between", [5, 2]), "Employees: enter the smaller value first."),
        (leaf("employees", "between", [5]), "Employees: enter two values, from and to."),
        (leaf("closes", "before", "21 March"), "Closes: enter a date as year-month-day, such as 2026-03-21."),
        (leaf("closes", "last_days", 0), "Closes: enter a number of days from 1 to 36500."),
        (leaf("closes", "period", "soon"), "Closes: choose a period from the list."),
        (leaf("name", "contains", ""), "Name: enter a value."),
        (leaf("name", "contains", "x" * 201), "Name: enter 1 to 200 characters."),
        (leaf("owner", "is", "you"), "Owner: choose a record from the list."),
        ({"attribute": "name"}, "Each condition needs an attribute and an operator."),
        ("{", "The filter cannot be read. Build it again."),
        ("[" * 3000, "The filter cannot be read. Build it again."),
        ({"xor": []}, "Each condition needs an attribute and an operator."),
        ({"and": "name"}, "The filter cannot be read. Build it again."),
        ({"and": [leaf("name", "filled")] * 61}, "Use at most 60 conditions."),
        ("x" * 8001, "The filter is too long. Use fewer conditions."),
    ],
)
def test_wrong_filter_says_which_attribute_and_what_to_do(given: Any, text: str) -> None:
    assert told(given) == text


def test_filter_is_eight_levels_deep_at_most() -> None:
    tree: Any = leaf("name", "filled")
    for _level in range(7):
        tree = {"not": tree}
    assert parsed(tree, KNOWN) is not None
    assert told({"not": tree}) == "Groups are nested too deeply. Use at most 8 levels."


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (leaf("country", "is", "PL"), "Country is Poland"),
        (leaf("is_customer", "yes"), "Customer is ticked"),
        (leaf("closes", "last_days", 1), "Closes is in the last 1 day"),
        (leaf("closes", "older", 30), "Closes is older than 30 days"),
        (leaf("closes", "period", "this_month"), "Closes is in this month"),
        (leaf("value", "between", [100000, "2500.50"]), "Value is between €1,000.00 and €2,500.50"),
        (leaf("country", "any_of", ["PL", "ES"]), "Country is one of Poland, Spain"),
        (
            {
                "and": [
                    leaf("name", "contains", "acme"),
                    {"or": [leaf("owner", "is", "me"), leaf("owner", "is", "my_team")]},
                ]
            },
            "Name contains “acme” and (Owner is me or Owner is my team)",
        ),
        (
            {"not": {"and": [leaf("country", "is", "PL"), leaf("name", "empty")]}},
            "not (Country is Poland and Name is empty)",
        ),
    ],
)
def test_sentence_reads_as_one_says_it(tree: Any, said: str) -> None:
    assert sentence(parsed(tree, KNOWN)) == said


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", date(2026, 11, 22), date(2026, 11, 22)),
        ("this_week", date(2026, 11, 16), date(2026, 11, 22)),
        ("next_week", date(2026, 11, 23), date(2026, 11, 29)),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("next_month", date(2026, 12, 1), date(2026, 12, 31)),
        ("this_quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("next_quarter", date(2027, 1, 1), date(2027, 3, 31)),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_period_has_a_first_and_a_last_day(period: str, first: date, last: date) -> None:
    assert days_of(period, date(2026, 11, 22)) == (first, last)


def test_every_period_begins_before_it_ends() -> None:
    for period in PERIODS:
        first, last = days_of(period, date(2024, 2, 29))
        assert first <= last


def test_every_type_has_comparisons() -> None:
    assert set(OPERATORS) == set(AttributeType)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("12", 12),
        ("12,5", 12.5),
        ("1 234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        (0.1, 0.1),
        ("-3", -3),
        ("1e3", 1000),
    ],
)
def test_number_is_read_as_people_write_it(given: Any, number: float) -> None:
    assert number_of(given) == number


@pytest.mark.parametrize("given", ["", "NaN", "inf", "1" * 16, "twelve", True, "1,2,3", "--1"])
def test_what_is_no_number_is_refused(given: Any) -> None:
    with pytest.raises(ValueError):
        number_of(given)


@pytest.mark.parametrize(
    ("one", "given", "kept"),
    [
        (a_definition("text"), "  two\n words ", "two words"),
        (a_definition("long_text"), " two\nlines ", "two\nlines"),
        (a_definition("number", limits={"decimals": 1}), "12,5", 12.5),
        (a_definition("money", limits={"currency": "EUR"}), "1200.50", 120050),
        (a_definition("money", limits={"currency": "EUR"}), {"amount_minor": 5, "currency": "EUR"}, 5),
        (a_definition("money", limits={"currency": "PLN"}), Money(7, "PLN"), 7),
        (a_definition("date"), "2026-03-21", "2026-03-21"),
        (a_definition("date"), datetime(2026, 3, 21, 9, tzinfo=UTC), "2026-03-21"),
        (a_definition("datetime"), "2026-03-21T14:30:00+02:00", "2026-03-21T12:30:00Z"),
        (a_definition("yes_no"), "tak", True),
        (a_definition("yes_no"), "0", False),
        (a_definition("choice", choices=TIERS), "gold", "gold"),
        (a_definition("choice", choices=TIERS), "złoty", "gold"),
        (a_definition("choices", choices=TIERS), "Silver; gold", ["gold", "silver"]),
        (a_definition("email"), "ann@example.com", "ann@example.com"),
        (a_definition("phone"), "+48 58 301 22 14", "+48583012214"),
        (a_definition("url"), "example.com/a", "https://example.com/a"),
        (
            a_definition("user"),
            "0193d1b8-7e1e-7000-8000-000000000001",
            "0193d1b8-7e1e-7000-8000-000000000001",
        ),
        (a_definition("text"), "   ", None),
        (a_definition("choices", choices=TIERS), [], None),
    ],
)
def test_value_is_kept_in_one_plain_form(one: Any, given: Any, kept: Any) -> None:
    assert kept_value(one, given) == kept


@pytest.mark.parametrize(
    ("one", "given", "text"),
    [
        (a_definition("text", limits={"max_length": 3}), "four", "Enter at most 3 characters."),
        (a_definition("number", limits={"decimals": 0}), "1.5", "Enter a whole number."),
        (a_definition("number", limits={"min": 5}), "4", "Enter 5 or more."),
        (a_definition("number", limits={"max": 5}), "6", "Enter 5 or less."),
        (a_definition("money", limits={"currency": "EUR"}), Money(1, "PLN"), "Enter an amount in EUR."),
        (a_definition("money"), "lots", "Enter an amount, such as 1200.50."),
        (a_definition("money"), {"amount_minor": "x"}, "Enter an amount, such as 1200.50."),
        (a_definition("date"), "2026-02-30", "Enter a date as year-month-day, such as 2026-03-21."),
        (a_definition("datetime"), "noon", "Enter date and time, such as 2026-03-21 14:30."),
        (
            a_definition("datetime"),
            "0001-01-01T00:00:00+14:00",
            "Enter date and time, such as 2026-03-21 14:30.",
        ),
        (a_definition("yes_no"), "perhaps", "Enter yes or no."),
        (a_definition("choice", choices=TIERS), "bronze", "Choose one of: Gold, Silver."),
        (a_definition("choices", choices=TIERS), 5, "Choose some of: Gold, Silver."),
        (a_definition("email"), "ann", "Enter an e-mail address such as name@example.com."),
        (a_definition("url"), "javascript://x.y", "Enter a web address such as https://example.com."),
        (a_definition("url"), "http://[", "Enter a web address such as https://example.com."),
        (a_definition("user"), "ann", "Choose one from the list."),
    ],
)
def test_wrong_value_says_what_to_enter(one: Any, given: Any, text: str) -> None:
    with pytest.raises(WrongValue) as caught:
        kept_value(one, given)
    assert str(caught.value) == text


def test_live_value_is_what_python_works_with() -> None:
    assert live_value(a_definition("money", limits={"currency": "PLN"}), 120) == Money(120, "PLN")
    assert live_value(a_definition("date"), "2026-03-21") == date(2026, 3, 21)


def test_label_is_in_the_readers_language() -> None:
    one = a_definition(labels={"pl": "Poziom"})
    with override("pl"):
        assert str(one) == "Poziom"
        assert str(TIERS[0]) == "Złoty"
    assert str(one) == "Tier"


def test_choices_are_read_one_a_line_and_those_left_out_stay_known() -> None:
    known = read_choices("gold = Gold\nSilver")
    assert [(one.key, one.label, one.is_offered) for one in read_choices("silver = Silver plus", known)] == [
        ("silver", "Silver plus", True),
        ("gold", "Gold", False),
    ]


@pytest.mark.parametrize(
    ("label", "key"),
    [("Customer's tier", "customer_s_tier"), ("Łódź 1", "lodz_1"), ("2nd", "a_2nd"), ("价格", "a")],
)
def test_key_is_made_from_the_label(label: str, key: str) -> None:
    assert key_from(label) == key


@pytest.mark.parametrize(
    ("one", "field"),
    [
        (a_definition("choice"), "choices"),
        (a_definition("money", limits={"currency": "EURO"}), "currency"),
        (a_definition("reference"), "related"),
        (a_definition("yes_no", is_unique=True), "is_unique"),
        (a_definition("date", is_searchable=True), "is_searchable"),
        (a_definition("text", is_searchable=True, view_roles=("manager",)), "view_roles"),
        (a_definition("number", limits={"min": 5, "max": 4}), "max"),
        (a_definition("text", label=" "), "label"),
    ],
)
def test_definition_that_could_not_work_is_refused(one: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_definition(one)
    assert list(caught.value.errors) == [field]


def test_roles_say_who_sees_and_who_changes() -> None:
    one = a_definition(view_roles=("manager", "seller"), edit_roles=("manager",))
    seen = {
        role: one.is_visible_for(frozenset({role}))
        for role in ("manager", "seller", "collector", "administrator")
    }
    changed = {role: one.is_editable_for(frozenset({role})) for role in seen}
    assert seen == {"manager": True, "seller": True, "collector": False, "administrator": True}
    assert changed == {"manager": True, "seller": False, "collector": False, "administrator": True}
