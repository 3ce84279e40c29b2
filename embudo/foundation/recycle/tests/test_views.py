from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from embudo.business.billing.tests.builders import an_invoice
from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales.tests.builders import a_won_opportunity
from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, user_of
from embudo.foundation.activity.tests.builders import a_note
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.notify.tests.builders import a_notification
from embudo.foundation.recycle.commands import erase_recycled
from embudo.foundation.recycle.models import Erasure, Recycled
from embudo.foundation.recycle.tests.builders import a_deleted

pytestmark = pytest.mark.django_db


def delete_url(record: Company) -> str:
    return reverse("recycle:delete", args=[record.kind_name(), record.pk])


@pytest.fixture
def browser() -> Client:
    return a_client(ann())


def test_bin_lists_what_was_deleted(browser: Client) -> None:
    a_deleted(a_company("Alfa Ltd", by=ann()), ann())
    page = browser.get(reverse("recycle:bin")).content.decode()
    assert "Alfa Ltd" in page
    assert "Ann Right" in page
    assert "30 days" in page


@pytest.mark.parametrize("count", [1, 3])
def test_bin_asks_a_constant_number_of_queries(
    browser: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        a_deleted(a_company(f"Alfa {number}", by=ann()), ann())
    browser.get(reverse("recycle:bin"))
    with django_assert_max_num_queries(14):
        browser.get(reverse("recycle:bin"))


def test_bin_filters_by_kind_person_and_time(browser: Client) -> None:
    a_deleted(a_company("Alfa Ltd", by=ann()), ann())
    address = reverse("recycle:bin")
    for query, is_there in (
        ("kind=directory.company", True),
        ("kind=directory.person", False),
        (f"by={ann().id}", True),
        ("when=1", True),
    ):
        assert ("Alfa Ltd" in browser.get(f"{address}?{query}").content.decode()) == is_there, query


def test_delete_page_says_what_goes_along(browser: Client) -> None:
    company = a_company("Alfa Ltd", by=ann())
    a_note(ann(), company)
    page = browser.get(delete_url(company)).content.decode()
    assert "Delete the company?" in page
    assert "Goes along" in page
    assert "Notes" in page


def test_delete_page_says_what_stands_in_the_way(browser: Client) -> None:
    won = a_won_opportunity(ann(), company=a_company(by=ann()))
    an_invoice(ann(), opportunity_id=won.pk)
    page = browser.get(delete_url(won.company))
    assert "Invoices are kept as the law asks" in page.content.decode()
    assert 'id="submit"' not in page.content.decode()
    assert browser.post(delete_url(won.company)).status_code == 422


def test_delete_page_deletes_and_offers_undo(browser: Client) -> None:
    company = a_company("Alfa Ltd", by=ann())
    page = browser.post(delete_url(company), follow=True)
    found = Recycled.objects.get()
    assert page.redirect_chain == [(reverse("directory:companies"), 302)]
    assert "“Alfa Ltd” is in the recycle bin." in page.content.decode()
    assert reverse("recycle:restore", args=[found.pk]) in page.content.decode()
    back = browser.post(reverse("recycle:restore", args=[found.pk]))
    assert back["Location"] == reverse("directory:company", args=[company.pk])


def test_delete_page_refuses_a_foreign_record() -> None:
    company = a_company(by=ann())
    assert a_client(bob()).get(delete_url(company)).status_code == 403


def test_record_page_offers_to_delete_to_whoever_may() -> None:
    company = a_company(by=ann())
    address = reverse("directory:company", args=[company.pk])
    assert delete_url(company) in a_client(ann()).get(address).content.decode()
    assert delete_url(company) not in a_client(bob()).get(address).content.decode()


def test_address_of_a_deleted_record_tells_of_it_whoever_may_restore_it(browser: Client) -> None:
    company = a_company("Alfa Ltd", by=ann())
    note = a_note(ann(), company)
    found = a_deleted(company, ann())
    entry = reverse("recycle:entry", args=[found.pk])
    for address in (
        reverse("directory:company", args=[company.pk]),
        reverse("activity:note", args=[note.pk]),
    ):
        page = browser.get(address)
        assert page.status_code == 404
        assert "“Alfa Ltd” was deleted on" in page.content.decode()
        assert entry in page.content.decode()
        assert "Alfa Ltd" not in a_client(bob()).get(address).content.decode()
    erase_recycled(an_admin(), found)
    assert "erased for good" in browser.get(reverse("directory:company", args=[company.pk])).content.decode()


def test_entry_tells_what_comes_back_and_what_could_not(browser: Client) -> None:
    company = a_company("Alfa Ltd", by=ann())
    a_note(ann(), company)
    found = a_deleted(company, ann())
    page = browser.get(reverse("recycle:entry", args=[found.pk])).content.decode()
    assert "Comes back with it" in page
    owner = user_of(ann())
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    admin = a_client(an_admin())
    done = admin.post(reverse("recycle:restore", args=[found.pk]), follow=True)
    assert "1 thing needs a look" in done.content.decode()
    assert "the owner may no longer sign in" in done.content.decode()


def test_erase_page_asks_to_be_sure() -> None:
    found = a_deleted(a_company(by=ann()), ann())
    admin, address = a_client(an_admin()), reverse("recycle:erase", args=[found.pk])
    assert admin.post(address).status_code == 422
    assert admin.post(address, {"sure": "on"})["Location"] == reverse("recycle:bin")
    assert Erasure.objects.count() == 1


def test_erase_page_of_a_living_record_erases_it() -> None:
    company = a_company(by=ann())
    address = reverse("recycle:erase_record", args=["directory.company", company.pk])
    assert a_client(ann()).get(address).status_code == 403
    admin = a_client(an_admin())
    assert "Goes along" not in admin.get(address).content.decode()
    assert admin.post(address, {"sure": "on"})["Location"] == reverse("directory:companies")
    assert Company.objects.count() == 0


def test_pages_of_what_named_a_deleted_record_still_open(browser: Client) -> None:
    """A custom attribute that names it, a notification that leads to it, a mail about it."""
    attribute = an_attribute(
        type="reference", label="Advised by", kind="directory.company", limits={"kind": "directory.person"}
    )
    person, company = a_person("Nowak", by=ann()), a_company(by=ann())
    company = directory.change_company(ann(), company, custom={attribute.key: str(person.pk)})
    news = a_notification(user_of(ann()), url=reverse("directory:person", args=[person.pk]))
    a_deleted(person, ann())
    assert browser.get(reverse("directory:company", args=[company.pk])).status_code == 200
    assert browser.get(reverse("directory:companies")).status_code == 200
    assert browser.get(reverse("directory:company_edit", args=[company.pk])).status_code == 200
    opened = browser.post(reverse("notify:open", args=[news.pk]), follow=True)
    assert opened.status_code == 404
    assert "was deleted on" in opened.content.decode()
