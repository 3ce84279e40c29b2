import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import Role, SignIn, Team, Token, User
from embudo.foundation.access.tests.builders import (
    a_client,
    a_team,
    a_user,
    an_admin,
    ann,
    bob,
    cat,
    tester,
    user_of,
)

pytestmark = pytest.mark.django_db
MOST = 12  # queries of a page, whatever its rows


def cost(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries_made:
        client.get(address)
    return len(queries_made)


def at(page: str, user: User | None = None) -> str:
    return f"/settings/users/{user.pk}/{page}" if user else f"/settings/{page}"


class TestUsersPages:
    def test_users_list_costs_the_same_for_any_number(self) -> None:
        admin = an_admin()
        client = a_client(admin)
        costs = []
        for number in range(3):
            a_user(name=f"Seller {number}", manager=user_of(admin), team=a_team())
            costs.append(cost(client, at("users/")))
        assert costs[0] == costs[1] == costs[2] <= MOST

    def test_users_list_finds_by_address(self) -> None:
        client = a_client(an_admin())
        ann(), bob()
        page = client.get(at("users/?q=bob@")).content.decode()
        assert "Bob Other" in page
        assert "Ann Right" not in page

    def test_users_list_shows_who_is_deactivated_on_request(self) -> None:
        admin = an_admin()
        commands.deactivate_user(admin, user_of(bob()))
        client = a_client(admin)
        assert "Bob Other" not in client.get(at("users/")).content.decode()
        assert "Bob Other" in client.get(at("users/?tab=inactive")).content.decode()

    def test_invitation_by_page(self) -> None:
        client = a_client(an_admin())
        role = Role.objects.get(slug="seller")
        facts = {"name": "Nora", "email": "nora@example.com", "roles": [str(role.pk)]}
        assert client.post(at("users/new/"), facts).status_code == 302
        assert queries.actor_of(User.objects.get(email="nora@example.com")).roles == {"seller"}

    def test_invitation_keeps_what_was_typed(self) -> None:
        client = a_client(an_admin())
        response = client.post(at("users/new/"), {"name": "Nora", "email": "nora at home"})
        assert response.status_code == 422
        assert "nora at home" in response.content.decode()

    def test_edit_moves_and_gives_a_team(self) -> None:
        admin, user = an_admin(), user_of(ann())
        role = Role.objects.get(slug="manager")
        facts = {
            "name": "Ann B", "email": user.email, "roles": [str(role.pk)], "team": str(a_team("South").pk),
            "manager": str(admin.id), "version": str(user.version),
        }  # fmt: skip
        assert a_client(admin).post(at("edit/", user), facts).status_code == 302
        fresh = user_of(ann())
        assert (fresh.name, fresh.team.name, fresh.manager_id) == ("Ann B", "South", admin.id)

    def test_edit_offers_nobody_below_as_manager(self) -> None:
        admin = an_admin()
        low = a_user(name="Low", manager=user_of(ann()))
        page = a_client(admin).get(at("edit/", user_of(ann()))).content.decode()
        assert f'value="{admin.id}"' in page
        assert f'value="{low.pk}"' not in page

    @pytest.mark.parametrize("act", ["deactivate/", "activate/", "sign-out/", "factors/"])
    def test_acts_on_a_user(self, act: str) -> None:
        admin, user = an_admin(), user_of(ann())
        assert a_client(admin).post(at(act, user)).status_code == 302

    def test_seller_may_see_but_not_change(self) -> None:
        client, other = a_client(ann()), user_of(bob())
        assert client.get(at("", other)).status_code == 200
        assert client.post(at("deactivate/", other)).status_code == 403
        assert client.get(at("roles/")).status_code == 403
        assert user_of(bob()).is_active

    def test_without_a_role_nothing_is_open(self) -> None:
        client = a_client(cat())
        for page in ("/profile/", "/settings/users/", "/settings/organisation/"):
            assert client.get(page).status_code == 403

    def test_tree_shows_levels(self) -> None:
        top = a_user(name="Top")
        client = a_client(an_admin())
        before = cost(client, at("users/tree/"))
        for number in range(3):
            a_user(name=f"Low {number}", manager=top)
        page = client.get(at("users/tree/")).content.decode()
        assert page.index("Top") < page.index("Low 0") < page.index("Low 2")
        assert cost(client, at("users/tree/")) == before <= MOST


class TestRightsPages:
    def test_matrix_saves_scopes(self) -> None:
        admin = an_admin()
        role = commands.create_role(tester(), name="Guest")
        facts = {"access.view_user": "team", "access.own_profile": "all", "version": "1"}
        client = a_client(admin)
        assert client.post(at(f"roles/{role.pk}/"), facts).status_code == 302
        assert queries.grants_of(role) == {"access.view_user": "team", "access.own_profile": "all"}
        assert client.post(at(f"roles/{role.pk}/"), facts).status_code == 422  # the version is old now

    def test_matrix_refuses_a_scope_that_is_none(self) -> None:
        role = commands.create_role(tester(), name="Guest")
        response = a_client(an_admin()).post(at(f"roles/{role.pk}/"), {"access.view_user": "galaxy"})
        assert response.status_code == 422

    def test_matrix_of_the_administrator_has_no_fields(self) -> None:
        client = a_client(an_admin())
        page = client.get(at(f"roles/{Role.objects.get(slug='administrator').pk}/")).content.decode()
        assert 'name="access.view_user"' not in page

    def test_roles_and_teams_are_made_renamed_and_removed(self) -> None:
        client = a_client(an_admin())
        client.post(at("roles/new/"), {"name": "Guest", "like": ""})
        client.post(at("teams/new/"), {"name": "East"})
        role, team = Role.objects.get(slug="guest"), Team.objects.get(name="East")
        client.post(at(f"roles/{role.pk}/name/"), {"name": "Visitor"})
        client.post(at(f"teams/{team.pk}/"), {"name": "Orient"})
        assert (Role.objects.get(pk=role.pk).name, Team.objects.get(pk=team.pk).name) == ("Visitor", "Orient")
        client.post(at(f"roles/{role.pk}/remove/"))
        client.post(at(f"teams/{team.pk}/remove/"))
        assert not Role.objects.filter(pk=role.pk).exists()
        assert not Team.objects.filter(pk=team.pk).exists()

    def test_organisation_is_changed(self) -> None:
        client = a_client(an_admin())
        facts = {
            "name": "Acme",
            "currency": "PLN",
            "language": "pl",
            "country": "pl",
            "is_mailing_assignments": "on",
        }
        assert client.post(at("organisation/"), facts).status_code == 302
        assert (queries.organisation().name, queries.organisation().country) == ("Acme", "PL")


class TestOwnPages:
    def test_profile_is_changed(self) -> None:
        client = a_client(ann())
        facts = {"name": "Ann", "language": "fr", "time_zone": "Europe/Paris"}
        assert client.post("/profile/", facts).status_code == 302
        user = user_of(ann())
        assert (user.language, user.time_zone, user.is_on_shortcuts) == ("fr", "Europe/Paris", False)

    def test_profile_refuses_an_unknown_time_zone(self) -> None:
        facts = {"name": "Ann", "language": "fr", "time_zone": "Mars/Olympus"}
        assert a_client(ann()).post("/profile/", facts).status_code == 422

    def test_token_is_shown_once(self) -> None:
        client = a_client(ann())
        page = client.post("/profile/tokens/new/", {"name": "Export", "grants": ["access.view_user"]})
        token = Token.objects.get()
        assert f"emb_{token.prefix}_" in page.content.decode()
        assert page["Cache-Control"] == "no-store"
        assert f"emb_{token.prefix}_…" in client.get("/profile/tokens/").content.decode()

    def test_token_is_revoked(self) -> None:
        actor = ann()
        token, _secret = commands.create_token(actor, name="Export")
        assert a_client(bob()).post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
        assert a_client(actor).post(f"/profile/tokens/{token.pk}/revoke/").status_code == 302
        assert Token.objects.get().revoked is not None

    def test_session_of_somebody_else_is_not_found(self) -> None:
        row = SignIn.objects.create(owner=user_of(ann()), session="abc")
        assert a_client(bob()).post(f"/profile/sessions/{row.pk}/end/").status_code == 404

    def test_sessions_end_elsewhere(self) -> None:
        client = a_client(ann())
        SignIn.objects.create(owner=user_of(ann()), session="abc")
        assert client.post("/profile/sessions/end/").status_code == 302
        assert not SignIn.objects.exists()


class TestWhoPage:
    def test_names_people_and_reasons(self) -> None:
        client, address = a_client(an_admin()), f"/access/who/access.user/{ann().id}/"
        before = cost(client, address)
        bob()
        page = client.get(address).content.decode()
        assert cost(client, address) == before <= MOST
        assert "Bob Other" in page
        assert "Sees all records of this kind (role Seller)" in page

    def test_is_forbidden_without_the_grant(self) -> None:
        assert a_client(ann()).get(f"/access/who/access.user/{ann().id}/").status_code == 403

    @pytest.mark.parametrize("kind", ["access.user", "no.kind", "access.grant"])
    def test_unknown_record_is_not_found(self, kind: str) -> None:
        client = a_client(an_admin())
        assert client.get(f"/access/who/{kind}/{Token().pk}/").status_code == 404
