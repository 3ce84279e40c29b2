import pytest

from embudo.business.sales import commands
from embudo.business.sales.models import Lead
from embudo.business.sales.queries.imports import checked_leads, lead_key, leads_by_key
from embudo.foundation.access.tests.builders import ann, bob
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import ImportRow

pytestmark = pytest.mark.django_db


def test_import_leads_creates_and_changes_ones_own() -> None:
    [made] = commands.import_leads(
        ann(), rows=[ImportRow({"name": "Anna Nowak", "email": "anna@alfa.example.com"})]
    )
    [result] = commands.import_leads(ann(), rows=[ImportRow({"company_name": "Alfa"}, made.record_id)])
    lead = Lead.objects.get()
    assert (result.outcome, lead.company_name, lead.owner_id, "alfa" in lead.search) == (
        "updated",
        "Alfa",
        ann().id,
        True,
    )


def test_import_leads_leaves_closed_ones_and_those_of_others() -> None:
    [made] = commands.import_leads(ann(), rows=[ImportRow({"name": "Anna Nowak"})])
    assert [
        one.outcome for one in commands.import_leads(bob(), rows=[ImportRow({"name": "X"}, made.record_id)])
    ] == ["failed"]
    commands.disqualify_lead(ann(), Lead.objects.get(), reason="spam")
    assert [
        one.outcome for one in commands.import_leads(ann(), rows=[ImportRow({"name": "X"}, made.record_id)])
    ] == ["failed"]


def test_checked_leads_say_what_is_wrong_and_keys_find_them() -> None:
    sound, wrong = checked_leads(
        ann(), [{"name": "Anna", "phone": "+48 600 100 200"}, {"name": "A", "email": "nobody"}]
    )
    assert sound == {"name": "Anna", "phone": "+48600100200"}
    assert isinstance(wrong, Invalid)
    commands.import_leads(ann(), rows=[ImportRow({"name": "Zoë", "company_name": "Alfa"})])
    text = lead_key("name_company", {"name": "zoe", "company_name": "ALFA"})
    assert list(leads_by_key(ann(), "name_company", [text]).values()) == [Lead.objects.get().pk]
