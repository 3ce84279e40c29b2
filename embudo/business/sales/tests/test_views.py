from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from embudo.business.sales import commands
from embudo.business.sales.models import Lead, LeadSource, Opportunity
from embudo.business.sales.tests.builders import (
    a_lead,
    a_pipeline,
    a_source,
    a_stage,
    a_won_opportunity,
    an_opportunity,
)
from embudo.foundation.access.tests.builders import (
    a_client,
    a_user,
    an_actor,
    an_admin,
    ann,
    bob,
    cat,
    tester,
)
from embudo.kernel import clock

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"sales:{name}", args=args)


def page(client: Client, address: str, **given: Any) -> str:
    return client.get(address, given).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", ["leads", "opportunities", "board"])
def test_list_pages_ask_the_same_number_of_queries(
    name: str, rows: int, django_assert_max_num_queries: Any
) -> None:
    client, actor = a_client(an_admin()), ann()
    a_pipeline()
    for _ in range(rows):
        a_lead(actor)
        an_opportunity(actor)
    client.get(at(name))
    with django_assert_max_num_queries(13):
        client.get(at(name))


def test_leads_page_of_a_seller_shows_only_their_own() -> None:
    actor = ann()
    mine, other = a_lead(actor, name="Mine Own"), a_lead(bob(), name="Not Mine")
    shown = page(a_client(actor), at("leads"), tab="all")
    assert (mine.name in shown, other.name in shown) == (True, False)


def test_leads_page_finds_without_accents() -> None:
    actor = ann()
    a_lead(actor, name="Łukasz Żak")
    a_lead(actor, name="Somebody Else")
    shown = page(a_client(actor), at("leads"), q="lukasz zak")
    assert ("Łukasz Żak" in shown, "Somebody Else" in shown) == (True, False)


def test_leads_page_shows_managers_what_nobody_has() -> None:
    a_lead(name="Waiting Alone")
    assert "Waiting Alone" in page(a_client(an_admin()), at("leads"), tab="unassigned")


def test_lead_page_shows_what_may_be_the_same() -> None:
    actor = ann()
    a_lead(actor, name="Twin One", email="twin@alfa.example")
    lead = a_lead(actor, name="Twin Two", email="twin@alfa.example")
    shown = page(a_client(actor), at("lead", lead.pk))
    assert "Twin One" in shown
    assert "95 of 100" in shown


def test_lead_page_of_another_seller_is_not_found() -> None:
    assert a_client(bob()).get(at("lead", a_lead(ann()).pk)).status_code == 404


def test_lead_page_is_closed_without_a_grant() -> None:
    assert a_client(cat()).get(at("lead", a_lead(ann()).pk)).status_code == 403


@pytest.mark.parametrize(
    ("status", "step"),
    [("new", "start"), ("new", "qualify"), ("disqualified", "reopen"), ("qualified", "reopen")],
)
def test_lead_steps_are_taken_by_a_post(status: str, step: str) -> None:
    actor = ann()
    lead = a_lead(actor, status)
    assert a_client(actor).post(at(f"lead_{step}", lead.pk)).status_code == 302
    lead.refresh_from_db()
    assert lead.status != status


def test_new_lead_page_gives_it_to_oneself() -> None:
    actor = ann()
    client = a_client(actor)
    assert f'value="{actor.id}" selected' in page(client, at("lead_new"))
    client.post(at("lead_new"), {"name": "Walk In", "owner": str(actor.id)})
    assert Lead.objects.get().owner_id == actor.id


def test_edit_lead_page_refuses_a_stale_form() -> None:
    actor = ann()
    lead = a_lead(actor)
    client = a_client(actor)
    client.post(at("lead_edit", lead.pk), {"name": "First", "version": "1"})
    response = client.post(at("lead_edit", lead.pk), {"name": "Second", "version": "1"})
    assert response.status_code == 422
    assert 'value="Second"' in response.content.decode()


def test_assign_lead_page_leads_back_to_the_list() -> None:
    actor, other = ann(), bob()
    lead = a_lead(actor)
    response = a_client(actor).post(at("lead_assign", lead.pk), {"owner": str(other.id)})
    assert response.headers["Location"] == at("leads")


def test_disqualify_page_wants_a_reason() -> None:
    actor = ann()
    lead = a_lead(actor)
    client = a_client(actor)
    assert client.post(at("lead_disqualify", lead.pk), {"reason": ""}).status_code == 422
    assert client.post(at("lead_disqualify", lead.pk), {"reason": "spam"}).status_code == 302


def conversion(**given: str) -> dict[str, str]:
    stage = str(a_stage("Prospecting").pk)
    return {
        "company": "new", "company_name": "Alfa", "person": "new", "first_name": "Jan", "last_name": "Kowalski",
        "title": "Deal", "value": "1000", "stage": stage,
    } | given  # fmt: skip


def test_convert_page_creates_opportunity() -> None:
    actor = ann()
    lead = a_lead(actor, "qualified")
    response = a_client(actor).post(at("lead_convert", lead.pk), conversion())
    opportunity = Opportunity.objects.get()
    assert response.headers["Location"] == at("opportunity", opportunity.pk)
    assert (opportunity.value_minor, opportunity.company.name) == (100_000, "Alfa")


def test_convert_page_offers_whom_one_knows() -> None:
    actor = ann()
    known = commands.convert_lead(
        tester(),
        a_lead(actor, "qualified", email="jan@alfa.example"),
        title="Old",
        value=an_opportunity().value,
    )
    lead = a_lead(actor, "qualified", email="jan@alfa.example")
    shown = page(a_client(actor), at("lead_convert", lead.pk))
    assert f'value="{known.person_id}"' in shown


def test_convert_page_answers_422_when_not_qualified() -> None:
    actor = ann()
    lead = a_lead(actor)
    response = a_client(actor).post(at("lead_convert", lead.pk), conversion())
    assert response.status_code == 422
    assert "Qualify the lead before you convert it." in response.content.decode()


def test_undo_page_takes_the_conversion_back() -> None:
    actor = ann()
    lead = a_lead(actor, "converted")
    assert a_client(actor).post(at("lead_undo", lead.pk)).status_code == 302
    assert Opportunity.objects.count() == 0


def test_opportunity_page_shows_the_way_through_the_stages() -> None:
    actor = ann()
    found = commands.move_opportunity(tester(), an_opportunity(actor), stage=a_stage("Offer"))
    shown = page(a_client(actor), at("opportunity", found.pk))
    assert shown.count("Prospecting") >= 2
    assert 'aria-current="step"' in shown


def test_lose_page_keeps_the_reason() -> None:
    actor = ann()
    found = an_opportunity(actor)
    assert a_client(actor).post(at("opportunity_lose", found.pk), {"reason": "price"}).status_code == 302
    found.refresh_from_db()
    assert (found.state, found.lost_reason) == ("lost", "price")


def test_edit_opportunity_page_keeps_the_company() -> None:
    actor = ann()
    lead = a_lead(actor, "qualified")
    a_client(actor).post(at("lead_convert", lead.pk), conversion())
    found = Opportunity.objects.get()
    given = {"title": "Other", "value": "12.50", "company": str(found.company_id), "version": "1"}
    assert a_client(actor).post(at("opportunity_edit", found.pk), given).status_code == 302
    found.refresh_from_db()
    assert (found.title, found.value_minor, found.company_id) == (
        "Other",
        1250,
        Opportunity.objects.get().company_id,
    )


# --- the board


def moved(client: Client, opportunity: Opportunity, stage: str) -> Any:
    given = {"card": str(opportunity.pk), "lane": str(a_stage(stage).pk)}
    return client.post(at("board"), given, headers={"Accept": "application/json"})


def test_board_moves_a_card_and_tells_the_new_totals() -> None:
    actor = ann()
    found = an_opportunity(actor)
    answer = moved(a_client(actor), found, "Offer").json()
    assert answer["lanes"][str(a_stage("Offer").pk)] == {"count": 1, "total": "€1,000"}


def test_board_wants_a_reason_for_lost() -> None:
    actor = ann()
    answer = moved(a_client(actor), an_opportunity(actor), "Lost")
    assert answer.status_code == 422
    assert "/opportunities/{card}/lose/" in page(a_client(actor), at("board"))


def test_board_reopens_a_won_card() -> None:
    actor = ann()
    found = a_won_opportunity(actor)
    assert moved(a_client(actor), found, "Engaging").status_code == 200
    found.refresh_from_db()
    assert (found.state, found.stage.name) == ("open", "Engaging")


def test_board_of_another_seller_s_card_is_not_found() -> None:
    assert moved(a_client(bob()), an_opportunity(ann()), "Offer").status_code == 404


def test_board_shows_thirty_cards_and_counts_all() -> None:
    actor = ann()
    for number in range(32):
        an_opportunity(actor, title=f"Card {number:02}")
    shown = page(a_client(actor), at("board"))
    assert shown.count('class="deal"') == 30
    assert "32" in shown
    assert "Card 01" not in shown


# --- sources and the hosted form


def test_source_page_shows_the_form_s_address() -> None:
    source = a_source()
    assert f"/f/{source.key}/" in page(a_client(an_admin()), at("source", source.pk))


def test_new_source_page_makes_one() -> None:
    given = {"name": "Web site", "kind": "web_form", "route_role": "seller"}
    assert a_client(an_admin()).post(at("source_new"), given).status_code == 302
    assert LeadSource.objects.get().name == "Web site"


def test_sources_are_closed_to_sellers() -> None:
    assert a_client(ann()).get(at("sources")).status_code == 403


class Visitor:
    """Somebody without script or cookies, who takes half a minute over the form."""

    def __init__(self, source: LeadSource, query: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.address = at("form", source.key) + query
        self.shown = self.client.get(self.address)
        self.token = self.token_in(self.shown)

    @staticmethod
    def token_in(response: Any) -> str:
        return str(response.content.decode().partition('name="token" value="')[2].partition('"')[0])

    def send(self, after: float = 30, **given: str) -> Any:
        typed = {
            "name": "Jan",
            "email": "jan@alfa.example",
            "has_consented": "on",
            "token": self.token,
        } | given
        with clock.at(clock.now() + timedelta(seconds=after)):
            return self.client.post(self.address, typed)


def test_form_makes_a_lead_without_cookies() -> None:
    a_user()
    source = a_source()
    visitor = Visitor(source)
    response = visitor.send(message="Hello")
    assert (response.status_code, response.headers["Location"]) == (302, at("form_thanks", source.key))
    lead = Lead.objects.get()
    assert (lead.source, lead.message, lead.consented is not None) == (source, "Hello", True)
    assert not visitor.client.cookies
    assert "Thank you" in page(visitor.client, response.headers["Location"])


def test_form_sent_twice_makes_one_lead() -> None:
    visitor = Visitor(a_source())
    assert [visitor.send().status_code for _ in range(2)] == [302, 302]
    assert Lead.objects.count() == 1


def test_form_keeps_what_was_typed() -> None:
    response = Visitor(a_source()).send(email="jan@", message="Do not lose me")
    shown = response.content.decode()
    assert response.status_code == 422
    assert "Do not lose me" in shown
    assert "Enter an e-mail address such as name@example.com." in shown
    assert Lead.objects.count() == 0


def test_form_sent_too_fast_is_asked_again_and_then_taken() -> None:
    visitor = Visitor(a_source())
    response = visitor.send(after=0)
    assert response.status_code == 422
    assert "That was very quick." in response.content.decode()
    assert visitor.send(after=5).status_code == 302


def test_form_that_stood_open_for_days_is_asked_again() -> None:
    visitor = Visitor(a_source())
    response = visitor.send(after=200_000, message="Still here")
    assert response.status_code == 422
    assert "Still here" in response.content.decode()
    assert visitor.token_in(response) != visitor.token


def test_form_names_every_fault_at_once() -> None:
    shown = Visitor(a_source()).send(name="", email="jan@", phone="1", has_consented="").content.decode()
    assert shown.count('class="error"') == 4


def test_form_with_a_made_up_token_is_asked_again() -> None:
    assert Visitor(a_source()).send(token="made.up").status_code == 422
    assert Lead.objects.count() == 0


def test_form_trap_is_asked_again() -> None:
    assert Visitor(a_source()).send(website="https://spam.example").status_code == 422
    assert Lead.objects.count() == 0


def test_form_wants_consent_in_its_own_words() -> None:
    visitor = Visitor(a_source(consent="You may write to me"))
    assert "You may write to me" in visitor.shown.content.decode()
    assert visitor.send(has_consented="").status_code == 422


def test_form_takes_only_so_many_from_one_address() -> None:
    visitor = Visitor(a_source())
    answers = [visitor.send(after=30, email="") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert 'value="Jan"' in answers[-1].content.decode()


@pytest.mark.parametrize(
    ("language", "query", "expected"), [("fr", "", "fr"), ("fr", "?lang=es", "es"), ("", "", "pl")]
)
def test_form_speaks_the_language_asked_for(language: str, query: str, expected: str) -> None:
    client = Client(headers={"Accept-Language": "pl"})
    shown = client.get(at("form", a_source(language=language).key) + query).content.decode()
    assert f'<html lang="{expected}"' in shown


def test_form_of_a_paused_or_foreign_source_is_not_found() -> None:
    paused = a_source()
    commands.change_source(tester(), paused, is_active=False)
    addresses = [at("form", paused.key), at("form", a_source(kind="partner").key), at("form", "made-up")]
    assert [Client().get(address).status_code for address in addresses] == [404, 404, 404]


def test_form_survives_odd_bytes() -> None:
    visitor = Visitor(a_source())
    assert visitor.send(name="Jan\x00Kowalski").status_code == 422
    assert visitor.send(phone="x" * 5000).status_code == 422
    assert Lead.objects.count() == 0


def test_menu_counts_the_new_leads_of_a_manager_s_own() -> None:
    boss = an_actor(a_user(roles=("manager",), name="Boss"))
    a_lead(boss)
    assert "1 open" in page(a_client(boss), at("leads"))
