from datetime import timedelta

import pytest

from embudo.business.directory.commands import change_company, register_company, register_person
from embudo.business.directory.models import Company, Person
from embudo.business.sales import commands, queries
from embudo.business.sales.models import Lead, Opportunity, RoutingTurn
from embudo.business.sales.rules.leads import LeadStatus
from embudo.business.sales.tests.builders import (
    EUR,
    a_lead,
    a_pipeline,
    a_source,
    a_stage,
    an_opportunity,
)
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import (
    a_team,
    a_user,
    an_actor,
    ann,
    bob,
    cat,
    tester,
    user_of,
)
from embudo.foundation.activity.commands import add_note
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def log_names() -> list[str]:
    return list(
        LogEntry.objects.filter(name__startswith="sales.").order_by("seq").values_list("name", flat=True)
    )


# --- submit_lead


def test_submit_lead_keeps_the_enquiry_and_its_raw_form() -> None:
    source = a_source(country="PL", consent="Yes please")
    lead = commands.submit_lead(
        ann(), name="Jan Kowalski", company_name="Alfa", email="JAN@Alfa.example", phone="58 301 22 14",
        message="Hello", source=source, has_consented=True,
    )  # fmt: skip
    assert (lead.email, lead.phone, lead.source) == ("jan@alfa.example", "+48583012214", source)
    assert lead.raw == {"email": "JAN@Alfa.example", "phone": "58 301 22 14"}
    assert (lead.consent_text, lead.consented is not None) == ("Yes please", True)


def test_submit_lead_refuses_an_enquiry_nobody_can_answer() -> None:
    with pytest.raises(Invalid):
        commands.submit_lead(ann(), name="Jan", source=a_source())
    assert Lead.objects.count() == 0


def test_submit_lead_refuses_without_a_grant() -> None:
    with pytest.raises(Forbidden):
        commands.submit_lead(cat(), name="Jan", email="jan@alfa.example")
    assert Lead.objects.count() == 0


def test_submit_lead_goes_round_among_active_sellers() -> None:
    people = [a_user(name=name) for name in ("One", "Two", "Three")]
    owners = [a_lead().owner_id for _ in range(7)]
    assert [owners.count(one.pk) for one in people] == [3, 2, 2]
    assert owners[:3] == owners[3:6]


def test_submit_lead_skips_who_may_no_longer_sign_in() -> None:
    first, second = a_user(name="One"), a_user(name="Two")
    assert a_lead().owner_id == first.pk
    User.objects.filter(pk=second.pk).update(is_active=False)
    assert a_lead().owner_id == first.pk


def test_submit_lead_stays_in_the_source_s_team() -> None:
    a_user(name="Elsewhere", team=a_team("South"))
    wanted = a_user(name="Here", team=a_team("North"))
    source = a_source(route_team=a_team("North"))
    assert {a_lead(source=source).owner_id for _ in range(3)} == {wanted.pk}
    assert RoutingTurn.objects.count() == 1


def test_submit_lead_waits_unassigned_without_sellers() -> None:
    lead = a_lead()
    assert lead.owner is None
    assert log_names() == ["sales.LeadCreated"]


def test_submit_lead_twice_with_one_form_makes_one_lead() -> None:
    a_user()
    first = a_lead(submission="token-1")
    assert a_lead(submission="token-1").pk == first.pk
    assert Lead.objects.count() == 1
    assert log_names() == ["sales.LeadCreated", "sales.LeadAssigned"]


def test_submit_lead_for_oneself_takes_no_turn() -> None:
    actor = ann()
    assert a_lead(actor).owner_id == actor.id
    assert not RoutingTurn.objects.exists()


def test_submit_lead_keeps_the_name_out_of_the_readable_log() -> None:
    a_lead(name="Very Private Person")
    assert not LogEntry.objects.filter(changes__icontains="Very Private").exists()
    assert not any("Very Private" in str(entry.changes) + str(entry.data) for entry in LogEntry.objects.all())


# --- working a lead


def test_edit_lead_changes_only_what_is_given() -> None:
    actor = ann()
    lead = a_lead(actor, phone="+48583012214")
    changed = commands.edit_lead(actor, lead, company_name="Beta")
    assert (changed.company_name, changed.phone, "beta" in changed.search) == ("Beta", "+48583012214", True)


def test_edit_lead_refuses_a_stale_version() -> None:
    actor = ann()
    lead = a_lead(actor)
    commands.edit_lead(actor, lead, name="New Name")
    with pytest.raises(Stale):
        commands.edit_lead(actor, lead, name="Newer Name", version=1)


def test_edit_lead_refuses_a_closed_one() -> None:
    with pytest.raises(Refused):
        commands.edit_lead(tester(), a_lead(status="disqualified"), name="Other")


def test_edit_lead_of_another_seller_is_not_found() -> None:
    with pytest.raises(NotFound):
        commands.edit_lead(bob(), a_lead(ann()), name="Mine now")


def test_assign_lead_gives_it_away_and_says_so() -> None:
    actor, other = ann(), bob()
    lead = commands.assign_lead(actor, a_lead(actor), owner=user_of(other))
    assert lead.owner_id == other.id
    assert LogEntry.objects.filter(name="sales.LeadAssigned").last().data["by_id"] == str(actor.id)


def test_assign_lead_refuses_who_may_not_sign_in() -> None:
    gone = a_user(name="Gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    with pytest.raises(Invalid):
        commands.assign_lead(tester(), a_lead(), owner=gone)


def test_start_lead_notes_when() -> None:
    lead = commands.start_lead(tester(), a_lead())
    assert (lead.status, lead.started is not None) == (LeadStatus.WORKING, True)
    with pytest.raises(Refused):
        commands.start_lead(tester(), lead)


def test_qualify_lead_counts_as_started() -> None:
    lead = commands.qualify_lead(tester(), a_lead())
    assert lead.status == LeadStatus.QUALIFIED
    assert lead.started == lead.qualified


def test_disqualify_lead_keeps_the_reason() -> None:
    lead = commands.disqualify_lead(tester(), a_lead(), reason="other", note="Wrong planet")
    assert (lead.status, lead.reason, lead.reason_note) == (LeadStatus.DISQUALIFIED, "other", "Wrong planet")


def test_disqualify_lead_wants_a_known_reason() -> None:
    lead = a_lead()
    with pytest.raises(Invalid):
        commands.disqualify_lead(tester(), lead, reason="because")
    lead.refresh_from_db()
    assert lead.status == LeadStatus.NEW


def test_reopen_lead_forgets_the_reason() -> None:
    lead = commands.reopen_lead(tester(), a_lead(status="disqualified"))
    assert (lead.status, lead.reason, lead.closed) == (LeadStatus.WORKING, "", None)
    with pytest.raises(Refused):
        commands.reopen_lead(tester(), lead)


def test_unassigned_lead_is_seen_by_managers_only() -> None:
    lead = a_lead()
    boss = an_actor(a_user(roles=("manager",), name="Boss"))
    seller = ann()
    assert queries.lead(boss, lead.pk) == lead
    with pytest.raises(NotFound):
        queries.lead(seller, lead.pk)


# --- converting


def test_convert_lead_opens_opportunity_and_closes_lead() -> None:
    actor = ann()
    a_pipeline()
    lead = a_lead(actor, "qualified", name="Anna Nowak", phone="+48583012214")
    opportunity = commands.convert_lead(actor, lead, title="Big deal", value=EUR)
    lead.refresh_from_db()
    assert (lead.status, lead.company, lead.person) == (
        LeadStatus.CONVERTED,
        opportunity.company,
        opportunity.person,
    )
    assert (opportunity.lead, opportunity.owner_id, opportunity.value) == (lead, actor.id, EUR)
    assert (lead.person.first_name, lead.person.last_name, lead.person.phone) == (
        "Anna",
        "Nowak",
        "+48583012214",
    )
    assert lead.company.name == lead.company_name
    assert "sales.LeadConverted" in log_names()


def test_convert_lead_twice_is_refused() -> None:
    lead = a_lead(ann(), "converted")
    lead.refresh_from_db()
    with pytest.raises(Refused) as refused:
        commands.convert_lead(ann(), lead, title="Again", value=EUR)
    assert refused.value.code == "sales.lead_already_converted"
    assert Opportunity.objects.count() == 1


def test_convert_lead_wants_it_qualified() -> None:
    a_pipeline()
    with pytest.raises(Refused) as refused:
        commands.convert_lead(tester(), a_lead(), title="Early", value=EUR)
    assert refused.value.code == "sales.lead_not_qualified"


def test_convert_lead_rolls_back_event_on_failure() -> None:
    a_pipeline()
    lead = a_lead(status="qualified")
    before = (LogEntry.objects.count(), Company.objects.count())
    with pytest.raises(Invalid):
        commands.convert_lead(tester(), lead, title=" ", value=EUR)
    assert (LogEntry.objects.count(), Company.objects.count(), Opportunity.objects.count()) == (*before, 0)


def test_convert_lead_fills_only_what_is_empty() -> None:
    a_pipeline()
    company = register_company(tester(), name="Alfa", email="office@alfa.example")
    person = register_person(tester(), first_name="Jan", last_name="Kowalski", email="old@alfa.example")
    lead = a_lead(status="qualified", email="new@alfa.example", phone="+48583012214")
    opportunity = commands.convert_lead(
        tester(), lead, title="Deal", value=EUR, company=company, person=person
    )
    person.refresh_from_db()
    assert (person.email, person.phone, person.company) == ("old@alfa.example", "+48583012214", company)
    assert (opportunity.company, Company.objects.count(), Person.objects.count()) == (company, 1, 1)


def test_convert_lead_without_person() -> None:
    a_pipeline()
    opportunity = commands.convert_lead(
        tester(),
        a_lead(status="qualified", email="info@alfa.example"),
        title="Deal",
        value=EUR,
        has_person=False,
    )
    assert (opportunity.person, opportunity.company.email) == (None, "info@alfa.example")


def test_undo_conversion_puts_everything_back() -> None:
    a_pipeline()
    lead = commands.convert_lead(tester(), a_lead(status="qualified"), title="Deal", value=EUR).lead
    undone = commands.undo_conversion(tester(), lead)
    lead.refresh_from_db()
    assert (lead.status, lead.company, lead.person, lead.conversion) == (
        LeadStatus.QUALIFIED,
        None,
        None,
        None,
    )
    assert (Opportunity.objects.count(), Company.objects.count(), Person.objects.count()) == (0, 0, 0)
    assert undone.left == []
    assert commands.convert_lead(tester(), lead, title="Deal", value=EUR).lead == lead


def test_undo_conversion_empties_only_what_it_filled() -> None:
    a_pipeline()
    person = register_person(tester(), first_name="Jan", last_name="Kowalski", email="old@alfa.example")
    lead = a_lead(status="qualified", phone="+48583012214")
    commands.convert_lead(tester(), lead, title="Deal", value=EUR, person=person)
    commands.undo_conversion(tester(), lead)
    person.refresh_from_db()
    assert (person.email, person.phone) == ("old@alfa.example", "")


def test_undo_conversion_leaves_what_was_changed_since() -> None:
    a_pipeline()
    opportunity = commands.convert_lead(
        tester(), a_lead(status="qualified"), title="Deal", value=EUR, has_person=False
    )
    change_company(tester(), opportunity.company, town="Gdańsk")
    undone = commands.undo_conversion(tester(), opportunity.lead)
    assert [kind for kind, _id in undone.left] == ["directory.company"]
    assert Company.objects.get().town == "Gdańsk"


def test_undo_conversion_is_refused_once_the_opportunity_moved_on() -> None:
    a_pipeline()
    opportunity = commands.convert_lead(tester(), a_lead(status="qualified"), title="Deal", value=EUR)
    commands.move_opportunity(tester(), opportunity, stage=a_stage("Offer"))
    with pytest.raises(Refused) as refused:
        commands.undo_conversion(tester(), opportunity.lead)
    assert refused.value.code == "sales.opportunity_moved_on"


def test_undo_conversion_is_refused_once_something_was_noted() -> None:
    a_pipeline()
    opportunity = commands.convert_lead(tester(), a_lead(status="qualified"), title="Deal", value=EUR)
    add_note(tester(), about=opportunity, text="They called")
    with pytest.raises(Refused):
        commands.undo_conversion(tester(), opportunity.lead)
    assert Opportunity.objects.count() == 1


def test_undo_conversion_is_refused_when_others_refer_to_the_company() -> None:
    a_pipeline()
    opportunity = commands.convert_lead(tester(), a_lead(status="qualified"), title="Deal", value=EUR)
    an_opportunity(company=opportunity.company)
    with pytest.raises(Refused) as refused:
        commands.undo_conversion(tester(), opportunity.lead)
    assert refused.value.code == "sales.conversion_in_use"
    assert Lead.objects.get().status == LeadStatus.CONVERTED


def test_undo_conversion_is_refused_after_thirty_days() -> None:
    lead = a_lead(status="converted")
    with clock.at(clock.now() + timedelta(days=31)), pytest.raises(Refused) as refused:
        commands.undo_conversion(tester(), lead)
    assert refused.value.code == "sales.conversion_too_old"
