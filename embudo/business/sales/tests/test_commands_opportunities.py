from datetime import timedelta

import pytest

from embudo.business.sales import commands, queries
from embudo.business.sales.models import LeadSource, Opportunity, Pipeline, StageStay
from embudo.business.sales.rules.pipelines import StageKind
from embudo.business.sales.tests.builders import (
    EUR,
    a_pipeline,
    a_source,
    a_stage,
    a_won_opportunity,
    an_opportunity,
)
from embudo.foundation.access.tests.builders import (
    a_team,
    an_admin,
    ann,
    bob,
    tester,
    user_of,
)
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money

pytestmark = pytest.mark.django_db


def log_names() -> list[str]:
    return list(
        LogEntry.objects.filter(name__startswith="sales.").order_by("seq").values_list("name", flat=True)
    )


# --- pipelines and opportunities


def test_define_default_pipeline_is_made_once() -> None:
    pipeline = a_pipeline()
    assert commands.define_default_pipeline(tester()) is None
    assert [(one.name, one.probability) for one in queries.stages(tester(), pipeline)] == [
        ("Prospecting", 10), ("Engaging", 30), ("Offer", 60), ("Negotiation", 80), ("Won", 100), ("Lost", 0),
    ]  # fmt: skip


def test_define_pipeline_refuses_a_known_name() -> None:
    pipeline = a_pipeline()
    with pytest.raises(Invalid):
        commands.define_pipeline(tester(), name=pipeline.name, stages=())
    assert Pipeline.objects.count() == 1


def test_open_opportunity_begins_a_stay() -> None:
    actor = ann()
    a_pipeline()
    opportunity = commands.open_opportunity(actor, title=" New  deal ", value=EUR)
    assert (opportunity.title, opportunity.stage.name, opportunity.owner_id) == (
        "New deal",
        "Prospecting",
        actor.id,
    )
    assert [(stay.stage.name, stay.left) for stay in StageStay.objects.all()] == [("Prospecting", None)]


def test_open_opportunity_refuses_a_closed_stage() -> None:
    with pytest.raises(Invalid):
        commands.open_opportunity(tester(), title="Deal", value=EUR, stage=a_stage("Won"))


def test_edit_opportunity_changes_value_and_day() -> None:
    opportunity = an_opportunity()
    changed = commands.edit_opportunity(
        tester(), opportunity, title="Other", value=Money.of(5, "USD"), closes=clock.today(), version=1
    )
    assert (changed.value, changed.closes, changed.version) == (Money(500, "USD"), clock.today(), 2)


def test_edit_opportunity_refuses_a_closed_one() -> None:
    with pytest.raises(Refused):
        commands.edit_opportunity(tester(), a_won_opportunity(), title="Other", value=EUR)


def test_assign_opportunity_gives_it_away() -> None:
    other = bob()
    assert (
        commands.assign_opportunity(tester(), an_opportunity(ann()), owner=user_of(other)).owner_id
        == other.id
    )


def test_move_opportunity_logs_each_stay() -> None:
    start = clock.now()
    with clock.at(start):
        opportunity = an_opportunity()
    with clock.at(start + timedelta(days=3)):
        commands.move_opportunity(tester(), opportunity, stage=a_stage("Offer"))
    stays = queries.stays(tester(), opportunity)
    assert [(stay.stage.name, stay.seconds) for stay in stays] == [
        ("Prospecting", 3 * 86_400),
        ("Offer", None),
    ]
    assert log_names()[-1] == "sales.OpportunityMoved"


def test_move_opportunity_to_its_own_stage_changes_nothing() -> None:
    opportunity = an_opportunity()
    commands.move_opportunity(tester(), opportunity, stage=opportunity.stage)
    assert (StageStay.objects.count(), Opportunity.objects.get().version) == (1, 1)


def test_move_opportunity_to_won_wins_it() -> None:
    won = commands.move_opportunity(tester(), an_opportunity(), stage=a_stage("Won"))
    assert (won.state, won.closed is not None) == (StageKind.WON, True)
    assert log_names()[-2:] == ["sales.OpportunityMoved", "sales.OpportunityWon"]


def test_move_opportunity_to_lost_wants_a_reason() -> None:
    opportunity = an_opportunity()
    with pytest.raises(Refused) as refused:
        commands.move_opportunity(tester(), opportunity, stage=a_stage("Lost"))
    assert refused.value.code == "sales.lost_needs_reason"


def test_move_opportunity_of_another_seller_is_not_found() -> None:
    opportunity = an_opportunity(ann())
    with pytest.raises(NotFound):
        commands.move_opportunity(bob(), opportunity, stage=a_stage("Offer"))


def test_win_opportunity_twice_is_refused() -> None:
    won = a_won_opportunity()
    with pytest.raises(Refused) as refused:
        commands.win_opportunity(tester(), won)
    assert refused.value.code == "sales.opportunity_closed"


def test_lose_opportunity_keeps_the_reason() -> None:
    lost = commands.lose_opportunity(tester(), an_opportunity(), reason="price", note="Too dear")
    assert (lost.state, lost.lost_reason, lost.lost_note) == (StageKind.LOST, "price", "Too dear")
    assert log_names()[-1] == "sales.OpportunityLost"


def test_lose_opportunity_wants_words_for_other() -> None:
    with pytest.raises(Invalid):
        commands.lose_opportunity(tester(), an_opportunity(), reason="other")


def test_reopen_opportunity_goes_back_where_it_stood() -> None:
    lost = commands.lose_opportunity(tester(), an_opportunity(stage="Negotiation"), reason="price")
    again = commands.reopen_opportunity(tester(), lost)
    assert (again.stage.name, again.state, again.closed, again.lost_reason) == (
        "Negotiation",
        "open",
        None,
        "",
    )
    with pytest.raises(Refused):
        commands.reopen_opportunity(tester(), again)


# --- sources


def test_define_source_has_a_key_nobody_guesses() -> None:
    one, two = a_source(), a_source()
    assert len(one.key) == 24
    assert one.key != two.key


def test_define_source_names_every_fault() -> None:
    with pytest.raises(Invalid) as refused:
        commands.define_source(an_admin(), name=" ", kind="carrier pigeon", language="xx", country="Poland")
    assert set(refused.value.errors) == {"name", "kind", "language", "country"}


def test_define_source_is_not_for_sellers() -> None:
    with pytest.raises(Forbidden):
        commands.define_source(ann(), name="Mine")
    assert LeadSource.objects.count() == 0


def test_change_source_keeps_its_team_unless_told() -> None:
    source = a_source(route_team=a_team("North"))
    assert commands.change_source(tester(), source, name="Other").route_team == a_team("North")
    assert commands.change_source(tester(), source, is_any_team=True).route_team is None


def test_renew_source_key_shuts_the_old_address() -> None:
    source = a_source()
    old = source.key
    assert commands.renew_source_key(tester(), source).key != old
    with pytest.raises(NotFound):
        queries.form_source(old)
