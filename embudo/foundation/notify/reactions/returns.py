"""Mails that come back: their mailbox is looked through, and each mail that will never arrive is marked."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from embudo.foundation.access.queries import administrators
from embudo.foundation.notify import commands, queries
from embudo.foundation.notify.rules.bounces import BounceBox, bounce_box, bounce_in
from embudo.foundation.notify.rules.mailboxes import FAULTS, beginning, fault_text, mark_seen, opened, unseen
from embudo.foundation.notify.rules.news import BOUNCES_UNREAD
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.event import every
from embudo.kernel.job import enqueue, task

READER = system_actor("mails that came back")


@every("minute")
def look_for_bounces() -> None:
    if settings.BOUNCE_URL:
        enqueue(read_bounces, unique_key=f"mail:bounces:{clock.now():%Y%m%d%H%M}")


@task(in_chunks=True, max_attempts=1)
def read_bounces() -> str:
    """
    Looks through what has come since. A mail is marked as seen after what it says is stored, so a reader that was killed begins
    with it again, and what is known already changes nothing. What tells us nothing is flagged for a person to look at.
    """
    marked = 0
    try:
        box = bounce_box(settings.BOUNCE_URL)
        with opened(box) as mailbox:
            for uid in unseen(mailbox):
                is_known = note_mail(beginning(mailbox, uid), box)
                mark_seen(mailbox, uid, is_flagged=not is_known)
                marked += is_known
    except FAULTS as fault:
        enqueue(tell_of_unread, fault_text(fault), unique_key=f"mail:bounces:unread:{clock.today():%Y%m%d}")
        return "not read"
    return f"{marked} of ours"


def note_mail(raw: bytes, box: BounceBox) -> bool:
    """Whether it says that a mail of ours will never arrive; then that one is marked."""
    bounce = bounce_in(raw, box)
    mail = queries.mail_returned(bounce.mark, bounce.message_ids) if bounce else None
    if bounce is None or mail is None:
        return False
    sending = bounce.mark[1] if bounce.mark else None
    commands.mark_mail_bounced(READER, mail, reason=bounce.reason, sending=sending)
    return True


@task()
def tell_of_unread(fault: str) -> None:
    """Once a day at most: while nobody looks into the mailbox, a mail that came back counts as one that arrived."""
    for person in administrators():
        with translation.override(person.language):
            title = gettext("The mailbox of returned mails cannot be read")
        commands.tell_user(
            READER, user=person, kind=BOUNCES_UNREAD, title=title, body=fault, url=reverse("notify:mails"),
            key=BOUNCES_UNREAD,
        )  # fmt: skip
