from django.utils.translation import gettext_lazy as _

from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.kernel.wording import register_event_text

EVENT_TEXTS = {
    "LicenceGranted": (_("granted a quota licence"), "badge-check", "ok"),
    "LicenceEnded": (_("ended the quota licence"), "ban", ""),
    "LicenceSuspended": (_("suspended the quota licence"), "lock", "bad"),
    "LicenceRestored": (_("restored the quota licence"), "rotate-ccw", "ok"),
    "ChangeRequested": (_("drafted a change of the quota"), "plus", ""),
    "ChangeEdited": (_("edited the draft"), "pencil", ""),
    "ChangeSubmitted": (_("submitted the change"), "arrow-right", "info"),
    "ChangeRefused": (_("submitted a change that the policy refuses"), "circle-alert", "bad"),
    "ChangeSigned": (_("approved the change"), "badge-check", "ok"),
    "ChangeApproved": (_("gave the last approval that was needed"), "circle-check", "ok"),
    "ChangeRejected": (_("rejected the change"), "circle-alert", "bad"),
    "ChangeRecalled": (_("recalled the change"), "rotate-ccw", ""),
    "ChangeSuperseded": (_("replaced the change by another one"), "rotate-ccw", ""),
    "CustomerAsked": (_("asked the customer"), "mail", "info"),
    "QuestionOpened": (_("opened the question"), "eye", ""),
    "QuestionDelivered": (_("delivered the mail to the customer"), "mail", ""),
    "QuestionUndeliverable": (_("noted that the mail to the customer came back"), "circle-alert", "bad"),
    "ChangeAccepted": (_("accepted the change"), "circle-check", "ok"),
    "ChangeDenied": (_("denied the change"), "circle-alert", "bad"),
    "ChangeExpired": (_("ended the waiting for the customer's answer"), "clock", ""),
    "ChangeRehearsed": (_("rehearsed the change"), "play", ""),
    "RehearsalSigned": (_("signed the rehearsal"), "badge-check", "ok"),
    "ChangeHeldBack": (_("held the change back, because nobody signed it"), "circle-alert", "bad"),
    "ChangeFailed": (_("could not apply the change"), "circle-alert", "bad"),
    "ChangeApplied": (_("applied the change"), "circle-check", "ok"),
    "CustomerInformed": (_("told the customer of the change"), "mail", "ok"),
    "CustomerNotInformed": (_("could not tell the customer of the change"), "circle-alert", "bad"),
}
NEWS = (
    ("quota.change_waiting", _("A change of a quota waits for my approval or signature"), True),
    ("quota.change_moved", _("Something happened to a change that I asked for or signed"), False),
    ("quota.change_denied", _("A customer says that a change was not theirs"), True),
    ("quota.licence_suspended", _("My quota licence is suspended"), True),
)


def register() -> None:
    for name, (text, icon, tone) in EVENT_TEXTS.items():
        register_event_text(f"quota.{name}", text, icon, tone)
    for code, label, is_mailed in NEWS:
        register_notification_kind(NotificationKind(code, label, is_mailed=is_mailed))
