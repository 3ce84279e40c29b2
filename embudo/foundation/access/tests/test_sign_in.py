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
from django.urls import reverse

from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import Attempt, Organisation, SignIn, User
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
from embudo.kernel.errors import Invalid, NotFound, Refused, TooMany
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
    def test_sign_in_opens_a_session_and_notes_it(self, user: User) -> None:
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


class TestSecondFactor:
    def test_password_alone_opens_no_door(self, user: User) -> None:
        with_app(user)
        client = Client()
        assert sign_in(client, "ann@example.com")["Location"] == "/login/second-factor/"
        for page in ("profile", "users", "factors", "totp_add", "tokens", "recovery_codes"):
            assert client.get(reverse(f"access:{page}"))["Location"].startswith("/login/")
        assert not SignIn.objects.exists()

    def test_code_opens_and_works_once(self, user: User) -> None:
        secret = with_app(user)
        client, other = Client(), Client()
        sign_in(client, "ann@example.com", next="/profile/")
        sign_in(other, "ann@example.com")
        code = code_now(secret)
        assert client.post("/login/second-factor/?next=/profile/", {"code": code})["Location"] == "/profile/"
        assert other.post("/login/second-factor/", {"code": code}).status_code == 422

    def test_sixth_wrong_code_is_refused(self, user: User) -> None:
        secret = with_app(user)
        client = Client()
        sign_in(client, "ann@example.com")
        for _turn in range(5):
            assert client.post("/login/second-factor/", {"code": "000000"}).status_code == 422
        assert client.post("/login/second-factor/", {"code": code_now(secret)}).status_code == 429

    def test_recovery_code_opens_once(self, user: User) -> None:
        with_app(user)
        code = queries.recovery_codes(user)[0]
        for status in (302, 422):
            client = Client()
            sign_in(client, "ann@example.com")
            assert client.post("/login/second-factor/", {"code": code}).status_code == status

    def test_second_step_lasts_ten_minutes(self, user: User) -> None:
        secret = with_app(user)
        client = Client()
        with clock.at(clock.now() - timedelta(minutes=11)):
            sign_in(client, "ann@example.com")
        response = client.post("/login/second-factor/", {"code": code_now(secret)})
        assert response["Location"] == "/login/"

    def test_second_step_ends_with_deactivation(self, user: User) -> None:
        secret = with_app(user)
        client = Client()
        sign_in(client, "ann@example.com")
        commands.deactivate_user(an_admin(), user)
        assert client.post("/login/second-factor/", {"code": code_now(secret)})["Location"] == "/login/"

    def test_add_totp_refuses_a_wrong_code(self, user: User) -> None:
        with pytest.raises(Invalid):
            commands.add_totp(an_actor(user), secret=generate_totp_secret(), code="000000")

    def test_add_totp_refuses_a_second_app(self, user: User) -> None:
        secret = with_app(user)
        with pytest.raises(Refused):
            commands.add_totp(an_actor(user), secret=secret, code=code_now(secret))

    def test_the_secret_is_sealed(self, user: User) -> None:
        secret = with_app(user)
        sealed = queries.factors(user)[0].data["secret"]
        assert secret not in sealed
        assert queries.open_secret(sealed) == secret

    def test_remove_factor_takes_the_recovery_codes_along(self, user: User) -> None:
        with_app(user)
        commands.remove_factor(an_actor(user), factor=queries.factors(user)[0].pk)
        assert queries.recovery_codes(user) == []

    def test_remove_factor_of_somebody_else_is_not_found(self, user: User) -> None:
        with_app(user)
        with pytest.raises(NotFound):
            commands.remove_factor(an_actor(a_user(name="Eve")), factor=queries.factors(user)[0].pk)

    def test_reset_factors_lets_sign_in_by_password(self, user: User) -> None:
        with_app(user)
        commands.reset_factors(an_admin(), user)
        assert sign_in(Client(), "ann@example.com")["Location"] == "/"

    def test_renew_recovery_codes_refuses_without_a_factor(self, user: User) -> None:
        with pytest.raises(Refused):
            commands.renew_recovery_codes(an_actor(user))

    def test_renew_recovery_codes_replaces_them(self, user: User) -> None:
        with_app(user)
        before = queries.recovery_codes(user)
        commands.renew_recovery_codes(an_actor(user))
        assert not set(before) & set(queries.recovery_codes(user))

    def test_adding_asks_for_the_password(self, user: User) -> None:
        client = a_client(user)
        client.get("/profile/second-factor/app/")
        secret = client.session["totp"]
        facts = {"code": code_now(secret), "password": "wrong"}
        assert client.post("/profile/second-factor/app/", facts).status_code == 422
        assert client.post("/profile/second-factor/app/", facts | {"password": PASSWORD}).status_code == 302
        assert queries.has_factor(user)

    def test_add_passkey_refuses_a_made_up_answer(self, user: User) -> None:
        client = a_client(user)
        address = "/profile/second-factor/passkey/"
        assert client.get(address, headers={"Accept": "application/json"}).json()["publicKey"]["challenge"]
        for answer in ("", "{}", '{"id": "x", "response": {}}', "[1]", "nonsense"):
            facts = {"name": "Key", "password": PASSWORD, "credential": answer}
            assert client.post(address, facts).status_code == 422

    def test_passkey_sign_in_refuses_a_made_up_answer(self, user: User) -> None:
        client = Client()
        client.get("/login/passkey/question/")
        for answer in (
            "{}",
            '{"id": "x", "rawId": "x", "type": "public-key", "response": {"userHandle": "x"}}',
            "[]",
            "7",
        ):
            assert client.post("/login/passkey/", {"credential": answer}).status_code == 422

    def test_recovery_codes_are_shown_for_ten_minutes(self, user: User) -> None:
        with_app(user)
        code = queries.recovery_codes(user)[0]
        client, start = a_client(user), clock.now()
        assert code in client.get("/profile/second-factor/codes/").content.decode()
        with clock.at(start + timedelta(minutes=11)):
            assert code not in client.get("/profile/second-factor/codes/").content.decode()


class TestRequiredFactor:
    def test_everything_leads_to_setting_one_up(self, user: User) -> None:
        Organisation.objects.update(is_mfa_required=True)
        client = a_client(user)
        assert client.get("/profile/")["Location"] == "/profile/second-factor/"
        assert client.post("/profile/tokens/new/", {"name": "x"})["Location"] == "/profile/second-factor/"
        assert client.get("/profile/second-factor/").status_code == 200

    def test_a_factor_opens_the_rest(self, user: User) -> None:
        Organisation.objects.update(is_mfa_required=True)
        with_app(user)
        assert a_client(user).get("/profile/").status_code == 200


class TestReset:
    def test_answers_are_alike_and_cost_alike(self, user: User, django_assert_num_queries: Any) -> None:
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

    def test_link_sets_a_password_once_and_ends_all_sessions(self, user: User) -> None:
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
    def test_invitation_is_accepted_once(self) -> None:
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
