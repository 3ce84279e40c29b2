import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access.tests.builders import a_client, ann, bob, cat
from embudo.foundation.duplicates import commands
from embudo.foundation.duplicates.models import Merge, Pair, PairState, Scan
from embudo.foundation.duplicates.tests.builders import a_manager, found_pair, twins
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


@pytest.fixture
def client() -> Client:
    return a_client(a_manager())


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def merge_of(one: Company, other: Company) -> Merge:
    return commands.merge_records(
        a_manager("Moe"), kind=one.kind_name(), survivor_id=one.pk, merged_ids=(other.pk,)
    )


def test_queue_asks_the_same_queries_for_1_and_3_pairs(client: Client) -> None:
    twins()
    drain()
    page(client, "/duplicates/")
    few = queries_of(client, "/duplicates/")
    twins(phone="+48221234567", town="Warszawa")
    drain()
    assert Pair.objects.count() > 1
    assert queries_of(client, "/duplicates/") == few
    assert few <= 16


def test_queue_shows_the_surest_first_and_its_empty_state(client: Client) -> None:
    assert "No possible duplicates" in page(client, "/duplicates/")
    twins()
    drain()
    shown = page(client, "/duplicates/")
    assert "Acme Transport Sp. z o.o. / ACME Transprot" in shown
    assert "same phone" in shown


def test_review_shows_both_and_marks_what_differs(client: Client) -> None:
    twins()
    shown = page(client, f"/duplicates/{found_pair().pk}/")
    assert shown.count("differs</span>") >= 1
    assert 'name="survivor"' in shown
    assert "5260250274" in shown


def test_review_asks_the_same_queries_for_2_and_4_records(client: Client) -> None:
    twins()
    pair = found_pair()
    address = f"/duplicates/{pair.pk}/"
    page(client, address)
    few = queries_of(client, address)
    twins()
    drain()
    assert page(client, address).count('name="merged"') == 4
    assert queries_of(client, address) == few


def test_review_merges_and_offers_the_undo(client: Client) -> None:
    one, other = twins()
    pair = found_pair()
    sent = {"merged": [one.pk, other.pk], "survivor": one.pk, "value-name": other.pk}
    answer = client.post(f"/duplicates/{pair.pk}/", sent)
    assert (answer.status_code, answer["Location"]) == (302, "/duplicates/")
    assert Company.objects.get().name == "ACME Transprot"
    merge = Merge.objects.get()
    assert f"/duplicates/merges/{merge.pk}/undo/" in page(client, "/duplicates/")
    client.post(f"/duplicates/merges/{merge.pk}/undo/")
    assert Company.objects.count() == 2
    assert "Undone" in page(client, f"/duplicates/merges/{merge.pk}/")


def test_review_goes_on_to_the_next_pair(client: Client) -> None:
    one, other = twins()
    pair = found_pair()
    twins(phone="+48221234567", town="Warszawa")
    drain()
    sent = {"merged": [one.pk, other.pk], "survivor": one.pk}
    answer = client.post(f"/duplicates/{pair.pk}/", sent)
    assert answer["Location"].startswith("/duplicates/0")


def test_review_says_what_is_missing(client: Client) -> None:
    one, other = twins()
    pair = found_pair()
    alone = client.post(f"/duplicates/{pair.pk}/", {"merged": [one.pk], "survivor": one.pk})
    assert (alone.status_code, "Choose at least two records." in alone.content.decode()) == (422, True)
    elsewhere = client.post(f"/duplicates/{pair.pk}/", {"merged": [one.pk], "survivor": other.pk})
    assert elsewhere.status_code == 422
    assert Company.objects.count() == 2


def test_dismissing_is_remembered_and_can_be_taken_back(client: Client) -> None:
    twins()
    pair = found_pair()
    client.post(f"/duplicates/{pair.pk}/no-duplicate/")
    pair.refresh_from_db()
    assert pair.state == PairState.DISMISSED
    assert "ACME Transprot" in page(client, "/duplicates/?tab=dismissed")
    client.post(f"/duplicates/{pair.pk}/reopen/")
    pair.refresh_from_db()
    assert pair.state == PairState.OPEN


def test_old_addresses_lead_to_the_survivor(client: Client) -> None:
    one, other = twins()
    merge_of(one, other)
    answer = client.get(f"/companies/{other.pk}/edit/?x=1")
    assert (answer.status_code, answer["Location"]) == (302, f"/companies/{one.pk}/edit/?x=1")
    assert "You asked for a record that was merged into this one." in page(client, answer["Location"])
    assert client.post(f"/companies/{other.pk}/edit/").status_code == 404
    assert a_client(cat()).get(f"/companies/{other.pk}/").status_code == 403


def test_panel_shows_duplicates_and_merges(client: Client) -> None:
    one, other = twins()
    drain()
    address = f"/duplicates/of/directory.company/{one.pk}/"
    assert "ACME Transprot" in client.get(address, headers=PART).content.decode()
    merge_of(one, other)
    shown = client.get(address, headers=PART).content.decode()
    assert ("None found." in shown, "1 record was merged into this one" in shown) == (True, True)
    assert address in page(client, f"/companies/{one.pk}/")


def test_panel_asks_the_same_queries_for_1_and_3_pairs(client: Client) -> None:
    one, _other = twins()
    drain()
    address = f"/duplicates/of/directory.company/{one.pk}/"
    page(client, address)
    few = queries_of(client, address)
    twins()
    drain()
    assert queries_of(client, address) == few


def test_seller_sees_but_does_not_merge() -> None:
    one, other = twins()
    pair = found_pair()
    seller = a_client(ann())
    assert 'name="survivor"' not in page(seller, f"/duplicates/{pair.pk}/")
    sent = {"merged": [one.pk, other.pk], "survivor": one.pk}
    assert seller.post(f"/duplicates/{pair.pk}/", sent).status_code == 403
    assert a_client(bob()).get(f"/duplicates/{pair.pk}/").status_code == 200
    assert a_client(cat()).get("/duplicates/").status_code == 403


def test_search_of_everything_is_started_and_stopped(client: Client) -> None:
    a_company("Acme")
    client.post("/duplicates/search/", {"kind": "directory.company"})
    scan = Scan.objects.get()
    assert "Searching companies: 0 % done." in page(client, "/duplicates/")
    client.post(f"/duplicates/search/{scan.pk}/cancel/")
    assert "Searching" not in page(client, "/duplicates/")


def test_search_of_everything_runs_in_the_background(client: Client) -> None:
    twins()
    client.post("/duplicates/search/", {"kind": "directory.company"})
    drain()
    assert Scan.objects.get().found == 1
    assert "Last search of companies: 1 pair found" in page(client, "/duplicates/")


def test_merges_list_asks_the_same_queries_for_1_and_3_merges(client: Client) -> None:
    merge_of(*twins())
    page(client, "/duplicates/merges/")
    few = queries_of(client, "/duplicates/merges/")
    merge_of(*twins())
    merge_of(*twins())
    assert queries_of(client, "/duplicates/merges/") == few
