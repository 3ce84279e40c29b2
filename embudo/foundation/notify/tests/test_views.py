from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, cat, tester, user_of
from embudo.foundation.notify import commands, queries
from embudo.foundation.notify.models import MailState
from embudo.foundation.notify.tests.builders import KIND, a_mail, a_notification

pytestmark = pytest.mark.django_db


def page(who: Any, name: str, *args: Any) -> str:
    response = a_client(who).get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_list_shows_ones_own_notifications() -> None:
    a_notification(user_of(ann()), title="For Ann")
    a_notification(user_of(bob()), title="For Bob")
    shown = page(ann(), "notify:list")
    assert "For Ann" in shown
    assert "For Bob" not in shown


def test_list_takes_the_same_number_of_queries_for_more_rows() -> None:
    client, user, counts = a_client(ann()), user_of(ann()), []
    client.get(reverse("notify:list"))
    for number in range(3):
        a_notification(user, key=str(number))
        with CaptureQueriesContext(connection) as queries_made:
            client.get(reverse("notify:list"))
        counts.append(len(queries_made))
    assert counts[0] == counts[2] <= 12


def test_open_marks_as_read_and_goes_there() -> None:
    told = a_notification(user_of(ann()), url="/leads/7/")
    response = a_client(ann()).get(reverse("notify:open", args=[told.pk]))
    assert (response.status_code, response["Location"]) == (302, "/leads/7/")
    assert queries.unread_count(ann()) == 0


def test_open_never_leaves_the_product() -> None:
    told = a_notification(user_of(ann()), url="https://evil.example/")
    response = a_client(ann()).get(reverse("notify:open", args=[told.pk]))
    assert response["Location"] == reverse("notify:list")


def test_open_knows_nothing_of_others_notifications() -> None:
    told = a_notification(user_of(ann()))
    assert a_client(bob()).get(reverse("notify:open", args=[told.pk])).status_code == 404


def test_bell_counts_unread() -> None:
    assert page(ann(), "notify:count") == ""
    a_notification(user_of(ann()))
    assert ">1<" in page(ann(), "notify:count")
    assert a_client(cat()).get(reverse("notify:count")).status_code == 403


def test_read_all_marks_everything() -> None:
    a_notification(user_of(ann()))
    assert a_client(ann()).post(reverse("notify:read_all")).status_code == 302
    assert queries.unread_count(ann()) == 0


def test_preferences_are_shown_and_kept() -> None:
    assert f'value="{KIND}"' in page(ann(), "notify:preferences")
    a_client(ann()).post(reverse("notify:preferences"), {"mailed": [KIND]})
    chosen = {kind.code: (shown, mailed) for kind, shown, mailed in queries.preferences(user_of(ann()).id)}
    assert chosen[KIND] == (False, True)


def test_preferences_refuse_unknown_kinds() -> None:
    assert a_client(ann()).post(reverse("notify:preferences"), {"mailed": ["no.such"]}).status_code == 422


def test_mails_are_for_administrators() -> None:
    admin = an_admin()
    mail = a_mail(subject="To be seen")
    assert "To be seen" in page(admin, "notify:mails")
    assert "A body" in page(admin, "notify:mail", mail.pk)
    assert a_client(ann()).get(reverse("notify:mails")).status_code == 403


def test_mail_page_hides_a_secret() -> None:
    admin = an_admin()
    mail = a_mail(is_secret=True)
    assert "A body" not in page(admin, "notify:mail", mail.pk)


def test_mail_again_puts_it_into_the_outbox() -> None:
    admin = an_admin()
    mail = commands.mark_mail_refused(tester(), a_mail(), error="never", is_final=True)
    assert a_client(admin).post(reverse("notify:mail_again", args=[mail.pk])).status_code == 302
    assert queries.mail(admin, mail.pk).state == MailState.QUEUED
