from typing import Any

import pytest
from django.test import Client

from embudo.business.sales import commands as sales
from embudo.business.sales.models import Lead
from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, user_of
from embudo.foundation.attributes import commands
from embudo.foundation.attributes.models import CustomAttribute
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.kernel.actor import Actor
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
LEADS = "/leads/"


def a_lead(actor: Actor, name: str, **custom: Any) -> Lead:
    return sales.submit_lead(actor, name=name, owner=user_of(actor), custom=custom)


def page(client: Client, url: str = LEADS, **given: str) -> str:
    response = client.get(url, given)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def names(html: str) -> list[str]:
    return [name for name in ("Abe", "Ben", "Cleo", "Dora") if f">{name}<" in html]


@pytest.fixture
def client() -> Client:
    an_attribute("choice", "Tier", choices="gold = Gold\nsilver = Silver")
    an_attribute("number", "Seats")
    an_attribute("user", "Adviser")
    actor = ann()
    a_lead(actor, "Abe", tier="gold", seats=10, adviser=str(actor.id))
    a_lead(actor, "Ben", tier="gold", seats=2)
    a_lead(actor, "Cleo", tier="silver", seats=7)
    return a_client(actor)


def test_attribute_is_defined_changed_archived_and_restored_on_screen() -> None:
    web = a_client(an_admin())
    page(web, "/settings/attributes/new/")
    form = {
        "kind": "sales.lead",
        "type": "choice",
        "label": "Tier",
        "label_pl": "Poziom",
        "choices": "Gold\nSilver",
        "order": "5",
        "is_required": "on",
    }
    assert web.post("/settings/attributes/new/", form)["Location"] == "/settings/attributes/"
    made = CustomAttribute.objects.get()
    assert (made.key, made.labels, [one["key"] for one in made.choices]) == (
        "tier",
        {"pl": "Poziom"},
        ["gold", "silver"],
    )
    assert "Poziom" in page(web, f"/settings/attributes/{made.pk}/")
    assert (
        web.post(
            f"/settings/attributes/{made.pk}/", {"label": "Level", "choices": "gold = Gold", "version": "1"}
        ).status_code
        == 302
    )
    assert "Level" in page(web, "/settings/attributes/")
    assert web.post(f"/settings/attributes/{made.pk}/archive/", {}).status_code == 302
    assert "Level" not in page(web, "/settings/attributes/")
    assert "Level" in page(web, "/settings/attributes/?tab=archived")
    assert web.post(f"/settings/attributes/{made.pk}/restore/", {}).status_code == 302
    assert CustomAttribute.objects.get().archived is None


def test_attribute_form_shows_the_faults_at_their_fields() -> None:
    answer = a_client(an_admin()).post(
        "/settings/attributes/new/", {"kind": "sales.lead", "type": "choice", "label": "Tier"}
    )
    assert answer.status_code == 422
    assert "Give at least one choice, one a line." in answer.content.decode()


def test_attributes_are_for_those_who_may_define_them() -> None:
    web = a_client(ann())
    assert [web.get(path).status_code for path in ("/settings/attributes/", "/settings/attributes/new/")] == [
        403,
        403,
    ]


def test_form_and_page_of_a_record_have_the_attributes(client: Client) -> None:
    an_attribute("text", "Contract", is_required=True, help="From the archive", section="Papers")
    an_attribute("yes_no", "VIP")
    lead = Lead.objects.get(name="Abe")
    html = page(client, f"/leads/{lead.pk}/edit/")
    assert "From the archive" in html
    answer = client.post(
        f"/leads/{lead.pk}/edit/", {"name": "Abe", "version": str(lead.version), "custom_tier": "silver"}
    )
    assert answer.status_code == 422
    assert "Enter the contract." in answer.content.decode()
    form = {
        "name": "Abe",
        "version": str(lead.version),
        "custom_tier": "silver",
        "custom_contract": "C-7",
        "custom_vip": "on",
    }
    assert client.post(f"/leads/{lead.pk}/edit/", form).status_code == 302
    lead.refresh_from_db()
    assert lead.custom == {"tier": "silver", "contract": "C-7", "vip": True}
    assert f"/attributes/of/sales.lead/{lead.pk}/" in page(client, f"/leads/{lead.pk}/")
    panel = page(client, f"/attributes/of/sales.lead/{lead.pk}/")
    assert all(word in panel for word in ("Papers", "C-7", "Silver", "yes"))


def test_values_of_a_record_are_for_those_who_see_it(client: Client) -> None:
    lead = Lead.objects.get(name="Abe")
    assert a_client(bob()).get(f"/attributes/of/sales.lead/{lead.pk}/").status_code == 404
    assert client.get(f"/attributes/of/access.user/{lead.pk}/").status_code == 404
    assert client.get(f"/attributes/of/no.kind/{lead.pk}/").status_code == 404


def test_options_of_a_reference_are_what_one_sees(client: Client) -> None:
    html = page(client, "/attributes/options/sales.lead/", q="Abe")
    assert "Abe" in html
    assert "Abe" not in page(a_client(bob()), "/attributes/options/sales.lead/", q="Abe")
    assert client.get("/attributes/options/no.kind/").status_code == 404


def test_new_attribute_is_indexed_in_the_background() -> None:
    made = an_attribute("text", "Contract")
    drain()
    assert commands.make_index_of(made)
