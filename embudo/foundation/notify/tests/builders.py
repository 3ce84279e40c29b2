from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import tester
from embudo.foundation.notify import commands
from embudo.foundation.notify.models import Mail, Notification
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind

KIND = "notify.test_news"
register_notification_kind(NotificationKind(KIND, _("News")))


def a_mail(**given: Any) -> Mail:
    """A plain mail in the outbox, the notification's template around it."""
    wanted = {
        "to": "marta@example.org", "subject": "Hello", "template": "notify/notification",
        "context": {"title": "Hello", "body": "A body", "url": "/leads/1/"}, "language": "en",
    }  # fmt: skip
    return commands.queue_mail(tester(), **(wanted | given))


def a_notification(user: User, **given: Any) -> Notification:
    told = commands.tell_user(
        tester(), **({"user": user, "kind": KIND, "title": "A lead is yours", "url": "/x/"} | given)
    )
    assert told is not None
    return told
