"""The whole story of an account as rows of a file, and where a file was made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.translation import get_language, gettext

from embudo.business.quota.models import Account, LedgerEntry
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.queries.accounts import accounts
from embudo.business.quota.queries.settled import settled
from embudo.business.quota.queries.standing import why_blocked
from embudo.business.quota.queries.story import story_length, whole_story
from embudo.business.quota.queries.telling import told
from embudo.business.quota.rules.trail import MOST_PRINTED
from embudo.foundation.access.queries import organisation, user_names
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden
from embudo.kernel.models import LogEntry, Seal
from embudo.kernel.money import Money
from embudo.kernel.seal import LEAF, leaves

EVENT = "quota.TrailMade"


def trail_headings() -> list[str]:
    return [
        gettext("Moment"),
        gettext("What happened"),
        gettext("Amount"),
        gettext("Consumed"),
        gettext("Held"),
        gettext("Top-ups"),
        gettext("Available afterwards"),
        gettext("Value date"),
        gettext("By"),
        gettext("Note"),
        gettext("Number of the entry"),
    ]


def trail_rows(actor: Actor, account: Account) -> Iterator[Sequence[Any]]:
    """One row for each thing that happened, from the beginning; amounts as Money, so that they add up."""

    def money(minor: int | None) -> Money | None:
        return None if minor is None else account.money(minor)

    for one in whole_story(actor, account):
        said = told(account, one)
        entry = one.thing if isinstance(one.thing, LedgerEntry) else None
        changes = (entry.consumed_change, entry.held_change, entry.topup_change) if entry else (None,) * 3
        yield (
            one.at,
            said.words,
            money(said.amount),
            *map(money, changes),
            money(said.available),
            entry.value_date if entry else None,
            said.who,
            said.detail,
            str(entry.pk) if entry else "",
        )


def is_printable(actor: Actor, account: Account) -> bool:
    """Whether the story is short enough for paper."""
    return story_length(actor, account, most=MOST_PRINTED + 1) <= MOST_PRINTED


def trail_printed(actor: Actor, account: Account) -> dict[str, Any]:
    """Every text of the printed trail, ready to set, in the reader's language."""
    language = get_language() or "en"
    locale = language.replace("-", "_")
    zone: Any = timezone.get_current_timezone()

    def moment(at: datetime) -> str:
        return format_datetime(at, format="short", tzinfo=zone, locale=locale)

    def money(minor: int | None) -> str:
        return "" if minor is None else account.money(minor).text(language)

    title = gettext("Story of quota account %(reference)s") % {"reference": account.reference}
    made = gettext("Made on %(when)s by %(who)s") % {"when": moment(clock.now()), "who": actor.name}
    rows = []
    for one in whole_story(actor, account):
        said = told(account, one)
        words = [said.words, said.detail]
        rows.append([moment(one.at), words, said.who, money(said.amount), money(said.available)])
    return {
        "lang": language,
        "paper": "a4",
        "title": title,
        "author": organisation().name or "Embudo",
        "heading": title,
        "subheading": why_blocked(account) or gettext("Nothing blocks this account."),
        "facts_heading": gettext("As it stands now"),
        "facts": _facts(account, money, locale),
        "story_heading": gettext("What happened, from the beginning"),
        "columns": [
            gettext("Moment"),
            gettext("What happened"),
            gettext("By"),
            gettext("Amount"),
            gettext("Available"),
        ],
        "rows": rows,
        "footer": made,
        "page_of": gettext("Page {page} of {pages}"),
    }


def _facts(account: Account, money: Any, locale: str) -> list[list[str]]:
    now = settled(account)
    period = gettext("%(first)s to %(last)s") % {
        "first": format_date(now.span.starts, format="medium", locale=locale),
        "last": format_date(now.span.last, format="medium", locale=locale),
    }
    policy = gettext("%(policy)s, version %(n)s") % {"policy": account.policy.name, "n": now.version.number}
    return [
        [gettext("Customer"), account.customer.name],
        [gettext("Policy"), policy],
        [gettext("State"), str(now.state.label)],
        [gettext("Period"), period],
        [gettext("Limit"), money(now.balance.limit)],
        [gettext("Overdraft"), money(now.balance.overdraft)],
        [gettext("Top-ups"), money(now.balance.topups)],
        [gettext("Consumed"), money(now.balance.consumed)],
        [gettext("Open holds"), money(now.balance.held)],
        [gettext("Available"), money(now.balance.available)],
    ]


@dataclass(frozen=True)
class FoundTrail:
    """Where and when a file was made. `is_sealed` None: the chain has not come to it yet; False: its entry was touched."""

    at: datetime
    who: str
    format: str
    seq: int
    account: Account | None
    is_sealed: bool | None


def trail_with(actor: Actor, sha256: str) -> FoundTrail | None:
    """The first file with this hash that was made here; None where none was. Refuses Forbidden without the grant."""
    if not actor.may(VIEW_ACCOUNTS):
        raise Forbidden(VIEW_ACCOUNTS.code)
    entry = LogEntry.objects.filter(name=EVENT, data__sha256=sha256).order_by("seq").first()
    if entry is None:
        return None
    who = user_names({entry.actor_id}).get(entry.actor_id, "") if entry.actor_id else ""
    account = accounts(actor).filter(pk=UUID(entry.data["account_id"])).first()
    made = (entry.at, who or entry.actor_name, entry.data["format"], entry.seq)
    return FoundTrail(*made, account, _is_sealed(entry.seq))


def _is_sealed(seq: int) -> bool | None:
    seal = Seal.objects.filter(to_seq__gte=seq).order_by("to_seq").first()
    if seal is None:
        return None
    kept = dict(LEAF.iter_unpack(bytes(seal.leaves)))
    return kept.get(seq) == dict(leaves(seq - 1, seq)).get(seq)
