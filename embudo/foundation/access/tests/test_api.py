from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from embudo.foundation.access import commands
from embudo.foundation.access.models import Organisation, Role, Token
from embudo.foundation.access.tests.builders import a_token, a_user, an_admin, ann, bob, user_of
from embudo.kernel import clock

pytestmark = pytest.mark.django_db


def call(method: str, path: str, secret: str, **kwargs: Any) -> Any:
    return getattr(Client(), method)(
        f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"}, **kwargs
    )


def test_users_are_listed_by_name_and_found_by_words() -> None:
    secret = a_token(ann())
    bob()
    assert [one["name"] for one in call("get", "users", secret).json()["items"]] == ["Ann Right", "Bob Other"]
    assert [one["name"] for one in call("get", "users?q=bob", secret).json()["items"]] == ["Bob Other"]


def test_a_user_is_read_without_secrets() -> None:
    secret = a_token(ann())
    body = call("get", f"users/{user_of(bob()).pk}", secret).json()
    assert body["email"] == "bob@example.com"
    assert "password" not in body


def test_an_unknown_user_is_not_found() -> None:
    assert call("get", f"users/{Token().pk}", a_token(ann())).status_code == 404


def test_roles_are_read_by_those_who_may() -> None:
    secret = a_token(an_admin())
    role = Role.objects.get(slug="seller")
    assert call("get", f"roles/{role.pk}", secret).json()["scopes"]["access.view_user"] == "all"
    assert call("get", "roles", a_token(ann())).status_code == 403


def test_tokens_are_one_s_own() -> None:
    secret = a_token(ann())
    other, _secret = commands.create_token(bob(), name="Bob's")
    assert [one["name"] for one in call("get", "tokens", secret).json()["items"]] == ["tests"]
    assert call("post", f"tokens/{other.pk}/revoke", secret).status_code == 404


def test_a_token_may_revoke_itself() -> None:
    secret = a_token(ann())
    token = Token.objects.get()
    assert call("post", f"tokens/{token.pk}/revoke", secret).status_code == 200
    assert call("get", "users", secret).status_code == 401


def test_a_narrow_token_is_refused_the_rest() -> None:
    secret = a_token(ann(), grants=["access.own_profile"])
    assert call("get", "users", secret).status_code == 403


def test_no_token_is_refused() -> None:
    a_user()
    assert Client().get("/api/v1/users").status_code == 401


def test_a_deactivated_owner_s_token_is_refused() -> None:
    secret = a_token(ann())
    commands.deactivate_user(an_admin(), user_of(ann()))
    assert call("get", "users", secret).status_code == 401


def test_a_token_of_somebody_who_owes_a_second_factor_is_refused() -> None:
    secret = a_token(ann())
    Organisation.objects.update(is_mfa_required=True)
    assert call("get", "users", secret).status_code == 401


def test_last_use_is_noted_to_the_minute() -> None:
    secret, start = a_token(ann()), clock.now()
    for seconds, noted in ((0, 0), (30, 0), (90, 90)):
        with clock.at(start + timedelta(seconds=seconds)):
            call("get", "users", secret)
        assert Token.objects.get().last_used == start + timedelta(seconds=noted)
