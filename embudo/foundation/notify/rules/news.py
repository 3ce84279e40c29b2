from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

FOLLOWED = "notify.followed"  # the kind of news that followers get
BOUNCES_UNREAD = "notify.bounces_unread"


def always() -> bool:
    return True


@dataclass(frozen=True)
class NotificationKind:
    """
    A sort of news ("sales.lead_assigned") that users may switch on and off. `is_shown` and `is_mailed` are what holds until
    they choose; `mails_allowed` is the organisation's own switch, asked each time.
    """

    code: str
    label: Any
    is_mailed: bool = True
    is_shown: bool = True
    mails_allowed: Callable[[], bool] = always


_kinds: dict[str, NotificationKind] = {}


def register_notification_kind(kind: NotificationKind) -> None:
    _kinds[kind.code] = kind


def notification_kind(code: str) -> NotificationKind:
    if code not in _kinds:
        raise ValueError(f"no notification kind is called {code}; register it in the module's hooks")
    return _kinds[code]


def all_notification_kinds() -> list[NotificationKind]:
    return [_kinds[code] for code in sorted(_kinds)]


def follow_key(kind: str, record_id: UUID) -> str:
    """One unread piece of news a record: what happens next is added to it."""
    return f"{FOLLOWED}:{kind}:{record_id}"


def followed_by_key(key: str) -> tuple[str, UUID] | None:
    """Kind and id of the record that such news is about; None for other news."""
    code, _colon, rest = key.partition(":")
    kind, _colon, record_id = rest.partition(":")
    return (kind, UUID(record_id)) if code == FOLLOWED and record_id else None


@dataclass(frozen=True)
class MailBody:
    """A template of its own for a notification's mail ("sales/lead_assigned") and what stands in it."""

    template: str
    context: dict[str, Any]
