"""What other modules add to a record's page: it comes right after the page, several panels by one request."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from embudo.business.sales.models import Lead
from embudo.business.sales.tests.builders import a_lead
from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, cat
from embudo.foundation.activity import commands as activity
from embudo.foundation.ui.pages.records import Shown, loads
from embudo.kernel.errors import NotFound

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def parts(client: Client, lead: Lead) -> list[str]:
    """What the page asks for right after it is there."""
    html = client.get(reverse("sales:lead", args=[lead.pk])).content.decode()
    addresses = re.findall(r'<div hidden hx-get="([^"]+)" hx-trigger="load"', html)
    return [client.get(address, headers=HTMX).content.decode() for address in addresses]


def bodies(drawn: list[str]) -> dict[str, str]:
    found = re.findall(
        r'<div id="(panel-[^"]+)-body" hx-swap-oob="innerHTML">(.*?)</div>(?=<div id="panel|$)',
        "".join(drawn),
        re.DOTALL,
    )
    return dict(found)


def test_panels_come_together_each_for_its_own_place() -> None:
    actor = ann()
    lead = a_lead(actor)
    activity.add_note(actor, about=lead, text="Wants <two>\nreferences")
    drawn = parts(a_client(actor), lead)
    found = list(bodies(drawn).values())
    assert len(drawn) == 1
    assert len(found) == 4  # activity, documents, followers, history
    assert "Wants &lt;two&gt;<br>references" in found[0]
    assert sum("Follow</button>" in one for one in found) == 1


def test_panel_by_itself_shows_the_same_as_among_the_others() -> None:
    actor = ann()
    lead = a_lead(actor)
    client = a_client(actor)
    alone = client.get(reverse("audit:history_panel", args=["sales.lead", lead.pk]), headers=HTMX)
    assert alone.content.decode() in "".join(parts(client, lead))


def test_panels_of_a_record_take_few_queries(django_assert_max_num_queries: Any) -> None:
    actor = ann()
    lead = a_lead(actor)
    for number in range(3):
        activity.add_note(actor, about=lead, text=f"Note {number}")
    client = a_client(actor)
    parts(client, lead)
    with django_assert_max_num_queries(11):
        client.get(reverse("sales:lead", args=[lead.pk]), {"panels": "0"}, headers=HTMX)


def test_panels_of_a_record_out_of_sight_are_not_found() -> None:
    lead = a_lead(ann())
    address = f"{reverse('sales:lead', args=[lead.pk])}?panels=0"
    asked = [a_client(who).get(address, headers=HTMX).status_code for who in (bob(), cat())]
    missing = a_client(an_admin()).get(f"{reverse('sales:lead', args=[uuid4()])}?panels=0", headers=HTMX)
    assert ([*asked, missing.status_code]) == [404, 403, 404]


@pytest.mark.parametrize("asked", ["99", "-1", "x", "", "9" * 30])
def test_panels_that_there_are_not_are_answered_all_the_same(asked: str) -> None:
    actor = ann()
    lead = a_lead(actor)
    answer = a_client(actor).get(reverse("sales:lead", args=[lead.pk]), {"panels": asked}, headers=HTMX)
    assert answer.status_code == 200


def test_panel_that_fails_asks_for_itself_and_the_others_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_page: Any) -> None:
        raise NotFound

    actor = ann()
    lead = a_lead(actor)
    client = a_client(actor)
    monkeypatch.setattr("embudo.foundation.audit.views.HistoryPanel.get_context", missing)
    drawn = "".join(parts(client, lead))
    address = reverse("audit:history_panel", args=["sales.lead", lead.pk])
    assert f'<div hx-get="{address}" hx-trigger="load" hx-target="closest [data-panel]"' in drawn
    assert "Follow</button>" in drawn


def test_panels_are_parted_by_how_much_they_ask() -> None:
    panels = [Shown(str(n), "", "", "main", asks) for n, asks in enumerate((5, 1, 2, 9, 1))]
    assert [[one.id for one in together] for together in loads(panels, 8)] == [["0", "1", "2"], ["3"], ["4"]]
