from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from embudo.business.sales import commands as sales, queries as sales_queries
from embudo.business.sales.models import Lead
from embudo.foundation.access.tests.builders import a_team, a_user, an_actor, an_admin, ann, bob, cat, user_of
from embudo.foundation.attributes import commands, queries
from embudo.foundation.attributes.models import CustomAttribute, SavedView, ViewPin
from embudo.foundation.attributes.tests.builders import LEAD, a_view, an_attribute
from embudo.kernel import clock
from embudo.kernel.act import acting
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale
from embudo.kernel.event import Event, publish
from embudo.kernel.models import LogEntry
from embudo.kernel.undoing import undo_changes

pytestmark = pytest.mark.django_db


def a_lead(actor: Actor, name: str = "Marta", **custom: Any) -> Lead:
    return sales.submit_lead(actor, name=name, owner=user_of(actor), custom=custom)


def faults(caught: Any) -> dict[str, list[str]]:
    return {field: [str(text) for text in texts] for field, texts in caught.value.errors.items()}


# -- definitions


def test_define_attribute_makes_a_key_and_says_so() -> None:
    made = an_attribute("choice", "Customer's tier", choices="gold = Gold\nSilver")
    again = an_attribute("choice", "Customer's tier", choices="Gold")
    assert (made.key, again.key) == ("customer_s_tier", "customer_s_tier_2")
    assert made.choices[1] == {"key": "silver", "label": "Silver", "labels": {}, "is_offered": True}
    assert LogEntry.objects.filter(name="attributes.AttributeDefined", about_id=made.pk).exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "access.user"}, "kind"),
        ({"type": "colour"}, "type"),
        ({"key": "No Key"}, "key"),
        ({"type": "choice"}, "choices"),
        ({"type": "number", "default": "many"}, "default"),
        ({"type": "number", "limits": {"min": "x"}}, "min"),
        ({"label": " "}, "label"),
    ],
)
def test_define_attribute_refuses_what_could_not_work(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        an_attribute(**{"label": "Tier", **given})
    assert list(caught.value.errors) == [field]


def test_define_attribute_refuses_a_key_that_an_archived_one_has() -> None:
    commands.archive_attribute(an_admin(), an_attribute(key="tier"))
    with pytest.raises(Invalid) as caught:
        an_attribute(key="tier")
    assert list(caught.value.errors) == ["key"]


def test_define_attribute_is_for_those_who_may() -> None:
    with pytest.raises(Forbidden):
        commands.define_attribute(ann(), kind=LEAD, type="text", change=commands.AttributeChange("Tier"))


def test_change_attribute_keeps_choices_that_records_may_hold() -> None:
    made = an_attribute("choice", choices="gold = Gold\nsilver = Silver")
    lead = a_lead(ann(), tier="gold")
    changed = commands.change_attribute(
        an_admin(), made, change=commands.AttributeChange("Level", choices="silver = Silver"), version=1
    )
    assert (str(changed), [one.is_offered for one in changed.definition.choices]) == ("Level", [True, False])
    [(_section, [shown])] = queries.shown_sections(ann(), lead)
    assert shown.text == "Gold"


def test_change_attribute_refuses_a_stale_version_and_shared_values() -> None:
    made = an_attribute("text", key="code")
    a_lead(ann(), code="A")
    a_lead(ann(), code="A")
    with pytest.raises(Stale):
        commands.change_attribute(an_admin(), made, change=commands.AttributeChange("Code"), version=7)
    with pytest.raises(Invalid) as caught:
        commands.change_attribute(an_admin(), made, change=commands.AttributeChange("Code", is_unique=True))
    assert list(caught.value.errors) == ["is_unique"]


def test_change_attribute_leaves_the_currency_as_it_is() -> None:
    made = an_attribute("money", "Budget", limits={"currency": "PLN"})
    change = commands.AttributeChange("Budget", limits={"currency": "EUR"})
    assert commands.change_attribute(an_admin(), made, change=change).limits == {"currency": "PLN"}


def test_archive_attribute_and_restore_attribute_keep_the_values() -> None:
    made = an_attribute()
    lead = a_lead(ann(), tier="A")
    commands.archive_attribute(an_admin(), made)
    assert queries.definitions(LEAD) == ()
    with pytest.raises(Invalid):
        sales.edit_lead(ann(), lead, custom={"tier": "B"})
    commands.restore_attribute(an_admin(), made)
    assert [one.key for one in queries.definitions(LEAD)] == ["tier"]
    assert Lead.objects.get(pk=lead.pk).custom == {"tier": "A"}


# -- values


def test_values_are_kept_checked_and_logged() -> None:
    an_attribute("number", "Seats", limits={"min": 1})
    an_attribute("money", "Budget", limits={"currency": "EUR"})
    lead = a_lead(ann(), seats="12", budget="1 200.50")
    assert lead.custom == {"seats": 12, "budget": 120050}
    changed = sales.edit_lead(ann(), lead, custom={"seats": None})
    assert changed.custom == {"budget": 120050}


def test_new_records_get_the_defaults_also_where_nobody_was_asked() -> None:
    an_attribute("choice", default="gold", choices="gold = Gold", is_required=True)
    an_attribute("text", "Contract", is_required=True)
    assert sales.submit_lead(ann(), name="Form").custom == {"tier": "gold"}


def test_wrong_values_are_refused_each_on_its_field() -> None:
    an_attribute("number", "Seats", limits={"min": 1})
    an_attribute("text", "Contract", is_required=True)
    with pytest.raises(Invalid) as caught:
        a_lead(ann(), seats="none", colour="red")
    assert faults(caught) == {
        "custom_seats": ["Enter a number, such as 12.5."],
        "custom_colour": ["There is no such attribute, or you may not see it. Leave it out."],
        "custom_contract": ["Enter the Contract."],
    }


def test_unique_value_is_refused_a_second_time() -> None:
    an_attribute("text", "Contract", is_unique=True)
    first = a_lead(ann(), contract="C-1")
    with pytest.raises(Invalid) as caught:
        a_lead(ann(), contract="C-1")
    assert faults(caught) == {"custom_contract": ["Another record has this value already. Enter another."]}
    assert sales.edit_lead(ann(), first, name="Marta K", custom={"contract": "C-1"}).custom == {
        "contract": "C-1"
    }


def test_reference_and_user_must_be_in_sight() -> None:
    an_attribute("user", "Adviser")
    an_attribute("reference", "Related lead", limits={"kind": LEAD})
    other = a_lead(bob(), "Bob's own")
    with pytest.raises(Invalid) as caught:
        a_lead(ann(), related_lead=str(other.pk), adviser=str(other.pk))
    assert sorted(faults(caught)) == ["custom_adviser", "custom_related_lead"]
    mine = a_lead(ann(), "Ann's own", adviser=str(bob().id))
    assert a_lead(ann(), related_lead=str(mine.pk)).custom == {"related_lead": str(mine.pk)}


def test_roles_that_may_not_change_or_see_an_attribute_are_refused() -> None:
    an_attribute("text", "Margin", view_roles=("manager",))
    an_attribute("text", "Rating", edit_roles=("manager",))
    with pytest.raises(Invalid) as caught:
        a_lead(ann(), margin="high", rating="A")
    assert faults(caught) == {
        "custom_margin": ["There is no such attribute, or you may not see it. Leave it out."],
        "custom_rating": ["Your role may not change this. Leave it as it is."],
    }
    lead = a_lead(ann())
    assert queries.sent_values(ann(), [lead])[0].custom_sent == {}


def test_undo_puts_custom_values_back() -> None:
    an_attribute("text", "Contract")
    lead = a_lead(ann(), contract="C-1")
    sales.edit_lead(ann(), lead, custom={"contract": "C-2"})
    act = LogEntry.objects.filter(name="sales.LeadChanged").latest("seq").act
    with acting(ann(), "tests.undo"):
        assert undo_changes(act).left == []
        publish(Event(), lead)
    assert Lead.objects.get(pk=lead.pk).custom == {"contract": "C-1"}


# -- indexes


def test_make_index_of_makes_one_that_a_filter_finds_and_may_run_again() -> None:
    made = an_attribute("text", "Contract")
    assert commands.make_index_of(made)
    assert commands.make_index_of(made)
    tree = {"attribute": "custom_contract", "op": "is", "value": "C-1"}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # an empty table is read faster than any index
    plan = queries.narrowed(an_admin(), Lead.objects.all(), tree).explain()
    assert "custom_sales_lead_contract" in plan


def test_index_of_an_attribute_holds_what_people_narrow_lists_by_beside_it() -> None:
    assert commands.make_index_of(an_attribute("text", "Contract"))
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Lead._meta.db_table)
    columns = found["custom_sales_lead_contract"]["columns"]
    assert {"created", "id", "owner_id", "status"} <= set(columns)


def test_index_attributes_makes_what_is_missing() -> None:
    an_attribute("text", "Contract")
    an_attribute("long_text", "Story")
    assert commands.index_attributes() == 1


# -- views


def test_create_view_is_private_until_shared() -> None:
    view = a_view(ann(), filter={"attribute": "status", "op": "is", "value": "new"}, sorts=("-created",))
    assert list(queries.views_of_list(ann(), "sales:leads")) == [view]
    assert list(queries.views_of_list(bob(), "sales:leads")) == []
    with pytest.raises(NotFound):
        queries.view(bob(), view.pk)


def test_view_of_a_team_is_seen_by_the_team_alone() -> None:
    mate = an_actor(a_user(name="Art", team=a_team("North")))
    view = a_view(ann(), scope="team")
    assert [list(queries.views_of_list(one, "sales:leads")) for one in (mate, bob(), cat())] == [
        [view],
        [],
        [],
    ]
    assert [queries.views_at_hand(one, "sales:leads") for one in (mate, bob(), cat())] == [[view], [], []]


def test_create_view_refuses_a_name_twice_and_sharing_without_the_permission() -> None:
    a_view(ann())
    with pytest.raises(Invalid) as caught:
        a_view(ann())
    assert list(caught.value.errors) == ["name"]
    with pytest.raises(Forbidden):
        a_view(ann(), "Everybody's", scope="all")
    with pytest.raises(Forbidden):
        a_view(cat())


def test_change_view_is_for_its_owner_and_for_those_who_share_with_everybody() -> None:
    view = a_view(an_admin(), scope="all")
    with pytest.raises(Forbidden):
        commands.change_view(ann(), view, name="Ann's")
    manager = an_actor(a_user(roles=("manager",), name="Max"))
    assert commands.change_view(manager, view, name="Ours", version=1).name == "Ours"
    with pytest.raises(Stale):
        commands.change_view(manager, view, name="Mine", version=1)


def test_delete_view_takes_its_pins_along() -> None:
    view = a_view(ann())
    commands.pin_view(ann(), view)
    commands.delete_view(ann(), view)
    assert (SavedView.objects.count(), ViewPin.objects.count()) == (0, 0)


def test_pin_view_and_unpin_view_are_each_persons_own() -> None:
    view = a_view(an_admin(), scope="all")
    commands.pin_view(ann(), view)
    commands.pin_view(ann(), view)
    assert [one.is_pinned for one in queries.views_at_hand(ann(), "")] == [True]
    assert queries.views_at_hand(bob(), "") == []
    commands.unpin_view(ann(), view)
    assert queries.views_at_hand(ann(), "") == []


def test_set_default_view_takes_the_roles_from_the_view_before() -> None:
    first, second = (a_view(an_admin(), name, scope="all") for name in ("First", "Second"))
    commands.set_default_view(an_admin(), first, roles=("seller", "manager"))
    commands.set_default_view(an_admin(), second, roles=("seller",))
    assert SavedView.objects.get(pk=first.pk).default_roles == ["manager"]
    assert queries.default_view(ann(), queries.views_at_hand(ann(), "sales:leads")) == second


def test_set_default_view_refuses_a_private_view_and_unknown_roles() -> None:
    with pytest.raises(Refused):
        commands.set_default_view(an_admin(), a_view(an_admin()), roles=("seller",))
    with pytest.raises(Invalid):
        commands.set_default_view(an_admin(), a_view(an_admin(), "All", scope="all"), roles=("cook",))
    with pytest.raises(Forbidden):
        commands.set_default_view(ann(), a_view(ann()), roles=())


def test_system_has_no_views() -> None:
    with pytest.raises(Refused):
        a_view(system_actor("tests"))


# -- filters against the database


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({"attribute": "custom_tier", "op": "is", "value": "gold"}, "ab"),
        ({"attribute": "custom_tier", "op": "is_not", "value": "gold"}, "cd"),
        ({"not": {"attribute": "custom_tier", "op": "is", "value": "gold"}}, "cd"),
        ({"attribute": "custom_tier", "op": "any_of", "value": ["gold", "silver"]}, "abc"),
        ({"attribute": "custom_tier", "op": "none_of", "value": ["silver"]}, "abd"),
        ({"attribute": "custom_tier", "op": "empty"}, "d"),
        ({"attribute": "custom_tier", "op": "filled"}, "abc"),
        ({"attribute": "custom_seats", "op": "more", "value": 9.5}, "bc"),
        ({"attribute": "custom_seats", "op": "between", "value": [1, 10]}, "ab"),
        ({"attribute": "custom_budget", "op": "less", "value": "200.00"}, "a"),
        ({"attribute": "custom_renewal", "op": "next_days", "value": 30}, "a"),
        ({"attribute": "custom_renewal", "op": "older", "value": 30}, "b"),
        ({"attribute": "custom_renewal", "op": "period", "value": "today"}, ""),
        ({"attribute": "custom_seen", "op": "last_days", "value": 7}, "a"),
        ({"attribute": "custom_seen", "op": "before", "value": "2020-01-01"}, "b"),
        ({"attribute": "custom_vip", "op": "yes"}, "a"),
        ({"attribute": "custom_vip", "op": "no"}, "bcd"),
        ({"attribute": "custom_tags", "op": "has", "value": "red"}, "ab"),
        ({"attribute": "custom_tags", "op": "has_not", "value": "red"}, "cd"),
        ({"attribute": "custom_note", "op": "contains", "value": "HEL"}, "a"),
        ({"attribute": "custom_note", "op": "starts", "value": "w"}, "b"),
        ({"attribute": "custom_adviser", "op": "is", "value": "me"}, "a"),
        ({"attribute": "custom_adviser", "op": "is", "value": "my_team"}, "a"),
        ({"attribute": "owner", "op": "is", "value": "me"}, "abcd"),
        ({"attribute": "owner", "op": "is_not", "value": "my_team"}, ""),
        ({"attribute": "created", "op": "period", "value": "today"}, "abcd"),
        ({"attribute": "created", "op": "older", "value": 1}, ""),
        ({"attribute": "company_name", "op": "empty"}, "abcd"),
        ({"attribute": "status", "op": "is_not", "value": "new"}, ""),
        (
            {
                "or": [
                    {"attribute": "name", "op": "is", "value": "a"},
                    {"attribute": "custom_seats", "op": "is", "value": 20},
                ]
            },
            "ac",
        ),
    ],
)
def test_filter_finds_what_it_says(tree: dict[str, Any], found: str) -> None:
    actor = _with_leads()
    text = queries.narrowed(actor, sales_queries.leads(actor), tree).order_by("name")
    assert "".join(text.values_list("name", flat=True)) == found


def _with_leads() -> Actor:
    for kind, label, more in (
        ("choice", "Tier", {"choices": "gold = Gold\nsilver = Silver"}),
        ("number", "Seats", {}),
        ("money", "Budget", {"limits": {"currency": "EUR"}}),
        ("date", "Renewal", {}),
        ("datetime", "Seen", {}),
        ("yes_no", "VIP", {}),
        ("choices", "Tags", {"choices": "red = Red\nblue = Blue"}),
        ("text", "Note", {}),
        ("user", "Adviser", {}),
    ):
        an_attribute(kind, label, **more)
    actor, today = ann(), clock.today()
    a_lead(
        actor, "a", tier="gold", seats=1, budget="150", renewal=today + timedelta(20), seen=clock.now(), vip=True,
        tags=["red", "blue"], note="Hello", adviser=str(actor.id),
    )  # fmt: skip
    a_lead(
        actor, "b", tier="gold", seats=10, budget="200", renewal=today - timedelta(31), seen="2019-12-31T00:00:00Z",
        tags=["red"], note="world", adviser=str(bob().id),
    )  # fmt: skip
    a_lead(actor, "c", tier="silver", seats=20, tags=["blue"])
    a_lead(actor, "d")
    return actor


def test_filter_on_what_one_may_not_see_is_refused() -> None:
    an_attribute("text", "Margin", view_roles=("manager",))
    with pytest.raises(Invalid):
        queries.narrowed(ann(), sales_queries.leads(ann()), {"attribute": "custom_margin", "op": "filled"})


def test_attribute_is_a_record_of_its_own() -> None:
    made = an_attribute()
    assert CustomAttribute.objects.visible_to(an_admin()).get() == made
