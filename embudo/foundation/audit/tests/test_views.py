import pytest
from django.test import Client
from django.urls import reverse

from embudo.foundation.access.commands import create_user, sync_roles
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.audit import commands, reactions
from embudo.foundation.audit.models import LogCheck
from embudo.foundation.audit.tests.builders import sealed_whole
from embudo.kernel import worker
from embudo.kernel.actor import system_actor
from embudo.kernel.append_only import lifted
from embudo.kernel.errors import Forbidden
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


@pytest.fixture
def admin(client: Client) -> User:
    sync_roles(SYSTEM)
    user = create_user(SYSTEM, email="ann@example.com", name="Ann <b>Admin</b>", roles=("administrator",))
    client.force_login(user)
    return user


def test_log_lists_entries_with_who_and_what(client: Client, admin: User) -> None:
    page = client.get(reverse("audit:log")).content.decode()
    assert "access.create_user" in page
    assert "<b>Admin" not in page


def test_entry_shows_personal_values_to_the_administrator(client: Client, admin: User) -> None:
    entry = LogEntry.objects.filter(about_id=admin.pk).get()
    page = client.get(reverse("audit:entry", args=[entry.pk])).content.decode()
    assert "ann@example.com" in page


def test_history_of_a_record_is_shown_and_pages(client: Client, admin: User) -> None:
    page = client.get(reverse("audit:history", args=["access.user", admin.pk]))
    assert page.status_code == 200


def test_history_of_an_unknown_record_is_not_found(client: Client, admin: User) -> None:
    missing = "01890000-0000-7000-8000-000000000000"
    assert client.get(reverse("audit:history", args=["access.user", missing])).status_code == 404
    assert client.get(reverse("audit:history", args=["no.kind", missing])).status_code == 404


def test_request_check_lets_a_job_walk_the_chain(
    client: Client, admin: User, settings: object, tmp_path: object
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    assert client.post(reverse("audit:check")).status_code == 302
    worker.drain()
    assert LogCheck.objects.get().faults == 0
    assert "The log is intact" in client.get(reverse("audit:chain")).content.decode()


def test_record_check_of_a_tampered_log_warns_administrators(
    client: Client, admin: User, settings: object, tmp_path: object
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    sealed_whole()
    with lifted(["kernel_logentry"]):
        LogEntry.objects.filter(about_id=admin.pk).update(origin="forged")
    reactions.walk_chain.func()
    worker.drain()
    assert LogCheck.objects.get().findings[0]["kind"] == "changed"
    assert "tampered" in client.get(reverse("audit:chain")).content.decode()


def test_record_check_without_grant_is_forbidden(admin: User) -> None:
    cat = create_user(SYSTEM, email="cat@example.com", name="Cat")
    with pytest.raises(Forbidden):
        commands.record_check(actor_of(cat), faults=(), head="")


@pytest.mark.parametrize("rows", [1, 3])
def test_log_takes_a_constant_number_of_queries(
    client: Client, admin: User, rows: int, django_assert_max_num_queries: object
) -> None:
    for number in range(rows):
        create_user(SYSTEM, email=f"u{number}@example.com", name="U")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(reverse("audit:log"))
