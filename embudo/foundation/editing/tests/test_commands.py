from typing import Any
from uuid import uuid4

import pytest

from embudo.business.directory.models import Company, Person
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales import commands as sales
from embudo.business.sales.models import Lead, Opportunity
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_user, an_actor, ann, bob, cat
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.editing import commands
from embudo.foundation.editing.models import BulkPart, BulkRun
from embudo.foundation.editing.rules import State
from embudo.foundation.editing.tests.builders import (
    COMPANY,
    a_run,
    administrator,
    companies,
    fresh,
    some_companies,
)
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.models import Job, LogEntry
from embudo.kernel.money import Money
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


def counts(run: BulkRun) -> tuple[int, int, int]:
    return run.changed_count, run.same_count, run.failed_count


def towns() -> list[str]:
    return list(Company.objects.order_by("name").values_list("town", flat=True))


def reasons(run: BulkRun) -> list[str]:
    return [reason for part in BulkPart.objects.filter(run=run) for _pk, reason in part.failures]


def tags(*labels: str, **more: Any) -> Any:
    return an_attribute("choices", "Tags", kind=COMPANY, choices="\n".join(labels), **more)


# --- editing


def test_change_many_sets_the_values_at_once() -> None:
    ids = [company.pk for company in companies(3, by=ann())]
    run = a_run(ann(), ids)
    assert (run.state, counts(run)) == (State.DONE, (3, 0, 0))
    assert towns() == ["Gdynia"] * 3


def test_change_many_publishes_what_the_single_command_does() -> None:
    company = a_company()
    a_run(ann(), [company.pk])
    names = LogEntry.objects.filter(about_id=company.pk).order_by("seq").values_list("name", flat=True)
    assert list(names) == ["directory.CompanyRegistered", "directory.CompanyChanged"]


def test_change_many_keeps_derived_columns_in_step() -> None:
    company = a_company()
    a_run(ann(), [company.pk], {"email": "Office@Acme.example"})
    company.refresh_from_db()
    assert (company.email, company.email_key) == ("office@acme.example", "office@acme.example")


def test_change_many_counts_what_is_so_already() -> None:
    assert counts(a_run(ann(), [a_company(town="Gdynia").pk])) == (0, 1, 0)


def test_change_many_empties_a_value() -> None:
    company = a_company(town="Sopot", employees=12)
    a_run(ann(), [company.pk], {"town": "", "employees": None})
    company.refresh_from_db()
    assert (company.town, company.employees) == ("", None)


def test_change_many_does_not_empty_what_is_required() -> None:
    with pytest.raises(Invalid) as fault:
        a_run(ann(), [a_company().pk], {"name": ""})
    assert [str(text) for text in fault.value.errors["name"]] == ["Enter the name."]


def test_change_many_refuses_values_that_fit_none_of_the_records() -> None:
    with pytest.raises(Invalid) as fault:
        a_run(ann(), [a_company().pk], {"email": "nobody"})
    assert set(fault.value.errors) == {"email"}
    assert not BulkRun.objects.exists()


def test_change_many_refuses_a_value_that_is_not_the_actors_to_set() -> None:
    with pytest.raises(Invalid):
        a_run(ann(), [a_company().pk], {"name_key": "x"})


def test_change_many_fails_the_records_of_others_by_themselves() -> None:
    mine, theirs = a_company("Mine", by=ann()), a_company("Theirs", by=bob())
    run = a_run(ann(), [mine.pk, theirs.pk])
    assert (counts(run), towns()) == ((1, 0, 1), ["Gdynia", ""])
    assert reasons(run) == ["The record belongs to somebody else, and you may not change it."]


def test_change_many_fails_records_that_are_not_there() -> None:
    run = a_run(ann(), [a_company().pk, uuid4()])
    assert reasons(run) == ["The record was deleted in the meantime."]


def test_change_many_takes_a_number_as_one_of_the_records_own_country() -> None:
    here, there = a_company("Here", country="PL"), a_company("There", country="FR")
    a_run(ann(), [here.pk, there.pk], {"phone": "145670123"})
    assert list(Company.objects.order_by("name").values_list("phone", flat=True)) == [
        "+48145670123",
        "+33145670123",
    ]


def test_change_many_needs_the_right_to_change_such_records() -> None:
    company = a_company()
    with pytest.raises(Forbidden):
        a_run(cat(), [company.pk])
    with pytest.raises(Forbidden):
        a_run(an_actor(a_user(roles=("collector",), name="Cleo")), [company.pk])


def test_change_many_of_nothing_is_refused() -> None:
    with pytest.raises(Invalid):
        a_run(ann(), [])
    with pytest.raises(Invalid):
        a_run(ann(), [a_company().pk], {})


def test_change_many_refuses_more_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.foundation.editing.rules.steps.MOST", 2)
    with pytest.raises(Invalid):
        a_run(ann(), [uuid4(), uuid4(), uuid4()])


def test_change_many_leaves_a_unique_value_to_the_record_s_own_form() -> None:
    an_attribute("text", "Customer number", kind=COMPANY, is_unique=True)
    with pytest.raises(Invalid):
        a_run(administrator(), [a_company().pk], {"custom_customer_number": "7"})


def test_change_many_sets_custom_values() -> None:
    an_attribute("choice", "Tier", kind=COMPANY, choices="gold = Gold\nsilver = Silver")
    company = a_company()
    a_run(ann(), [company.pk], {"custom_tier": "gold", "town": "Sopot"})
    company.refresh_from_db()
    assert (company.custom, company.town) == ({"tier": "gold"}, "Sopot")


def test_change_many_people_sets_values() -> None:
    person = a_person()
    assert counts(a_run(ann(), [person.pk], {"job_title": "Buyer"}, kind="directory.person")) == (1, 0, 0)
    assert Person.objects.get().job_title == "Buyer"


def test_change_many_fails_closed_leads() -> None:
    open_one = sales.submit_lead(
        ann(), name="Open", email="o@example.com", owner=User.objects.get(pk=ann().id)
    )
    closed = sales.submit_lead(ann(), name="Shut", email="s@example.com", owner=User.objects.get(pk=ann().id))
    sales.disqualify_lead(ann(), closed, reason="spam")
    run = a_run(ann(), [open_one.pk, closed.pk], {"company_name": "Acme"}, kind="sales.lead")
    assert counts(run) == (1, 0, 1)
    assert Lead.objects.get(pk=open_one.pk).search.count("acme") == 1


# --- handing over


def test_change_many_assigns_by_the_rules_of_handing_over() -> None:
    manager, owner = administrator(), a_user(name="Nora New")
    company = a_company(by=ann())
    run = a_run(manager, [company.pk], {"owner": str(owner.pk)}, what="assign")
    company.refresh_from_db()
    assert (counts(run), company.owner_id) == ((1, 0, 0), owner.pk)
    assert LogEntry.objects.filter(about_id=company.pk, name="directory.CompanyOwnerChanged").count() == 1


def test_change_many_tells_new_owners_of_leads(mailoutbox: Any) -> None:
    manager, owner = administrator(), a_user(name="Nora New")
    lead = sales.submit_lead(
        manager, name="Jan", email="jan@example.com", owner=User.objects.get(pk=ann().id)
    )
    a_run(manager, [lead.pk], {"owner": str(owner.pk)}, what="assign", kind="sales.lead")
    events = LogEntry.objects.filter(about_id=lead.pk, name="sales.LeadAssigned").order_by("-seq")
    assert events[0].data == {"lead_id": str(lead.pk), "owner_id": str(owner.pk), "by_id": str(manager.id)}


def test_change_many_does_not_assign_to_somebody_who_may_not_sign_in() -> None:
    owner = a_user(name="Gone")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    with pytest.raises(Invalid):
        a_run(administrator(), [a_company().pk], {"owner": str(owner.pk)}, what="assign")


def test_change_many_assigns_opportunities() -> None:
    manager, owner = administrator(), a_user(name="Nora New")
    sales.define_default_pipeline(manager)
    deal = sales.open_opportunity(manager, title="Deal", value=Money(100, "PLN"))
    assert counts(
        a_run(manager, [deal.pk], {"owner": str(owner.pk)}, what="assign", kind="sales.opportunity")
    ) == (1, 0, 0)
    run = a_run(manager, [deal.pk], {"value": "250", "closes": "2026-12-31"}, kind="sales.opportunity")
    deal.refresh_from_db()
    assert (counts(run), deal.value, str(deal.closes)) == ((1, 0, 0), Money(25_000, "PLN"), "2026-12-31")
    assert Opportunity.objects.get().owner_id == owner.pk


# --- tags


def test_change_many_adds_and_removes_tags() -> None:
    tags("fair = Fair", "vip = VIP", "old = Old")
    first = a_company("A", custom={"tags": ["old"]})
    second = a_company("B", custom={"tags": ["vip"]})
    values = {"attribute": "custom_tags", "add": ["vip"], "remove": ["old"]}
    run = a_run(ann(), [first.pk, second.pk], values, what="tag")
    assert counts(run) == (1, 1, 0)
    assert list(Company.objects.order_by("name").values_list("custom", flat=True)) == [{"tags": ["vip"]}] * 2


def test_change_many_refuses_tags_there_are_not() -> None:
    tags("vip = VIP")
    for values in (
        {"attribute": "custom_tags", "add": ["other"], "remove": []},
        {"attribute": "custom_other", "add": ["vip"], "remove": []},
        {"attribute": "custom_tags", "add": [], "remove": []},
        {"attribute": "custom_tags", "add": ["vip"], "remove": ["vip"]},
    ):
        with pytest.raises(Invalid):
            a_run(ann(), [a_company().pk], values, what="tag")


# --- deleting


def test_change_many_deletes_into_the_bin_and_undoing_restores() -> None:
    manager = administrator()
    ids = [company.pk for company in companies(2, by=manager)]
    run = a_run(manager, ids, {}, what="delete")
    assert (counts(run), Company.objects.count()) == ((2, 0, 0), 0)
    run = fresh(commands.undo_run(manager, run))
    assert (run.state, run.undone_count, Company.objects.count()) == (State.UNDONE, 2, 2)


# --- in the background


def test_more_than_200_are_changed_in_the_background() -> None:
    actor = administrator()
    run = a_run(actor, some_companies(205, owner=actor))
    assert (run.state, run.done, run.total) == (State.RUNNING, 0, 205)
    drain()
    run = fresh(run)
    assert (run.state, run.done, counts(run)) == (State.DONE, 205, (205, 0, 0))
    assert set(towns()) == {"Gdynia"}


def test_write_part_killed_between_two_parts_goes_on_behind_the_last() -> None:
    actor = administrator()
    run = a_run(actor, some_companies(205, owner=actor))
    Job.objects.all().delete()
    assert commands.write_part(actor, run, turn=run.turn) is True
    assert (fresh(run).done, towns().count("Gdynia")) == (200, 200)
    assert commands.write_part(actor, run, turn=run.turn) is False
    assert (fresh(run).state, towns().count("Gdynia")) == (State.DONE, 205)


def test_write_part_killed_within_a_part_leaves_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = administrator()
    run = a_run(actor, some_companies(205, owner=actor))

    def killed(*_given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("embudo.foundation.editing.commands.running._keep", killed)
        with pytest.raises(KeyboardInterrupt):
            commands.write_part(actor, run, turn=run.turn)
    assert (fresh(run).done, towns().count("Gdynia")) == (0, 0)
    drain()
    assert (fresh(run).state, towns().count("Gdynia")) == (State.DONE, 205)


def test_cancel_run_stops_and_what_is_changed_can_be_undone() -> None:
    actor = administrator()
    run = a_run(actor, some_companies(205, owner=actor))
    commands.write_part(actor, run, turn=run.turn)
    run = commands.cancel_run(actor, fresh(run))
    drain()
    assert (fresh(run).state, towns().count("Gdynia")) == (State.CANCELLED, 200)
    commands.undo_run(actor, fresh(run))
    drain()
    run = fresh(run)
    assert (run.state, run.undone_count, towns().count("Gdynia")) == (State.UNDONE, 200, 0)


def test_cancel_run_that_is_over_is_refused() -> None:
    run = a_run(ann(), [a_company().pk])
    with pytest.raises(Refused):
        commands.cancel_run(ann(), run)


def test_a_run_stops_when_its_owner_may_no_longer_change_such_records() -> None:
    actor = administrator()
    run = a_run(actor, some_companies(205, owner=actor))
    User.objects.get(pk=actor.id).roles.clear()
    drain()
    run = fresh(run)
    assert (run.state, run.problem, run.done) == (State.STOPPED, "Who set it going may no longer do this.", 0)
