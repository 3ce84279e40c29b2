import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from embudo.business.directory import commands as directory
from embudo.business.directory.tests.builders import a_company
from embudo.business.sales import commands as sales
from embudo.business.sales.tests.builders import a_lead
from embudo.foundation.access import commands as access
from embudo.foundation.access.tests.builders import a_user, an_actor, an_admin, ann, bob, cat, user_of
from embudo.foundation.activity.tests.builders import a_note
from embudo.foundation.notify import commands, queries
from embudo.foundation.notify.models import Follow, Mail, Notification
from embudo.kernel import worker
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.errors import Forbidden, NotFound, Refused

pytestmark = pytest.mark.django_db


def news(actor: Actor) -> list[Notification]:
    return list(queries.notifications(actor).filter(kind="notify.followed"))


def signed_in(client: Client, actor: Actor) -> Client:
    client.force_login(user_of(actor))
    return client


def test_follow_record_twice_is_followed_once() -> None:
    company = a_company("Alfa", by=ann())
    commands.follow_record(bob(), company)
    commands.follow_record(bob(), company)
    assert [one.name for one in queries.followers(company)] == [bob().name]


def test_follow_record_without_sight_or_grant_is_refused() -> None:
    lead = a_lead(ann())
    with pytest.raises(NotFound):
        commands.follow_record(bob(), lead)
    with pytest.raises(Forbidden):
        commands.follow_record(cat(), lead)
    assert Follow.objects.count() == 0


def test_follow_record_by_no_person_is_refused() -> None:
    with pytest.raises(Refused, match="no_person"):
        commands.follow_record(system_actor("tests"), a_company("Alfa", by=ann()))


def test_unfollow_record_ends_the_news() -> None:
    company = a_company("Alfa", by=ann())
    commands.follow_record(bob(), company)
    commands.unfollow_record(bob(), company)
    commands.unfollow_record(bob(), company)
    directory.change_company(ann(), company, sector="Steel")
    worker.drain()
    assert news(bob()) == []


def test_follower_is_told_what_others_do_and_not_what_they_do_themselves() -> None:
    company = a_company("Alfa", by=ann())
    for actor in (ann(), bob()):
        commands.follow_record(actor, company)
    worker.drain()
    directory.change_company(ann(), company, sector="Steel")
    worker.drain()
    (told,) = news(bob())
    assert told.title.startswith(f"Alfa: {ann().name} ")
    assert told.url == reverse("directory:company", args=[company.pk])
    assert news(ann()) == []
    assert Mail.objects.filter(about_id=told.pk).count() == 0  # in the product only, until one chooses mails


def test_many_changes_are_one_piece_of_news_until_it_is_read() -> None:
    company = a_company("Alfa", by=ann())
    commands.follow_record(bob(), company)
    worker.drain()
    for number in range(10):
        company = directory.change_company(ann(), company, sector=f"Sector {number}")
        if number % 3 == 0:
            worker.drain()
    worker.drain()
    (told,) = news(bob())
    commands.mark_notification_read(bob(), told)
    directory.change_company(ann(), company, sector="Steel")
    worker.drain()
    assert len(news(bob())) == 2


def test_who_lost_sight_of_a_record_is_told_nothing() -> None:
    lead, boss = a_lead(ann()), an_admin()
    commands.follow_record(ann(), lead)
    worker.drain()
    other = a_user(name="Dan", roles=("seller",))
    sales.assign_lead(boss, lead, owner=other)
    worker.drain()
    assert news(ann()) == []


def test_what_is_about_a_record_as_well_is_told() -> None:
    """A note on the company is an act about it."""
    company = a_company("Alfa", by=ann())
    commands.follow_record(bob(), company)
    worker.drain()
    a_note(ann(), company)
    worker.drain()
    assert len(news(bob())) == 1


@pytest.mark.parametrize("people", [1, 3])
def test_panel_shows_followers_in_few_queries(
    client: Client, people: int, django_assert_max_num_queries: Any
) -> None:
    company = a_company("Alfa", by=ann())
    for number in range(people):
        commands.follow_record(an_actor(a_user(name=f"Eva {number}")), company)
    signed_in(client, bob())
    with django_assert_max_num_queries(6):
        page = client.get(
            reverse("notify:followers", args=["directory.company", company.pk]),
            headers={"HX-Request": "true"},
        ).content.decode()
    assert "Eva 0" in page
    assert "<h1" not in page


def test_button_follows_and_draws_the_panel_anew(client: Client) -> None:
    company = a_company("Alfa", by=ann())
    place = ["directory.company", company.pk]
    headers = {"HX-Request": "true", "HX-Target": "div#followers"}
    answer = signed_in(client, bob()).post(reverse("notify:follow", args=place), headers=headers)
    assert answer.status_code == 200
    assert "Stop following" in answer.content.decode()
    assert "You follow this record now." in answer.headers["HX-Trigger"]
    client.post(reverse("notify:unfollow", args=place), headers=headers)
    assert queries.followers(company) == []


def test_button_works_without_script(client: Client) -> None:
    company = a_company("Alfa", by=ann())
    answer = signed_in(client, bob()).post(reverse("notify:follow", args=["directory.company", company.pk]))
    assert answer.headers["Location"] == reverse("directory:company", args=[company.pk])
    assert [one.name for one in queries.followers(company)] == [bob().name]


def test_news_can_be_ended_from_its_line(client: Client) -> None:
    company = a_company("Alfa", by=ann())
    commands.follow_record(bob(), company)
    worker.drain()
    directory.change_company(ann(), company, sector="Steel")
    worker.drain()
    page = signed_in(client, bob()).get(reverse("notify:list")).content.decode()
    assert reverse("notify:unfollow", args=["directory.company", company.pk]) in page


def test_lists_can_be_filtered_by_followers(client: Client) -> None:
    alfa, beta = a_company("Alfa", by=ann()), a_company("Beta", by=ann())
    commands.follow_record(bob(), alfa)
    commands.follow_record(ann(), beta)
    signed_in(client, bob())

    def shown(op: str, value: object = None) -> list[str]:
        tree = json.dumps({"attribute": "followers", "op": op} | ({"value": value} if value else {}))
        page = client.get(reverse("directory:companies"), {"filter": tree}).content.decode()
        return [name for name in ("Alfa", "Beta") if f">{name}</a>" in page]

    assert shown("is", "me") == ["Alfa"]
    assert shown("is_not", "me") == ["Beta"]
    assert shown("filled") == ["Alfa", "Beta"]
    assert shown("empty") == []


def test_followers_are_no_column_and_no_order(client: Client) -> None:
    a_company("Alfa", by=ann())
    page = signed_in(client, bob()).get(
        reverse("directory:companies"),
        {"columns": "name,followers", "sort": "followers", "group": "followers"},
    )
    assert page.status_code == 200
    assert "Followers" not in page.content.decode()


def test_programs_follow_and_stop(client: Client) -> None:
    company = a_company("Alfa", by=ann())
    at, me = f"/api/v1/followers/directory.company/{company.pk}", headers(bob())
    assert client.put(at, headers=me).json() == {"followers": [{"id": str(bob().id), "name": bob().name}]}
    assert client.get(at, headers=me).json()["followers"][0]["name"] == bob().name
    assert client.delete(at, headers=me | {"If-Match": '"999"'}).status_code == 412
    assert client.delete(at, headers=me).status_code == 204
    assert queries.followers(company) == []


def headers(actor: Actor) -> dict[str, str]:
    _token, secret = access.create_token(actor, name="test")
    return {"Authorization": f"Bearer {secret}"}
