from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import Organisation, SignIn, User
from embudo.foundation.access.tests.builders import (
    PASSWORD,
    a_client,
    a_user,
    an_actor,
    an_admin,
)
from embudo.kernel import clock
from embudo.kernel.errors import Invalid, NotFound, Refused

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
