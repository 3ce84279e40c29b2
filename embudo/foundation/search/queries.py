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
from embudo.kernel.record import OwnedRecord

SHOWN = 20
RANKED = 300  # hits that are put in order; beyond them the order would not help anybody
FEW = 10
RARE_TRIGRAMS = 4
CANDIDATES = 300
PLACES = 5000  # places in the index that are looked at for one question
MATCHES = "SELECT rowid FROM search_trigrams WHERE search_trigrams MATCH %s LIMIT %s"
COMPARED = ("pk", "title", "text")  # hits are compared by these; the rest is read of those shown
Row = tuple[int, str, str]


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
    exact = _exact(visible, asked)
    exact.sort(key=lambda row: rules.rank(asked, row[1], row[2]), reverse=True)
    best, near = [row[0] for row in exact[:limit]], []
    if len(exact) < FEW:
        near = [pk for pk in close(visible, asked) if pk not in best]
    return _hits([*best, *near][:limit], set(near))


def _exact(visible: QuerySet[SearchEntry], asked: Asked) -> list[Row]:
    """
    What holds all the terms, up to the number that is put in order. Of a word that is nearly everywhere only so many
    places are looked up; where too few of those are in sight, what is in sight is read until there are enough.
    """
    matched = _narrowed(matching(visible, asked), asked)
    rows: list[Row] = list(matched.values_list(*COMPARED)[:RANKED])
    if len(rows) < RANKED and connection.vendor == "sqlite" and _is_everywhere(asked):
        for term in asked.long_terms:
            visible = visible.filter(text__contains=term)
        rows = list(_narrowed(visible, asked).values_list(*COMPARED)[:RANKED])
    return rows


def _is_everywhere(asked: Asked) -> bool:
    sql = f"SELECT count(*) FROM ({MATCHES})"  # noqa: S608 - a constant
    with connection.cursor() as cursor:
        cursor.execute(sql, [_all_of(asked), PLACES])
        return bool(cursor.fetchone()[0] == PLACES)


def _hits(ids: list[int], near: set[int]) -> list[Hit]:
    """In this order."""
    kinds = {kind.name: kind for kind in all_kinds()}
    shown = SearchEntry.objects.filter(pk__in=ids).values_list("pk", "kind", "record_id", "title", "subtitle")
    hits = {
        pk: Hit(kinds[kind], record_id, title, subtitle, pk in near)
        for pk, kind, record_id, title, subtitle in shown
    }
    return [hits[pk] for pk in ids if pk in hits]


def visible_kinds(actor: Actor, only: str = "") -> list[RecordKind]:
    """The kinds that the search box finds and the actor may see."""
    return [
        kind
        for kind in all_kinds()
        if kind.search and only in ("", kind.name) and actor.may(kind.model.view_permission)
    ]


def visible_entries(actor: Actor, kinds: list[RecordKind]) -> QuerySet[SearchEntry]:
    """In one statement: each kind within the scope that the actor's grant gives it; of records that nobody owns those in sight."""
    unlimited, limited = [], Q(pk__in=[])
    for kind in kinds:
        scope = actor.scope(kind.model.view_permission)
        owners = actor.owners(scope) if scope else []
        if owners is None:
            unlimited.append(kind.name)
        elif issubclass(kind.model, OwnedRecord):
            limited |= Q(kind=kind.name, owner_id__in=owners)
        else:
            seen = kind.model.objects.visible_to(actor).order_by().values("pk")
            limited |= Q(kind=kind.name, record_id__in=seen)
    return SearchEntry.objects.filter(Q(kind__in=unlimited) | limited)


def matching(entries: QuerySet[SearchEntry], asked: Asked) -> QuerySet[SearchEntry]:
    """All long terms occur, anywhere in a word; by the trigram index of either database."""
    if connection.vendor == "sqlite":
        return entries.filter(pk__in=_rowids(_all_of(asked)))
    for term in asked.long_terms:
        entries = entries.filter(text__contains=term)
    return entries


def _all_of(asked: Asked) -> str:
    return " AND ".join(quoted(term) for term in asked.long_terms)


def _rowids(query: str) -> RawSQL:
    return RawSQL(MATCHES, [query, PLACES])  # noqa: S611 - a constant statement, its values apart


def quoted(term: str) -> str:
    """As FTS5 wants a string: whatever people type is text, never syntax."""
    return '"' + term.replace('"', '""') + '"'


def _narrowed(entries: QuerySet[SearchEntry], asked: Asked) -> QuerySet[SearchEntry]:
    for term in asked.terms:
        if len(term) < rules.SHORTEST:
            entries = entries.filter(text__contains=term)
    return entries


def close(entries: QuerySet[SearchEntry], asked: Asked) -> list[int]:
    """What is nearly it, nearest first: candidates share the rarest trigrams, and their words are compared."""
    scored = [(rules.closeness(asked, text), pk) for pk, text in _candidates(entries, asked)]
    kept = [(score, pk) for score, pk in scored if score >= rules.CLOSE_ENOUGH]
    return [pk for _score, pk in sorted(kept, key=lambda pair: -pair[0])]


def _candidates(entries: QuerySet[SearchEntry], asked: Asked) -> list[tuple[int, str]]:
    longest = max(asked.long_terms, key=len)
    if len(longest) <= rules.SHORTEST:
        return []
    compared = entries.values_list("pk", "text")
    if connection.vendor == "sqlite":
        rare = _rare_trigrams(longest)
        found = compared.filter(pk__in=_rowids(" OR ".join(map(quoted, rare)))) if rare else compared.none()
        return list(found[:CANDIDATES])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL pg_trgm.word_similarity_threshold = 0.4")
        near = RawSQL("SELECT id FROM search_searchentry WHERE text %%> %s LIMIT 1000", [longest])
        return list(compared.filter(pk__in=near)[:CANDIDATES])


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
