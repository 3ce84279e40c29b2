import pytest

from embudo.foundation.access.tests.builders import an_admin
from embudo.foundation.attributes import commands
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.kernel.errors import Invalid

pytestmark = pytest.mark.django_db


def test_add_choice_offers_one_more_and_knows_what_is_there() -> None:
    attribute = an_attribute("choices", "Tags", choices="vip = VIP")
    assert commands.add_choice(an_admin(), attribute, label=" Trade  fair ") == "trade_fair"
    assert commands.add_choice(an_admin(), attribute, label="vip") == "vip"
    attribute.refresh_from_db()
    assert [one.label for one in attribute.definition.choices] == ["VIP", "Trade fair"]


def test_add_choice_offers_again_what_was_offered_before() -> None:
    attribute = an_attribute("choices", "Tags", choices="vip = VIP\nold = Old")
    change = commands.AttributeChange(label="Tags", choices="vip = VIP")
    commands.change_attribute(an_admin(), attribute, change=change)
    assert commands.add_choice(an_admin(), attribute, label="old") == "old"
    attribute.refresh_from_db()
    assert [(one.key, one.is_offered) for one in attribute.definition.choices] == [
        ("vip", True),
        ("old", True),
    ]


def test_add_choice_without_a_name_or_to_another_type_is_refused() -> None:
    for attribute, label in (
        (an_attribute("choices", "Tags", choices="vip = VIP"), " "),
        (an_attribute("text", "Hobby"), "A"),
    ):
        with pytest.raises(Invalid):
            commands.add_choice(an_admin(), attribute, label=label)
