from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from embudo.foundation.access.queries import organisation, user, users
from embudo.foundation.attributes.models import CustomAttribute
from embudo.foundation.attributes.queries.filed import filed_value
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.kinds import PREFIX, stored_as
from embudo.foundation.attributes.rules.values import WrongValue, kept_value
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.custom import CustomValue, WithCustomValues, takes_custom_values
from embudo.kernel.errors import Invalid, NotFound
from embudo.kernel.kind import RecordKind, all_kinds, kind_named
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import Record

MOST_OPTIONS = 100
SHOWN = 20


def custom_kinds() -> list[RecordKind]:
    """The kinds of records that an organisation may define attributes for."""
    return [kind for kind in all_kinds() if takes_custom_values(kind.model)]


def attributes(actor: Actor) -> QuerySet[CustomAttribute]:
    return CustomAttribute.objects.visible_to(actor)


def attribute(actor: Actor, attribute_id: UUID) -> CustomAttribute:
    found: CustomAttribute = CustomAttribute.objects.one(actor, attribute_id)
    return found


DEFINITIONS = Prepared(
    lambda kind: CustomAttribute.objects.filter(kind=kind, archived=None).order_by("section", "order", "id")
)
DEFAULTS = Prepared(
    lambda kind: CustomAttribute.objects.filter(kind=kind, archived=None, default__isnull=False).order_by(
        "order", "id"
    )
)


def definitions(kind: str) -> tuple[Definition, ...]:
    """All attributes in use of a kind of record, in their order. One query."""
    return tuple(row.definition for row in DEFINITIONS.rows(kind=kind))


def is_all_seeing(actor: Actor) -> bool:
    """The product itself and its rules are held back by no role."""
    return actor.kind in (ActorKind.SYSTEM, ActorKind.RULE)


def definitions_for(actor: Actor, kind: str) -> tuple[Definition, ...]:
    """Those that the actor's roles may see."""
    found = definitions(kind)
    return found if is_all_seeing(actor) else tuple(one for one in found if one.is_visible_for(actor.roles))


def editable_for(actor: Actor, one: Definition) -> bool:
    return is_all_seeing(actor) or one.is_editable_for(actor.roles)


def default_values(model: type[Record]) -> dict[str, Any]:
    """What a new record has where nobody says anything."""
    return {one.key: one.default for one in DEFAULTS.rows(kind=model.kind_name())}


def custom_values(
    actor: Actor,
    model: type[Record],
    given: Mapping[str, Any] | None,
    *,
    record: Any = None,
    has_no_files: bool = False,
    only: Collection[str] | None = None,
) -> dict[str, Any]:
    """
    The record's `custom` after `given` (key -> value; None or "" clears) is set: what a command stores. A new record
    gets the defaults. Refuses (Invalid) unknown attributes, those the actor may not change, values that do not fit, and
    required ones left empty, unless `given` is None: then nobody was asked for them. Of what comes from where no files come from no
    file is required. `only` names the keys that are asked for at all: the others are unknown, and none of them is required.
    """
    if record is not None and not given:
        return dict(record.custom)
    if given is None:
        return default_values(model)
    known = definitions(model.kind_name()) if only is None or only or given else ()
    if only is not None:
        known = tuple(one for one in known if one.key in only)
    if has_no_files:
        known = tuple(one for one in known if one.type is not AttributeType.FILE)
    return _Setting(actor, model, known, record).after(given)


class _Setting:
    """One record's values being set."""

    def __init__(self, actor: Actor, model: type[Record], known: tuple[Definition, ...], record: Any) -> None:
        self.actor, self.model, self.record = actor, model, record
        self.known = {one.key: one for one in known}
        self.errors: dict[str, list[Any]] = {}

    def after(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(self.record.custom) if self.record else self.defaults()
        for key, value in given.items():
            self.set(values, key, value)
        self.require(values, given if self.record else self.known)
        if self.errors:
            raise Invalid(self.errors)
        return values

    def defaults(self) -> dict[str, Any]:
        return {key: one.default for key, one in self.known.items() if one.default is not None}

    def set(self, values: dict[str, Any], key: str, value: Any) -> None:
        one = self.known.get(key)
        if one is None or not (is_all_seeing(self.actor) or one.is_visible_for(self.actor.roles)):
            self.errors[PREFIX + str(key)[:40]] = [no_such_attribute()]
            return
        try:
            kept = self.kept(one, value, values.get(key))
        except WrongValue as wrong:
            self.errors[one.name] = [str(wrong)]
            return
        if kept == values.get(key):
            return
        if not editable_for(self.actor, one):
            self.errors[one.name] = [_not_yours()]
            return
        self.check(one, kept)
        values.pop(key, None)
        if kept not in (None, []):
            values[key] = kept

    def kept(self, one: Definition, value: Any, held: Any) -> Any:
        if one.type is AttributeType.FILE:
            return filed_value(self.actor, one, value, held)
        return kept_value(one, value, country=self.country(one))

    def country(self, one: Definition) -> str:
        if one.type is not AttributeType.PHONE:
            return ""
        return getattr(self.record, "country", "") or organisation().country

    def check(self, one: Definition, kept: Any) -> None:
        """What only the database knows: whether another record has it, whether the record named is there."""
        if kept is None:
            return
        if one.is_unique and self.is_taken(one, kept):
            self.errors[one.name] = [_taken()]
        if one.type in (AttributeType.USER, AttributeType.REFERENCE) and not self.is_there(one, kept):
            self.errors[one.name] = [_not_there()]

    def is_taken(self, one: Definition, kept: Any) -> bool:
        others = self.model._base_manager.annotate(value=CustomValue(one.key, stored_as(one.type)))
        found = others.filter(value=kept)
        return (found.exclude(pk=self.record.pk) if self.record else found).exists()

    def is_there(self, one: Definition, kept: str) -> bool:
        try:
            if one.type is AttributeType.USER:
                user(self.actor, UUID(kept))
            else:
                kind = kind_named(one.related)
                if kind is None:
                    return False
                kind.fetch(self.actor, UUID(kept))
        except NotFound:
            return False
        return True

    def require(self, values: Mapping[str, Any], asked: Iterable[str]) -> None:
        """Of a new record everything that is required, of an old one what is being set; never what one may not change."""
        for one in filter(None, map(self.known.get, asked)):
            missing = one.is_required and values.get(one.key) is None and one.name not in self.errors
            if missing and editable_for(self.actor, one):
                self.errors[one.name] = [_wanted(one)]


def no_such_attribute() -> str:
    return gettext("There is no such attribute, or you may not see it. Leave it out.")


def _not_yours() -> str:
    return gettext("Your role may not change this. Leave it as it is.")


def _taken() -> str:
    return gettext("Another record has this value already. Enter another.")


def _not_there() -> str:
    return gettext("Choose one from the list; this one is not there, or you may not see it.")


def _wanted(one: Definition) -> str:
    if one.type is AttributeType.FILE:
        return gettext("Choose a file for the %(label)s.") % {"label": one}
    return gettext("Enter the %(label)s.") % {"label": one}


def reference_options(actor: Actor, related: str, words: str = "") -> list[tuple[str, str]]:
    """Records of a kind that the actor sees, newest first: what a reference can name."""
    model: Any = apps.get_model(related)
    found = model.objects.visible_to(actor)
    kind = kind_named(related)
    if words and hasattr(found, "matching"):
        found = found.matching(words)
    rows = found.order_by("-created", "-id")[:MOST_OPTIONS]
    return [(str(row.pk), str(kind.title(row) if kind else row)) for row in rows]


def user_options(actor: Actor) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in users(actor).filter(is_active=True).values_list("pk", "name")]


def colleague_options(actor: Actor, words: str = "") -> list[tuple[str, str, str]]:
    """What a choice of people offers: id, name and address of those who may sign in."""
    found = users(actor).filter(is_active=True)
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return [(str(pk), name, email) for pk, name, email in found.values_list("pk", "name", "email")[:SHOWN]]


def record_names(actor: Actor, related: str, ids: Collection[str]) -> dict[str, str]:
    """What records are called, by id, as far as the actor may see them. One query."""
    model: Any = apps.get_model(related)
    kind = kind_named(related)
    rows = model.objects.visible_to(actor).filter(pk__in=list(ids))
    return {str(row.pk): str(kind.title(row) if kind else row) for row in rows}


def record_name(actor: Actor, related: str, record_id: str) -> str:
    """What a reference is called; "—" for what the actor may not see."""
    return record_names(actor, related, [record_id]).get(record_id, "—")


def searched_words(record: WithCustomValues, known: Iterable[Definition]) -> tuple[str, ...]:
    """The values of a record's searchable attributes, for the search box."""
    return tuple(
        str(record.custom[one.key])
        for one in known
        if one.is_searchable and record.custom.get(one.key) is not None
    )
