import re
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import connection
from django.test import Client

from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import Attempt, SignIn, User
from embudo.foundation.access.rules import PASSWORDS
from embudo.foundation.access.tests.builders import (
    PASSWORD,
    a_client,
    a_user,
    an_actor,
    an_admin,
    ann,
    user_of,
)
from embudo.kernel import clock
from embudo.kernel.errors import Invalid, TooMany
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db
LOGIN = "/login/"


def sign_in(client: Client, email: str, password: str = PASSWORD, **query: str) -> Any:
    address = LOGIN + ("?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else "")
    return client.post(address, {"email": email, "password": password})


def code_now(secret: str, step: int = 1) -> str:
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[step]))


def with_app(user: User) -> str:
    secret = generate_totp_secret()
    commands.add_totp(an_actor(user), secret=secret, code=code_now(secret))
    return secret


@pytest.fixture
def user() -> User:
    return a_user(email="ann@example.com", name="Ann", password=PASSWORD)


class TestPassword:
    def test_start_session_is_noted_on_sign_in(self, user: User) -> None:
        client = Client()
        response = sign_in(client, " Ann@Example.com ")
        assert (response.status_code, response["Location"]) == (302, "/")
        assert SignIn.objects.get().session == client.session.session_key
        assert client.get("/profile/").status_code == 200

    def test_wrong_password_and_unknown_address_answer_alike(self, user: User) -> None:
        known, unknown = (
            sign_in(Client(), "ann@example.com", "wrong"),
            sign_in(Client(), "who@example.com", "wrong"),
        )
        assert known.status_code == unknown.status_code == 422

        def bare(response: Any) -> str:
            text = response.content.decode()
            return re.sub(r'(csrfmiddlewaretoken" value="|value=")[^"]*', "", text)

        assert bare(known) == bare(unknown)

    def test_deactivated_person_answers_like_a_wrong_password(self, user: User) -> None:
        commands.deactivate_user(an_admin(), user)
        assert sign_in(Client(), "ann@example.com").status_code == 422

    def test_eleventh_wrong_password_is_refused_even_when_right(self, user: User) -> None:
        for _turn in range(10):
            assert sign_in(Client(), "ann@example.com", "wrong").status_code == 422
        response = sign_in(Client(), "ann@example.com")
        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 900
        assert "Try again at" in response.content.decode()

    def test_lock_out_counts_in_the_database_and_ends_after_a_quarter_of_an_hour(self, user: User) -> None:
        start = clock.now()
        with clock.at(start):
            for _turn in range(10):
                sign_in(Client(), "ann@example.com", "wrong")
            assert Attempt.objects.count() == 20  # the account's and the address's
        with clock.at(start + timedelta(minutes=14)):
            assert sign_in(Client(), "ann@example.com").status_code == 429
        with clock.at(start + timedelta(minutes=15, seconds=1)):
            assert sign_in(Client(), "ann@example.com").status_code == 302

    def test_lock_out_of_an_unknown_address_looks_the_same(self) -> None:
        a_user()
        for _turn in range(10):
            sign_in(Client(), "who@example.com", "wrong")
        assert sign_in(Client(), "who@example.com", "wrong").status_code == 429

    def test_one_address_cannot_try_many_accounts(self) -> None:
        a_user()
        for turn in range(100):
            commands.try_once(PASSWORDS, account=f"{turn}@example.com", address="10.0.0.1")
        with pytest.raises(TooMany):
            commands.try_once(PASSWORDS, account="x@example.com", address="10.0.0.1")

    def test_a_right_password_forgives_the_wrong_ones(self, user: User) -> None:
        for _turn in range(9):
            sign_in(Client(), "ann@example.com", "wrong")
        sign_in(Client(), "ann@example.com")
        assert not Attempt.objects.filter(
            key__in=[commands.key_for("password", "account", "ann@example.com")]
        ).exists()

    @pytest.mark.parametrize(
        "asked",
        [
            "//evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\\evil.example",
            "\\\\evil",
            "evil",
        ],
    )
    def test_next_leads_nowhere_else(self, user: User, asked: str) -> None:
        assert sign_in(Client(), "ann@example.com", next=asked)["Location"] == "/"

    def test_next_leads_back(self, user: User) -> None:
        assert sign_in(Client(), "ann@example.com", next="/profile/tokens/")["Location"] == "/profile/tokens/"

    def test_nul_in_the_address_is_refused(self, user: User) -> None:
        assert sign_in(Client(), "ann\0@example.com").status_code == 422


class TestDefaultDeny:
    def test_a_stranger_goes_to_sign_in(self, user: User) -> None:
        response = Client().get("/settings/users/?q=x")
        assert response["Location"] == "/login/?next=/settings/users/%3Fq%3Dx"

    def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(self, user: User) -> None:
        response = Client().get("/settings/users/", headers={"HX-Request": "true"})
        assert (response.status_code, response["HX-Redirect"]) == (204, "/login/?next=/settings/users/")

    def test_without_anybody_every_page_leads_to_set_up(self) -> None:
        assert Client().get("/profile/")["Location"] == "/setup/"
        assert Client().get("/login/")["Location"] == "/setup/"

    def test_set_up_signs_the_first_administrator_in(self) -> None:
        client = Client()
        facts = {
            "organisation": "Acme", "currency": "EUR", "language": "en", "name": "Ada", "email": "ada@example.com",
            "password": PASSWORD,
        }  # fmt: skip
        assert client.post("/setup/", facts).status_code == 302
        assert client.get("/settings/users/").status_code == 200
        assert Client().post("/setup/", facts | {"email": "eve@example.com"})["Location"] == "/"
        assert User.objects.count() == 1

    def test_set_up_refuses_a_weak_password(self) -> None:
        facts = {
            "organisation": "Acme", "currency": "EUR", "language": "en", "name": "Ada", "email": "ada@example.com",
            "password": "12345678",
        }  # fmt: skip
        assert Client().post("/setup/", facts).status_code == 422
        assert not User.objects.exists()


class TestReset:
    def test_request_password_reset_answers_alike_at_like_cost(
        self, user: User, django_assert_num_queries: Any
    ) -> None:
        asked = ("ann@example.com", "who@example.com")
        answers = [Client().post("/password/forgotten/", {"email": one})["Location"] for one in asked]
        assert answers == ["/password/forgotten/sent/"] * 2
        names = list(LogEntry.objects.order_by("-seq").values_list("name", flat=True)[:2])
        assert names == ["access.UnknownResetRequested", "access.PasswordResetRequested"]

    def test_nobody_s_address_stands_in_the_log(self, user: User) -> None:
        for address in ("ann@example.com", "who@example.com"):
            Client().post("/password/forgotten/", {"email": address})
        assert "example.com" not in str(list(LogEntry.objects.values("data", "changes")))

    def test_sixth_request_is_refused(self, user: User) -> None:
        for _turn in range(5):
            assert Client().post("/password/forgotten/", {"email": "who@example.com"}).status_code == 302
        assert Client().post("/password/forgotten/", {"email": "who@example.com"}).status_code == 429

    def test_reset_password_works_once_and_ends_all_sessions(self, user: User) -> None:
        browser = Client()
        sign_in(browser, "ann@example.com")
        address = "/" + queries.reset_link(user).split("/", 3)[3]
        assert Client().post(address, {"password": "another sound phrase"}).status_code == 302
        assert Client().post(address, {"password": "yet another phrase"}).status_code == 410
        assert browser.get("/profile/").status_code == 302
        assert sign_in(Client(), "ann@example.com", "another sound phrase").status_code == 302

    def test_link_ends_after_an_hour(self, user: User) -> None:
        address = "/" + queries.reset_link(user).split("/", 3)[3]
        with clock.at(clock.now() + timedelta(minutes=61)):
            assert Client().get(address).status_code == 410

    def test_link_refuses_a_common_password(self, user: User) -> None:
        address = "/" + queries.reset_link(user).split("/", 3)[3]
        assert Client().post(address, {"password": "password123"}).status_code == 422

    def test_link_of_an_invitation_is_none_of_a_reset(self, user: User) -> None:
        address = "/" + queries.invitation_link(user).split("/", 3)[3]
        assert Client().get(address.replace("/invitation/", "/password/new/")).status_code == 410


class TestInvitation:
    def test_accept_invitation_works_once(self) -> None:
        user = commands.invite_user(an_admin(), email="new@example.com", name="New")
        address = "/" + queries.invitation_link(user).split("/", 3)[3]
        client = Client()
        assert client.post(address, {"name": "Nora New", "password": PASSWORD}).status_code == 302
        assert client.get("/profile/").status_code in (200, 403)  # signed in
        assert Client().get(address).status_code == 410
        assert User.objects.get(pk=user.pk).name == "Nora New"

    def test_invitation_ends_after_seven_days(self) -> None:
        user = commands.invite_user(an_admin(), email="new@example.com", name="New")
        address = "/" + queries.invitation_link(user).split("/", 3)[3]
        with clock.at(clock.now() + timedelta(days=6, hours=23)):
            assert Client().get(address).status_code == 200
        with clock.at(clock.now() + timedelta(days=7, minutes=1)):
            assert Client().get(address).status_code == 410

    def test_a_newer_invitation_ends_the_older(self) -> None:
        admin = an_admin()
        user = commands.invite_user(admin, email="new@example.com", name="New")
        old = "/" + queries.invitation_link(user).split("/", 3)[3]
        with clock.at(clock.now() + timedelta(minutes=1)):
            commands.invite_again(admin, user)
        assert Client().get(old).status_code == 410


class TestOwnSessions:
    def test_password_change_ends_the_others_and_keeps_this_one(self, user: User) -> None:
        here, there = Client(), Client()
        for client in (here, there):
            sign_in(client, "ann@example.com")
        facts = {"old": PASSWORD, "new": "another sound phrase"}
        assert here.post("/profile/password/", facts).status_code == 302
        assert here.get("/profile/").status_code == 200
        assert there.get("/profile/").status_code == 302
        assert SignIn.objects.get().session == here.session.session_key

    def test_password_change_refuses_a_wrong_old_one(self, user: User) -> None:
        client = Client()
        sign_in(client, "ann@example.com")
        response = client.post("/profile/password/", {"old": "wrong", "new": "another sound phrase"})
        assert response.status_code == 422

    def test_change_password_command_refuses_a_wrong_old_one(self, user: User) -> None:
        with pytest.raises(Invalid):
            commands.change_password(an_actor(user), old="wrong", new="another sound phrase")

    def test_revoked_session_is_out_at_once(self, user: User) -> None:
        here, there = Client(), Client()
        for client in (here, there):
            sign_in(client, "ann@example.com")
        row = SignIn.objects.get(session=there.session.session_key)
        assert here.post(f"/profile/sessions/{row.pk}/end/").status_code == 302
        assert there.get("/profile/").status_code == 302
        assert here.get("/profile/sessions/").status_code == 200

    def test_deactivated_user_is_out_at_once(self, user: User) -> None:
        client = Client()
        sign_in(client, "ann@example.com")
        commands.deactivate_user(an_admin(), user)
        assert client.get("/profile/")["Location"].startswith("/login/")

    def test_sign_out_ends_the_session(self, user: User) -> None:
        client = Client()
        sign_in(client, "ann@example.com")
        assert client.get("/logout/").status_code == 302
        assert client.get("/profile/").status_code == 200
        client.post("/logout/")
        assert client.get("/profile/").status_code == 302
        assert not SignIn.objects.exists()

    def test_last_seen_moves_on_every_quarter_of_an_hour(self, user: User) -> None:
        client, start = Client(), clock.now()
        sign_in(client, "ann@example.com")
        with clock.at(start + timedelta(minutes=20)):
            client.get("/profile/")
        assert SignIn.objects.get().last_seen == start + timedelta(minutes=20)

    def test_language_of_the_person_holds(self, user: User) -> None:
        commands.change_profile(an_actor(user), name="Ann", language="pl", time_zone="Europe/Warsaw")
        assert 'lang="pl"' in a_client(user).get("/profile/").content.decode()


def test_ann_is_the_same_person_twice() -> None:
    assert user_of(ann()) == user_of(ann())


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_no_more_than_ten_pass() -> None:
    """Each thread has a connection of its own, as each server process has."""
    passed = []

    def tries() -> None:
        for _turn in range(10):
            with suppress(TooMany):
                commands.try_once(PASSWORDS, account="ann@example.com", address="10.0.0.1")
                passed.append(1)
        connection.close()

    threads = [Thread(target=tries) for _number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert 0 < len(passed) <= 10
