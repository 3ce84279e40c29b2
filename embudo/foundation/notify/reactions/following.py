from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of, user_names
from embudo.foundation.notify import commands, queries
from embudo.foundation.notify.rules.news import FOLLOWED, follow_key
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import NotFound
from embudo.kernel.event import Event, on
from embudo.kernel.kind import kind_named
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.wording import event_text

FOLLOWING = system_actor("news of followed records")
MOST_LINES = 6


@on(Event, batched=True)
def tell_followers(entries: Sequence[LogEntry]) -> None:
    """Whoever follows a record learns what others did to it: what happens at once, or before they look, is one piece of news."""
    told = _by_record(entries)
    follows = queries.follows_of(told)
    names = user_names({entry.actor_id for one in follows for entry in told[one.about_id] if entry.actor_id})
    for follow in follows:
        news = [
            entry
            for entry in told[follow.about_id]
            if entry.actor_id != follow.owner_id and entry.at >= follow.created
        ]
        if news and follow.owner:
            _tell_follower(follow.owner, follow.about_id, news, names)


def _by_record(entries: Sequence[LogEntry]) -> dict[UUID, list[LogEntry]]:
    """The entries about each record, in their order."""
    known = {entry.pk: entry for entry in entries}
    about = {(entry.about_id, entry.pk) for entry in entries if entry.about_id}
    about |= set(LogAbout.objects.filter(entry__in=list(known)).values_list("record_id", "entry_id"))
    found: dict[UUID, list[LogEntry]] = {}
    for record_id, number in sorted(about, key=lambda pair: pair[1]):
        found.setdefault(record_id, []).append(known[number])
    return found


def _tell_follower(
    person: User, record_id: UUID, news: Sequence[LogEntry], names: Mapping[UUID, str]
) -> None:
    """Nothing to whom the record is hidden by now."""
    kind = next((found for one in news if (found := kind_named(_kind_in(one, record_id)))), None)
    try:
        record = kind.fetch(actor_of(person), record_id) if kind else None
    except NotFound:
        return
    if kind is None or record is None:
        return
    with translation.override(person.language):
        lines = list(dict.fromkeys(_line(one, names) for one in reversed(news)))
        title = gettext("%(record)s: %(what)s") % {"record": kind.title(record), "what": lines[0]}
    commands.tell_user(
        FOLLOWING,
        user=person,
        kind=FOLLOWED,
        title=title,
        body="\n".join(lines[1:MOST_LINES]),
        url=kind.url(record_id),
        key=follow_key(kind.name, record_id),
    )


def _kind_in(entry: LogEntry, record_id: UUID) -> str:
    if entry.about_id == record_id:
        return entry.about_kind
    further = LogAbout.objects.filter(entry=entry, record_id=record_id)
    return further.values_list("kind", flat=True).first() or ""


def _line(entry: LogEntry, names: Mapping[UUID, str]) -> str:
    """ "Bob changed the company"."""
    who = names.get(entry.actor_id) if entry.actor_id else entry.actor_name
    words = event_text(entry.name).words(entry.data)
    return gettext("%(who)s %(did)s") % {"who": who or gettext("The product itself"), "did": words}
