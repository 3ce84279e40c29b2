"""Every address, operation and command, tried by everybody: who may is read from the declarations alone."""

import logging
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from embudo.foundation.access.tests.builders import user_of
from embudo.kernel.command import all_commands
from embudo.kernel.errors import Forbidden, NotFound
from embudo.kernel.record import Record
from tests.walk import planted
from tests.walk.endpoints import Endpoint, operations, pages
from tests.walk.tables import differing, dump, is_free, is_read
from tests.walk.told import nothing
from tests.walk.verdicts import faults, is_sign_in, unlike_missing
from tests.walk.world import CALLERS, World

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]  # every page, and their number grows


@pytest.fixture(autouse=True)
def _refusals_are_expected() -> Iterator[None]:
    """Django warns of every 4xx; here they are the point."""
    logger = logging.getLogger("django.request")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


@pytest.fixture
def world() -> World:
    return World()


def walk(endpoints: list[Endpoint], name: str, world: World) -> list[str]:
    caller, before = world.caller(name), dump()
    found = [fault for endpoint in endpoints for fault in faults(endpoint, caller, world, before)]
    # once more over everything: what the watch on statements may have overlooked
    return found + [f"{name}: {table} changed" for table in differing(before, dump())]


def test_every_address_declares_who_may_open_it() -> None:
    nothing([one.route for one in [*pages(), *operations()] if not one.is_declared])


def test_every_argument_of_an_address_has_a_value(world: World) -> None:
    unknown = []
    for one in [*pages(), *operations()]:
        try:
            one.own_path(world)
        except KeyError as name:
            unknown.append(f"{one.route}: teach World.value {name}")
    nothing(unknown)


def test_the_walk_sees_the_whole_product() -> None:
    assert len(pages()) > 130
    assert len(operations()) > 50


@pytest.mark.parametrize("name", CALLERS)
def test_pages_answer_as_their_permission_says(world: World, name: str) -> None:
    nothing(walk(pages(), name, world))


@pytest.mark.parametrize("name", CALLERS)
def test_operations_answer_as_their_permission_says(world: World, name: str) -> None:
    nothing(walk(operations(), name, world))


def test_foreign_record_answers_like_a_missing_one(world: World) -> None:
    bob = world.caller("bob")
    nothing([line for one in [*pages(), *operations()] for line in unlike_missing(one, bob, world)])


@pytest.mark.parametrize("name", CALLERS)
def test_commands_refuse_without_the_permission_and_out_of_scope(world: World, name: str) -> None:
    actor, before, found = world.caller(name).actor, dump(), []
    for command in all_commands():
        given = records_for(command.signature.parameters.values(), world)
        is_open = actor.may(command.permission) and all(record.is_visible_to(actor) for record in given)
        if is_open and all(record.is_within(actor, command.permission) for record in given[:1]):
            command.authorise(actor, given)
            continue
        try:
            command(actor, *given)
        except (Forbidden, NotFound):
            continue
        found.append(f"{name} may {command.name}")
    nothing(found)
    assert differing(before, dump()) == []


def records_for(parameters: object, world: World) -> list[Record]:
    """Ann's records for the parameters that take one, in order."""
    by_class = {type(record): record for record in world.records.values()}
    return [
        by_class[parameter.annotation]
        for parameter in parameters  # type: ignore[attr-defined]
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.annotation in by_class
    ]


def test_commands_are_open_to_nobody_without_grants(world: World) -> None:
    nothing([one.name for one in all_commands() if world.cat.may(one.permission)])


def test_forms_are_refused_without_their_csrf_token(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user_of(world.admin))
    sent = {
        one.route: browser.post(one.own_path(world)).status_code
        for one in pages()
        if "POST" in one.methods and not one.is_public
    }
    assert {route: status for route, status in sent.items() if status != 403} == {}


def test_who_owes_a_second_factor_gets_no_further(world: World) -> None:
    """Where the organisation asks everybody for one: nothing opens but the pages that set it up."""
    from embudo.foundation.access.middleware import FIRST_STEPS
    from embudo.foundation.access.queries import organisation

    house = organisation()
    house.is_mfa_required = True
    house.save()
    caller = world.caller("administrator")
    opened = []
    for one in pages():
        if one.is_public or one.name in FIRST_STEPS:
            continue
        response = caller.ask("GET", one.own_path(world))
        if not (response.status_code == 302 and response["Location"] == "/profile/second-factor/"):
            opened.append(f"{one.route}: {response.status_code}")
    nothing(opened)


# --- the walk itself, tried on planted faults -------------------------------------------------------------------------


@override_settings(ROOT_URLCONF="tests.walk.planted")
@pytest.mark.parametrize(("route", "name", "told"), planted.FAULTS)
def test_walk_catches_planted_fault(world: World, route: str, name: str, told: str) -> None:
    endpoint = next(one for one in pages() if one.route == route)
    found = [
        *faults(endpoint, world.caller(name), world, dump()),
        *unlike_missing(endpoint, world.caller(name), world),
    ]
    assert [line for line in found if told in line] != []


@override_settings(ROOT_URLCONF="tests.walk.planted")
def test_walk_catches_an_address_without_a_declaration() -> None:
    assert [one.route for one in pages() if not one.is_declared] == ["planted/open/"]


@override_settings(ROOT_URLCONF="tests.walk.planted")
def test_walk_finds_nothing_where_nothing_is_wrong(world: World) -> None:
    sound = next(one for one in pages() if one.route == "planted/sound/<uuid:lead_id>/")
    nothing([line for name in CALLERS for line in faults(sound, world.caller(name), world, dump())])
    assert unlike_missing(sound, world.caller("bob"), world) == []


@pytest.mark.parametrize(
    ("sql", "is_left_alone"),
    [
        ("\n SELECT 1", True),
        ("(SELECT 1) UNION (SELECT 2)", True),
        ('UPDATE "access_token" SET "last_used" = %s WHERE "access_token"."prefix" = %s', True),
        ("INSERT INTO kernel_idempotencykey (holder, key) SELECT %s, %s", True),
        ('INSERT OR IGNORE INTO "django_session" ("session_key") VALUES (%s)', True),
        ('UPDATE "access_token" SET "last_used" = %s, "revoked" = %s WHERE "id" = %s', False),
        ('UPDATE "access_token" SET "last_used" = %s, "revoked" = "expires" WHERE "id" = %s', False),
        ('UPDATE "access_token" SET "last_used" = %s', False),
        ('UPDATE "sales_lead" SET "last_used" = %s WHERE "id" = %s', False),
        ('INSERT INTO "sales_lead" ("id") VALUES (%s)', False),
        ('\n DELETE FROM "sales_lead" WHERE "id" IN (SELECT id FROM "django_session")', False),
        ("WITH gone AS (DELETE FROM sales_lead RETURNING id) SELECT * FROM gone", False),
    ],
)
def test_statements_that_may_have_changed_something_are_told_apart(sql: str, is_left_alone: bool) -> None:  # noqa: FBT001 - a case
    assert (is_read(sql) or is_free(sql)) is is_left_alone


def test_sign_in_redirect_is_told_from_others() -> None:
    from django.http import HttpResponseRedirect

    assert is_sign_in(HttpResponseRedirect("/login/?next=/leads/"))
    assert not is_sign_in(HttpResponseRedirect("/leads/"))
