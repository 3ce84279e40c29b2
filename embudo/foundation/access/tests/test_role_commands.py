from datetime import UTC, datetime

import pytest

from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import (
    Grant,
    Organisation,
    Role,
    User,
)
from embudo.foundation.access.tests.builders import (
    PASSWORD,
    a_team,
    a_user,
    an_actor,
    an_admin,
    ann,
    bob,
    cat,
    tester,
    user_of,
    with_roles,
)
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale
from embudo.kernel.permission import Scope

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class TestRoles:
    def test_sync_roles_gives_each_default_once(self) -> None:
        with_roles()
        Grant.objects.filter(role__slug="seller", permission="access.view_user").delete()
        assert commands.sync_roles(tester()) == 0
        assert not Grant.objects.filter(role__slug="seller", permission="access.view_user").exists()

    def test_create_role_copies_grants(self) -> None:
        with_roles()
        like = Role.objects.get(slug="seller")
        role = commands.create_role(an_admin(), name="Junior Seller", like=like)
        assert role.slug == "junior-seller"
        assert queries.grants_of(role) == queries.grants_of(like)

    def test_create_role_refuses_a_name_in_use(self) -> None:
        with_roles()
        with pytest.raises(Invalid):
            commands.create_role(an_admin(), name="seller")

    def test_set_grants_makes_exactly_these(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        commands.set_grants(
            an_admin(), role, grants={"access.view_user": Scope.TEAM, "access.view_role": Scope.OWN}
        )
        commands.set_grants(
            an_admin(), role, grants={"access.view_user": Scope.OWN, "access.view_role": Scope.OWN}
        )
        assert queries.grants_of(role) == {"access.view_user": "own", "access.view_role": "all"}

    def test_set_grants_refuses_the_administrator(self) -> None:
        admin = an_admin()
        with pytest.raises(Refused) as refusal:
            commands.set_grants(admin, Role.objects.get(slug="administrator"), grants={})
        assert refusal.value.code == "access.administrator_is_fixed"

    def test_set_grants_refuses_a_stale_version(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        commands.set_grants(an_admin(), role, grants={"access.view_user": Scope.OWN}, version=1)
        with pytest.raises(Stale):
            commands.set_grants(an_admin(), role, grants={}, version=1)

    def test_set_grants_refuses_an_unknown_permission(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        with pytest.raises(Invalid):
            commands.set_grants(an_admin(), role, grants={"access.fly": Scope.OWN})

    def test_rename_role(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        assert commands.rename_role(an_admin(), role, name="Visitor").name == "Visitor"

    def test_delete_role_refuses_a_built_in_one(self) -> None:
        with_roles()
        with pytest.raises(Refused) as refusal:
            commands.delete_role(an_admin(), Role.objects.get(slug="seller"))
        assert refusal.value.code == "access.role_is_built_in"

    def test_delete_role_refuses_one_that_is_held(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        a_user(roles=("guest",))
        with pytest.raises(Refused) as refusal:
            commands.delete_role(an_admin(), role)
        assert refusal.value.code == "access.role_is_held"

    def test_delete_role_takes_its_grants_along(self) -> None:
        role = commands.create_role(an_admin(), name="Guest", like=Role.objects.get(slug="seller"))
        commands.delete_role(an_admin(), role)
        assert not Role.objects.filter(slug="guest").exists()

    def test_widest_scope_of_several_roles_counts(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        commands.set_grants(an_admin(), role, grants={"access.view_user": Scope.OWN})
        user = a_user(roles=("guest", "seller"))
        assert an_actor(user).grants["access.view_user"] is Scope.ALL

    def test_scope_narrows_which_colleagues_are_seen(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        commands.set_grants(an_admin(), role, grants={"access.view_user": Scope.TEAM})
        user = a_user(roles=("guest",), name="Gil", team=a_team("North"))
        ann(), bob()
        assert [one.name for one in queries.users(an_actor(user))] == ["Ann Right", "Gil"]


class TestTeams:
    def test_create_team_refuses_a_name_in_use(self) -> None:
        a_team("North")
        with pytest.raises(Invalid):
            commands.create_team(an_admin(), name="north")

    def test_rename_team(self) -> None:
        assert commands.rename_team(an_admin(), a_team("North"), name="Nord").name == "Nord"

    def test_delete_team_leaves_its_members_without(self) -> None:
        user = user_of(ann())
        commands.delete_team(an_admin(), user.team)
        assert user_of(ann()).team is None

    def test_create_team_is_forbidden_to_cat(self) -> None:
        with pytest.raises(Forbidden):
            commands.create_team(cat(), name="Mine")


class TestOrganisation:
    def test_set_up_makes_organisation_and_administrator(self) -> None:
        user = commands.set_up(
            queries.founder(), organisation="Acme", currency="PLN", language="pl", name="Ada", email="ada@example.com",
            password=PASSWORD,
        )  # fmt: skip
        assert queries.organisation().name == "Acme"
        assert an_actor(user).roles == {"administrator"}

    def test_founder_is_nobody_once_somebody_exists(self) -> None:
        a_user()
        with pytest.raises(NotFound):
            queries.founder()

    def test_set_up_refuses_a_second_time(self) -> None:
        founder = queries.founder()
        a_user()
        with pytest.raises(Refused) as refusal:
            commands.set_up(
                founder,
                organisation="A",
                currency="PLN",
                language="pl",
                name="B",
                email="b@example.com",
                password=PASSWORD,
            )
        assert refusal.value.code == "access.is_set_up"

    def test_change_organisation(self) -> None:
        with_roles()
        change = commands.OrganisationChange(name="Acme", currency="EUR", language="en", is_mfa_required=True)
        commands.change_organisation(an_admin(), queries.organisation(), change=change)
        assert Organisation.objects.get().is_mfa_required


class TestWhoSees:
    def test_who_sees_a_colleague_is_whoever_holds_the_permission(self) -> None:
        ann(), cat()
        sights = queries.who_sees(user_of(bob()))
        assert [(one.user.name, [why.role for why in one.reasons]) for one in sights] == [
            ("Bob Other", ["Seller"]),
            ("Ann Right", ["Seller"]),
        ]

    def test_a_narrow_scope_reaches_the_own_team_only(self) -> None:
        role = commands.create_role(an_admin(), name="Guest")
        commands.set_grants(an_admin(), role, grants={"access.view_user": Scope.TEAM})
        near = a_user(roles=("guest",), name="Near", team=a_team("North"))
        a_user(roles=("guest",), name="Far", team=a_team("South"))
        told = {one.user.name for one in queries.who_sees(near)}
        assert told == {"Ada Chief", "Near"}
        assert told == {one.name for one in User.objects.all() if near.is_visible_to(an_actor(one))}
