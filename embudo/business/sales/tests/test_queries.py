from datetime import timedelta
from uuid import UUID

import pytest

from embudo.business.sales import commands, queries
from embudo.business.sales.queries import MoneyFact
from embudo.business.sales.tests.builders import a_lead, a_stage, a_won_opportunity, an_opportunity
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_user, an_actor, an_admin, ann, bob, cat, tester, user_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.money import Money
from embudo.kernel.permission import Scope

pytestmark = pytest.mark.django_db


def test_funnel_facts_count_how_far_leads_got() -> None:
    for status in ("new", "new", "working", "qualified", "disqualified", "converted"):
        a_lead(status=status)
    facts = queries.funnel_facts(tester())
    assert (facts.leads, facts.started, facts.qualified, facts.converted, facts.disqualified) == (
        6,
        4,
        2,
        1,
        1,
    )


def test_funnel_facts_keep_who_was_qualified_before_being_dropped() -> None:
    commands.disqualify_lead(tester(), a_lead(status="qualified"), reason="no_budget")
    assert queries.funnel_facts(tester()).qualified == 1


def test_funnel_facts_sum_stages_and_what_was_closed_by_currency() -> None:
    an_opportunity(value=Money.of(10, "EUR"))
    an_opportunity(value=Money.of(5, "USD"))
    a_won_opportunity(value=Money.of(7, "EUR"))
    commands.lose_opportunity(tester(), an_opportunity(value=Money.of(3, "EUR")), reason="price")
    facts = queries.funnel_facts(tester())
    first = facts.stages[0]
    assert (first.name, first.count) == ("Prospecting", 2)
    assert set(first.sums) == {MoneyFact("EUR", 1, 1000), MoneyFact("USD", 1, 500)}
    assert (facts.won, facts.lost) == ((MoneyFact("EUR", 1, 700),), (MoneyFact("EUR", 1, 300),))


def test_funnel_facts_stay_within_the_period() -> None:
    now = clock.now()
    with clock.at(now - timedelta(days=40)):
        a_lead()
        a_won_opportunity()
    a_lead()
    facts = queries.funnel_facts(tester(), since=now - timedelta(days=30))
    assert (facts.leads, facts.won) == (1, ())


def test_funnel_facts_reach_as_far_as_asked() -> None:
    boss = a_user(roles=("manager",), name="Boss")
    seller = a_user(name="Under", manager=boss)
    actor = an_actor(boss)
    a_lead(an_actor(seller))
    a_lead(actor)
    a_lead(ann())
    assert queries.funnel_facts(actor).leads == 2
    assert queries.funnel_facts(actor, reach=Scope.OWN).leads == 1
    assert queries.funnel_facts(actor, owner=seller.pk).leads == 1
    assert queries.funnel_facts(cat()).leads == 0


def test_stage_stay_facts_average_the_stays_that_ended() -> None:
    start = clock.now()
    for days in (2, 4):
        with clock.at(start - timedelta(days=days)):
            opportunity = an_opportunity()
        with clock.at(start):
            commands.move_opportunity(tester(), opportunity, stage=a_stage("Offer"))
    found = queries.stage_stay_facts(tester())
    assert [(fact.name, fact.count, fact.average_seconds) for fact in found] == [
        ("Prospecting", 2, 3 * 86_400.0)
    ]


def test_owner_facts_tell_each_seller_apart() -> None:
    actor, other = ann(), bob()
    a_lead(actor)
    an_opportunity(actor, value=Money.of(10, "EUR"))
    a_won_opportunity(other, value=Money.of(7, "EUR"))
    facts = {fact.owner_id: fact for fact in queries.owner_facts(tester())}
    assert (facts[actor.id].open_leads, facts[actor.id].open_opportunities) == (
        1,
        [MoneyFact("EUR", 1, 1000)],
    )
    assert facts[other.id].won == [MoneyFact("EUR", 1, 700)]


def test_board_cards_show_the_newest_of_each_stage() -> None:
    actor = ann()
    titles = [an_opportunity(actor, title=f"Deal {number}").title for number in range(3)]
    offer = an_opportunity(actor, title="Offered", stage="Offer")
    stages = list(queries.stages(actor, queries.default_pipeline(actor)))
    cards = queries.board_cards(queries.opportunities(actor), stages, limit=2)
    assert {card.title for card in cards} == {titles[1], titles[2], offer.title}


def test_board_sums_count_all_of_a_stage() -> None:
    actor = ann()
    for _ in range(3):
        an_opportunity(actor)
    an_opportunity(bob())
    stages = list(queries.stages(actor, queries.default_pipeline(actor)))
    sums = queries.board_sums(queries.opportunities(actor), stages)
    assert [(one.count, one.value_minor) for one in sums] == [(3, 300_000)]


def test_lead_duplicates_are_only_those_in_sight() -> None:
    a_lead(bob(), email="same@alfa.example")
    mine = a_lead(ann(), email="same@alfa.example")
    assert queries.lead_duplicates(ann(), mine) == []
    assert [match.score for match in queries.lead_duplicates(tester(), mine)] == [95]


def test_lead_duplicates_know_name_and_company() -> None:
    actor = ann()
    a_lead(actor, name="Jan Żak", company_name="Alfa", email="")
    lead = a_lead(actor, name="jan zak", company_name="ALFA", email="")
    assert [match.score for match in queries.lead_duplicates(actor, lead)] == [85]


def test_opportunities_of_a_company_are_found_by_it() -> None:
    actor = ann()
    lead = a_lead(actor, "qualified")
    a_stage("Offer")
    opportunity = commands.convert_lead(actor, lead, title="Deal", value=Money.of(1, "EUR"))
    assert list(queries.opportunities_of(actor, company_id=opportunity.company_id)) == [opportunity]
    assert user_of(actor).pk == opportunity.owner_id


def test_lead_compiled_in_advance_is_seen_by_whom_the_plain_query_shows_it() -> None:
    """Each actor asks after every other, so that a statement kept for one would show itself to the next."""
    boss = a_user(roles=("manager",), name="Mia")
    below = a_user(name="Bea", manager=boss)
    actors = [ann(), bob(), cat(), an_actor(boss), an_actor(below), an_admin(), tester()]
    kept = [a_lead(actor) for actor in (ann(), bob(), an_actor(below))]
    for actor in actors:
        plain = set(queries.leads(actor).values_list("pk", flat=True))
        assert {one.pk for one in kept if _is_found(actor, one.pk)} == plain, actor.name


def _is_found(actor: Actor, lead_id: UUID) -> bool:
    try:
        found = queries.lead(actor, lead_id)
    except NotFound:
        return False
    assert (found.owner, found.source) == (User.objects.get(pk=found.owner_id), None)
    return found.pk == lead_id
