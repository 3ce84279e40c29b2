from datetime import UTC, datetime, timedelta

import pytest

from embudo.foundation.access import commands, queries
from embudo.foundation.access.commands import UserChange
from embudo.foundation.access.models import (
    ReportingLine,
    Role,
    RoleMember,
    SignIn,
    Token,
    User,
)
from embudo.foundation.access.tests.builders import (
    PASSWORD,
    a_user,
    an_actor,
    an_admin,
    ann,
    bob,
    tester,
    user_of,
    with_roles,
)
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale
from embudo.kernel.models import LogEntry
from embudo.kernel.permission import Scope

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def change_of(user: User, **other: object) -> UserChange:
    kept = {
        "name": user.name, "email": user.email, "team": user.team, "manager": user.manager,
        "roles": tuple(RoleMember.objects.filter(user=user).values_list("role_id", flat=True)),
    }  # fmt: skip
    return UserChange(**{**kept, **other})


def role_id(slug: str) -> object:
    return Role.objects.get(slug=slug).id


def last_event() -> str:
    return LogEntry.objects.order_by("-seq").first().name


class TestUsers:
    def test_create_user_lowers_the_address(self) -> None:
        assert a_user(email=" Ann@Example.COM ").email == "ann@example.com"

    def test_create_user_refuses_a_known_address(self) -> None:
        a_user(email="ann@example.com")
        with pytest.raises(Invalid) as fault:
            a_user(email="ANN@example.com")
        assert list(fault.value.errors) == ["email"]

    def test_create_user_refuses_what_is_no_address(self) -> None:
        with pytest.raises(Invalid):
            a_user(email="ann at home")

    def test_create_user_is_forbidden_without_the_grant(self) -> None:
        with pytest.raises(Forbidden):
            commands.create_user(ann(), email="x@example.com", name="X")

    def test_invite_user_announces_an_invitation(self) -> None:
        user = commands.invite_user(
            an_admin(), email="new@example.com", name="New", roles=[role_id("seller")]
        )
        assert last_event() == "access.UserInvited"
        assert not user.has_usable_password()

    def test_invite_again_refuses_who_has_a_password(self) -> None:
        with pytest.raises(Invalid):
            commands.invite_again(an_admin(), a_user(password=PASSWORD))

    def test_change_user_announces_a_new_address(self) -> None:
        user = a_user()
        commands.change_user(an_admin(), user, change=change_of(user, email="other@example.com"))
        assert last_event() == "access.EmailChanged"

    def test_change_user_gives_and_takes_roles(self) -> None:
        user = a_user()
        commands.change_user(an_admin(), user, change=change_of(user, roles=(role_id("collector"),)))
        assert queries.actor_of(user).roles == {"collector"}

    def test_change_user_refuses_a_stale_version(self) -> None:
        user = a_user()
        with pytest.raises(Stale):
            commands.change_user(an_admin(), user, change=change_of(user), version=7)

    def test_change_user_keeps_the_last_administrator(self) -> None:
        admin = an_admin()
        user = user_of(admin)
        with pytest.raises(Refused) as refusal:
            commands.change_user(admin, user, change=change_of(user, roles=()))
        assert refusal.value.code == "access.last_administrator"

    def test_deactivate_user_keeps_the_last_administrator(self) -> None:
        admin = an_admin()
        with pytest.raises(Refused) as refusal:
            commands.deactivate_user(admin, user_of(admin))
        assert refusal.value.code == "access.last_administrator"

    def test_deactivate_user_lets_one_of_two_administrators_go(self) -> None:
        admin, other = an_admin(), an_admin("Bea Second")
        assert not commands.deactivate_user(admin, user_of(other)).is_active

    def test_deactivate_user_ends_sessions_and_tokens(self) -> None:
        actor = ann()
        commands.start_session(queries.visitor(user_of(actor)), session="abc", method="password")
        _token, secret = commands.create_token(actor, name="x")
        commands.deactivate_user(an_admin(), user_of(actor))
        assert queries.actor_of_token(secret) is None
        assert not SignIn.objects.exists()

    def test_activate_user_lets_in_again(self) -> None:
        admin, user = an_admin(), a_user()
        commands.deactivate_user(admin, user)
        assert commands.activate_user(admin, user).is_active

    def test_a_smaller_administrator_gives_no_roles_beyond_their_own(self) -> None:
        helper = self._who_manages_users()
        with pytest.raises(Refused) as refusal:
            commands.invite_user(helper, email="x@example.com", name="X", roles=[role_id("administrator")])
        assert refusal.value.code == "access.beyond_your_own"

    def test_a_smaller_administrator_cannot_take_over_a_greater_one(self) -> None:
        helper, admin = self._who_manages_users(), an_admin()
        with pytest.raises(Refused):
            commands.change_user(
                helper, user_of(admin), change=change_of(user_of(admin), email="mine@example.com")
            )
        with pytest.raises(Refused):
            commands.reset_factors(helper, user_of(admin))

    @staticmethod
    def _who_manages_users() -> object:
        with_roles()
        role = commands.create_role(tester(), name="Office")
        grants = {"access.manage_users": Scope.ALL, "access.view_user": Scope.ALL}
        commands.set_grants(tester(), role, grants=grants)
        return an_actor(a_user(roles=("office",), name="Olga"))

    def test_change_profile_changes_only_the_actor(self) -> None:
        commands.change_profile(
            ann(), name="Anna", language="pl", time_zone="Europe/Warsaw", is_on_shortcuts=False
        )
        assert user_of(ann()).name == "Anna"
        assert user_of(bob()).name == "Bob Other"


class TestTree:
    def test_move_keeps_the_closure_equal_to_the_recursion(self) -> None:
        admin = an_admin()
        people = [a_user(name=f"P{n}") for n in range(7)]
        moves = [
            (1, 0),
            (2, 1),
            (3, 1),
            (4, 3),
            (5, 4),
            (3, 2),
            (1, None),
            (6, 0),
            (1, 6),
            (3, 0),
            (4, None),
            (2, 5),
        ]
        for low, top in moves:
            user = User.objects.get(pk=people[low].pk)
            manager = None if top is None else people[top]
            commands.change_user(admin, user, change=change_of(user, manager=manager))
            assert closure() == recursion()

    def test_move_refuses_a_circle(self) -> None:
        top = a_user(name="Top")
        low = a_user(name="Low", manager=top)
        with pytest.raises(Invalid) as fault:
            commands.change_user(an_admin(), top, change=change_of(top, manager=low))
        assert list(fault.value.errors) == ["manager"]

    def test_move_refuses_oneself(self) -> None:
        user = a_user()
        with pytest.raises(Invalid):
            commands.change_user(an_admin(), user, change=change_of(user, manager=user))


def closure() -> set[tuple[object, object, int]]:
    return set(ReportingLine.objects.values_list("above", "below", "depth"))


def recursion() -> set[tuple[object, object, int]]:
    over = dict(User.objects.values_list("id", "manager_id"))
    found = set()
    for low in over:
        top, depth = low, 0
        while top is not None:
            found.add((top, low, depth))
            top, depth = over[top], depth + 1
    return found


class TestSessions:
    def test_end_session_of_somebody_else_is_not_found(self) -> None:
        sign_in = commands.start_session(queries.visitor(user_of(ann())), session="abc", method="password")
        with pytest.raises(NotFound):
            commands.end_session(bob(), sign_in)

    def test_end_other_sessions_keeps_the_named_one(self) -> None:
        actor = ann()
        commands.end_all_sessions(an_admin(), user_of(actor))
        for key in ("one", "two"):
            SignIn.objects.create(owner=user_of(actor), session=key)
        assert commands.end_other_sessions(actor, session="one") == 1
        assert SignIn.objects.get().session == "one"

    def test_end_all_sessions_signs_out_and_revokes(self) -> None:
        actor = ann()
        commands.start_session(queries.visitor(user_of(actor)), session="abc", method="password")
        _token, secret = commands.create_token(actor, name="x")
        commands.end_all_sessions(an_admin(), user_of(actor))
        assert not SignIn.objects.exists()
        assert queries.actor_of_token(secret) is None

    def test_set_password_ends_sessions(self) -> None:
        user = user_of(ann())
        commands.start_session(queries.visitor(user), session="abc", method="password")
        assert commands.set_password(an_admin(), user, password=PASSWORD).check_password(PASSWORD)
        assert not SignIn.objects.exists()


class TestTokens:
    def test_create_token_opens_with_all_grants(self) -> None:
        actor = ann()
        token, secret = commands.create_token(actor, name="Export")
        assert secret.startswith(f"emb_{token.prefix}_")
        assert dict(queries.actor_of_token(secret).grants) == dict(actor.grants)

    def test_create_token_narrows(self) -> None:
        _token, secret = commands.create_token(ann(), name="Export", grants=["access.view_user"])
        assert set(queries.actor_of_token(secret).grants) == {"access.view_user"}

    def test_create_token_refuses_what_the_actor_lacks(self) -> None:
        with pytest.raises(Invalid) as fault:
            commands.create_token(ann(), name="Export", grants=["access.manage_users"])
        assert list(fault.value.errors) == ["grants"]

    def test_create_token_refuses_a_past_expiry(self) -> None:
        with pytest.raises(Invalid):
            commands.create_token(ann(), name="Export", expires=clock.now() - timedelta(minutes=1))

    def test_token_ends_when_it_expires(self) -> None:
        with clock.at(NOON):
            _token, secret = commands.create_token(ann(), name="Export", expires=NOON + timedelta(days=1))
        with clock.at(NOON + timedelta(days=2)):
            assert queries.actor_of_token(secret) is None

    def test_revoke_token_ends_it(self) -> None:
        actor = ann()
        token, secret = commands.create_token(actor, name="Export")
        commands.revoke_token(actor, token)
        assert queries.actor_of_token(secret) is None

    def test_revoke_token_of_somebody_else_is_not_found(self) -> None:
        token, _secret = commands.create_token(ann(), name="Export")
        with pytest.raises(NotFound):
            commands.revoke_token(bob(), token)

    def test_the_secret_is_stored_nowhere(self) -> None:
        token, secret = commands.create_token(ann(), name="Export")
        kept = f"{Token.objects.values().get(pk=token.pk)} {list(LogEntry.objects.values('data', 'changes'))}"
        assert secret not in kept
        assert secret.split("_", 2)[2] not in kept
