from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.tests.builders import a_user, an_actor, ann, bob, cat, tester, user_of
from embudo.foundation.notify import commands, queries
from embudo.foundation.notify.models import Mail, MailState, Notification
from embudo.foundation.notify.rules.mails import MAX_ATTEMPTS
from embudo.foundation.notify.rules.news import MailBody, NotificationKind, register_notification_kind
from embudo.foundation.notify.tests.builders import KIND, a_mail, a_notification
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _roles() -> None:
    a_user(name="Someone")


@override_settings(BASE_URL="https://crm.example.com")
def test_queue_mail_writes_absolute_link_in_both_parts() -> None:
    mail = a_mail()
    assert "https://crm.example.com/leads/1/" in mail.text
    assert 'href="https://crm.example.com/leads/1/"' in mail.html
    assert mail.message_id.endswith("@crm.example.com>")


def test_queue_mail_escapes_html_but_not_text() -> None:
    mail = a_mail(context={"title": "<b>&", "body": "", "url": ""})
    assert "<b>&" in mail.text
    assert "&lt;b&gt;&amp;" in mail.html


def test_queue_mail_is_written_in_its_language() -> None:
    assert a_mail(language="pl", subject=_("Monday")).subject == "Poniedziałek"


def test_queue_mail_keeps_header_on_one_line() -> None:
    assert a_mail(subject="Hi\r\nBcc: x@example.org").subject == "Hi Bcc: x@example.org"


def test_queue_mail_refuses_bad_address() -> None:
    with pytest.raises(Invalid) as caught:
        a_mail(to="a@example.org\nBcc: b@example.org")
    assert list(caught.value.errors) == ["to"]
    assert Mail.objects.count() == 0


def test_mark_mail_bounced_holds_only_for_what_was_sent() -> None:
    mail = a_mail()
    assert commands.mark_mail_bounced(tester(), mail, reason="gone").state == MailState.QUEUED
    commands.mark_mail_sent(tester(), mail)
    assert commands.mark_mail_bounced(tester(), mail, reason="gone", sending=2).state == MailState.SENT
    assert commands.mark_mail_bounced(tester(), mail, reason="gone\r\nfor good").state == MailState.BOUNCED
    again = commands.mark_mail_bounced(tester(), mail, reason="once more")
    assert (again.error, LogEntry.objects.filter(name="notify.MailBounced").count()) == ("gone for good", 1)
    assert "gone" not in str(LogEntry.objects.get(name="notify.MailBounced").changes)
    commands.send_mail_again(tester(), mail)
    assert (Mail.objects.get().state, Mail.objects.get().error) == (MailState.QUEUED, "")


def test_queue_mail_keeps_content_out_of_the_log() -> None:
    a_mail(subject="Secret words")
    entry = LogEntry.objects.get(name="notify.MailQueued")
    assert "Secret words" not in str(entry.changes)
    assert "marta@example.org" not in str(entry.changes)


def test_queue_mail_needs_the_permission() -> None:
    with pytest.raises(Forbidden):
        commands.queue_mail(
            ann(), to="a@example.org", subject="", template="notify/notification", context={}, language="en"
        )


def test_mark_mail_sent_forgets_a_secret() -> None:
    mail = commands.mark_mail_sent(tester(), a_mail(is_secret=True))
    assert (mail.state, mail.text, mail.html) == (MailState.SENT, "", "")


def test_mark_mail_refused_keeps_waiting_until_the_last_attempt() -> None:
    mail = a_mail()
    for _attempt in range(MAX_ATTEMPTS - 1):
        mail = commands.mark_mail_refused(tester(), mail, error="later")
    assert mail.state == MailState.QUEUED
    assert commands.mark_mail_refused(tester(), mail, error="later").state == MailState.FAILED


def test_send_mail_again_starts_another_round() -> None:
    mail = commands.mark_mail_refused(tester(), a_mail(), error="never", is_final=True)
    again = commands.send_mail_again(tester(), mail)
    assert (again.state, again.attempts, again.round, again.error) == (MailState.QUEUED, 0, 2, "")


def test_send_mail_again_refuses_waiting_mail() -> None:
    with pytest.raises(Refused) as caught:
        commands.send_mail_again(tester(), a_mail())
    assert caught.value.code == "notify.mail_is_waiting"


def test_send_mail_again_refuses_forgotten_secret() -> None:
    mail = commands.mark_mail_sent(tester(), a_mail(is_secret=True))
    with pytest.raises(Refused) as caught:
        commands.send_mail_again(tester(), mail)
    assert caught.value.code == "notify.mail_is_forgotten"


def test_prune_mails_removes_what_ended_long_ago() -> None:
    with clock.at(clock.now() - timedelta(days=91)):
        commands.mark_mail_sent(tester(), a_mail())
        waiting = a_mail()
    recent = commands.mark_mail_sent(tester(), a_mail())
    assert commands.prune_mails(tester()) == 1
    assert set(Mail.objects.values_list("pk", flat=True)) == {waiting.pk, recent.pk}


def test_tell_user_shows_and_mails() -> None:
    user = user_of(ann())
    told = a_notification(user, title="A lead is yours")
    assert [row.title for row in queries.notifications(ann())] == [told.title]
    assert Mail.objects.get().to == user.email


def test_tell_user_speaks_the_users_language() -> None:
    user = a_user(name="Pola")
    user.language = "pl"
    assert a_notification(user, title=_("Monday")).title == "Poniedziałek"
    assert Mail.objects.get().language == "pl"


def test_tell_user_tells_unread_news_once() -> None:
    user = user_of(ann())
    a_notification(user, key="lead:1", title="One")
    again = a_notification(user, key="lead:1", title="Two")
    assert (again.title, again.times, Notification.objects.count(), Mail.objects.count()) == ("Two", 2, 1, 1)


def test_tell_user_tells_read_news_again() -> None:
    user = user_of(ann())
    commands.mark_notification_read(ann(), a_notification(user, key="lead:1"))
    a_notification(user, key="lead:1")
    assert (Notification.objects.count(), Mail.objects.count()) == (2, 2)


def test_tell_user_respects_preferences() -> None:
    commands.choose_notifications(ann(), shown=(), mailed=(KIND,))
    assert commands.tell_user(tester(), user=user_of(ann()), kind=KIND, title="x") is None
    assert Mail.objects.count() == 1
    commands.choose_notifications(ann(), shown=(KIND,), mailed=())
    assert commands.tell_user(tester(), user=user_of(ann()), kind=KIND, title="x") is not None
    assert Mail.objects.count() == 1


def test_tell_user_respects_the_organisations_switch() -> None:
    register_notification_kind(NotificationKind("notify.test_quiet", "Quiet", mails_allowed=lambda: False))
    assert commands.tell_user(tester(), user=user_of(ann()), kind="notify.test_quiet", title="x") is not None
    assert Mail.objects.count() == 0


def test_tell_user_takes_a_template_of_its_own() -> None:
    body = MailBody("notify/invitation", {"url": "https://example.com/i/"})
    a_notification(user_of(ann()), mail=body)
    assert "https://example.com/i/" in Mail.objects.get().text


def test_tell_user_keeps_content_out_of_the_log() -> None:
    a_notification(user_of(ann()), title="Marta Kowalczyk called")
    assert "Marta" not in str(list(LogEntry.objects.values_list("changes", "data")))


def test_mark_notification_read_is_for_its_own_user_only() -> None:
    told = a_notification(user_of(ann()))
    with pytest.raises(NotFound):
        commands.mark_notification_read(bob(), told)
    with pytest.raises(Forbidden):
        commands.mark_notification_read(cat(), told)
    assert commands.mark_notification_read(ann(), told).read is not None


def test_mark_notification_read_hides_others_from_administrators() -> None:
    told = a_notification(user_of(ann()))
    with pytest.raises(NotFound):
        commands.mark_notification_read(an_actor(a_user(roles=("administrator",), name="Ada")), told)


def test_mark_all_notifications_read_leaves_others_alone() -> None:
    a_notification(user_of(ann()), key="1")
    a_notification(user_of(ann()), key="2")
    a_notification(user_of(bob()))
    assert commands.mark_all_notifications_read(ann()) == 2
    assert (queries.unread_count(ann()), queries.unread_count(bob())) == (0, 1)


def test_prune_notifications_keeps_unread() -> None:
    with clock.at(clock.now() - timedelta(days=91)):
        commands.mark_notification_read(ann(), a_notification(user_of(ann()), key="1"))
        a_notification(user_of(ann()), key="2")
    assert commands.prune_notifications(tester()) == 1
    assert Notification.objects.count() == 1


def test_choose_notifications_can_be_changed_again() -> None:
    commands.choose_notifications(ann(), shown=(), mailed=())
    commands.choose_notifications(ann(), shown=(KIND,), mailed=())
    chosen = {kind.code: (shown, mailed) for kind, shown, mailed in queries.preferences(user_of(ann()).id)}
    assert chosen[KIND] == (True, False)
