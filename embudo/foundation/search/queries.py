from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from embudo.foundation.search import permissions, rules
from embudo.foundation.search.models import SearchEntry
from embudo.foundation.search.rules import Asked
from embudo.kernel.actor import Actor
from embudo.kernel.kind import RecordKind, all_kinds

SHOWN = 20
RANKED = 300  # hits that are put in order; beyond them the order would not help anybody
FEW = 10
LIMIT = 1000
RARE_TRIGRAMS = 4
CANDIDATES = 300


@dataclass(frozen=True)
class Hit:
    """A record found. `is_close` when it was found in spite of a typing mistake."""

    kind: RecordKind
    record_id: UUID
    title: str
    subtitle: str
    is_close: bool = False

    @property
    def url(self) -> str:
        return self.kind.url(self.record_id)


def found(actor: Actor, typed: str, *, kind: str = "", limit: int = SHOWN) -> list[Hit]:
    """The best hits over all records that the actor may see; typing mistakes are forgiven where little else is found."""
    asked = rules.understand(typed)
    searched = visible_kinds(actor, kind)
    if not asked.is_enough or not searched or not actor.may(permissions.SEARCH):
        return []
    visible = visible_entries(actor, searched)
    exact = list(_narrowed(matching(visible, asked), asked)[:RANKED])
    exact.sort(key=lambda entry: rules.rank(asked, entry.title, entry.text), reverse=True)
    hits = [_hit(entry) for entry in exact[:limit]]
    if len(exact) < FEW:
        known = {entry.pk for entry in exact}
        hits += [_hit(entry, is_close=True) for entry in close(visible, asked) if entry.pk not in known]
    return hits[:limit]


def _hit(entry: SearchEntry, *, is_close: bool = False) -> Hit:
    kind = next(one for one in all_kinds() if one.name == entry.kind)
    return Hit(kind, entry.record_id, entry.title, entry.subtitle, is_close)


def visible_kinds(actor: Actor, only: str = "") -> list[RecordKind]:
    """The kinds that the search box finds and the actor may see."""
    return [
        kind
        for kind in all_kinds()
        if kind.search and only in ("", kind.name) and actor.may(kind.model.view_permission)
    ]


def visible_entries(actor: Actor, kinds: list[RecordKind]) -> QuerySet[SearchEntry]:
    """In one statement: each kind within the scope that the actor's grant gives it."""
    unlimited, limited = [], Q(pk__in=[])
    for kind in kinds:
        scope = actor.scope(kind.model.view_permission)
        owners = actor.owners(scope) if scope else []
        if owners is None:
            unlimited.append(kind.name)
        else:
            limited |= Q(kind=kind.name, owner_id__in=owners)
    return SearchEntry.objects.filter(Q(kind__in=unlimited) | limited)


def matching(entries: QuerySet[SearchEntry], asked: Asked) -> QuerySet[SearchEntry]:
    """All long terms occur, anywhere in a word; by the trigram index of either database."""
    if connection.vendor == "sqlite":
        return entries.filter(pk__in=_rowids(" AND ".join(quoted(term) for term in asked.long_terms)))
    for term in asked.long_terms:
        entries = entries.filter(text__contains=term)
    return entries


def _rowids(query: str) -> RawSQL:
    return RawSQL("SELECT rowid FROM search_trigrams WHERE search_trigrams MATCH %s", [query])


def quoted(term: str) -> str:
    """As FTS5 wants a string: whatever people type is text, never syntax."""
    return '"' + term.replace('"', '""') + '"'


def _narrowed(entries: QuerySet[SearchEntry], asked: Asked) -> QuerySet[SearchEntry]:
    for term in asked.terms:
        if len(term) < rules.SHORTEST:
            entries = entries.filter(text__contains=term)
    return entries


def close(entries: QuerySet[SearchEntry], asked: Asked) -> list[SearchEntry]:
    """What is nearly it, nearest first: candidates share the rarest trigrams, and their words are compared."""
    scored = [(rules.closeness(asked, entry.text), entry) for entry in _candidates(entries, asked)]
    kept = [(score, entry) for score, entry in scored if score >= rules.CLOSE_ENOUGH]
    return [entry for _score, entry in sorted(kept, key=lambda pair: -pair[0])]


def _candidates(entries: QuerySet[SearchEntry], asked: Asked) -> list[SearchEntry]:
    longest = max(asked.long_terms, key=len)
    if len(longest) <= rules.SHORTEST:
        return []
    if connection.vendor == "sqlite":
        rare = _rare_trigrams(longest)
        return (
            list(entries.filter(pk__in=_rowids(" OR ".join(map(quoted, rare))))[:CANDIDATES]) if rare else []
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL pg_trgm.word_similarity_threshold = 0.4")
        near = RawSQL("SELECT id FROM search_searchentry WHERE text %%> %s LIMIT 1000", [longest])
        return list(entries.filter(pk__in=near)[:CANDIDATES])


def _rare_trigrams(term: str) -> list[str]:
    """The few that the fewest entries have: they tell most and cost least."""
    wanted = rules.trigrams(term)
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT term FROM search_vocabulary WHERE term IN ({marks}) ORDER BY doc LIMIT %s",  # noqa: S608 - marks only
            [*wanted, RARE_TRIGRAMS],
        )
        return [row[0] for row in cursor.fetchall()]
