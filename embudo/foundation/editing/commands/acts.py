"""What each sort of change does to some of a run's records, in the current act."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.editing import queries
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.rules import What, tags_after
from embudo.foundation.recycle.commands import recycle_records
from embudo.kernel.actor import Actor
from embudo.kernel.editing import edit_rows
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.kind import ImportField, ImportResult, RecordKind

TRIED = 20  # records whose country or currency may differ: values are refused at once where they fit none of these
Values = Mapping[str, Any]


def checked_values(
    actor: Actor, kind_name: str, what: str, values: Values, ids: Sequence[UUID]
) -> dict[str, Any]:
    """What is asked, where it can be done. Refuses (Forbidden, Invalid)."""
    kind = queries.needed_kind(kind_name)
    if what not in What.values or not queries.may(actor, kind, what):
        raise Forbidden("editing.change_many")
    if what == What.DELETE:
        return {}
    if what == What.TAG:
        return _checked_tags(actor, kind, values)
    return _checked_edit(actor, kind, what, values, ids)


def _checked_edit(
    actor: Actor, kind: RecordKind, what: str, values: Values, ids: Sequence[UUID]
) -> dict[str, Any]:
    asked = {name: value for name, value in values.items() if (name == "owner") == (what == What.ASSIGN)}
    if not asked:
        raise Invalid({"": [_("Choose what is to be changed.")]})
    alone = {one.name: one for one in queries.fields_of(actor, kind) if one.is_unique or one.is_single}
    if faults := {name: [_one_by_one(alone[name])] for name in asked if name in alone}:
        raise Invalid(faults)
    editing = queries.needed_editing(kind)
    tried = editing.check(actor, [{**asked, "id": str(pk)} for pk in ids[:TRIED]])
    faulty = [one for one in tried if isinstance(one, Invalid)]
    if faulty and len(faulty) == len(tried):
        raise faulty[0]
    return asked


def _one_by_one(field: ImportField) -> Any:
    if field.is_unique:
        return _("No two records have the same: change it one by one.")
    return _("This is changed one by one, where it is read.")


def _checked_tags(actor: Actor, kind: RecordKind, values: Values) -> dict[str, Any]:
    known = {one.name: one for one in queries.tag_fields(actor, kind)}
    field = known.get(str(values.get("attribute", "")))
    if field is None:
        raise Invalid({"attribute": [_("Choose one from the list.")]})
    keys = {key for key, _label in field.choices}
    add, remove = (_strings(values.get(side)) for side in ("add", "remove"))
    for side, chosen in (("add", add), ("remove", remove)):
        if set(chosen) - keys:
            raise Invalid({side: [_("Choose one from the list.")]})
    if both := set(add) & set(remove):
        label = dict(field.choices)[min(both)]
        raise Invalid(
            {"remove": [gettext("“%(tag)s” cannot be added and removed at once.") % {"tag": label}]}
        )
    if not add and not remove:
        raise Invalid({"": [_("Choose at least one tag to add or remove.")]})
    return {"attribute": field.name, "add": add, "remove": remove}


def _strings(given: Any) -> list[str]:
    return [str(one) for one in given] if isinstance(given, list | tuple) else []


def results_of(actor: Actor, run: BulkRun, ids: Sequence[UUID]) -> list[ImportResult]:
    """What became of each. Refuses (Forbidden) where the actor may no longer do this."""
    kind = queries.needed_kind(run.kind)
    if run.what == What.DELETE:
        return _deleted(actor, run.kind, ids)
    rows = (
        _tagged_rows(actor, kind, run.values, ids)
        if run.what == What.TAG
        else [dict(run.values) for _id in ids]
    )
    named = [{**row, "id": str(pk)} for row, pk in zip(rows, ids, strict=True)]
    return edit_rows(actor, queries.needed_editing(kind), named)


def _tagged_rows(actor: Actor, kind: RecordKind, values: Values, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The tags that each record is to have; locked, so that nobody adds one meanwhile."""
    name = values["attribute"]
    seen = kind.model.objects.visible_to(actor).filter(pk__in=ids)
    rows: Any = kind.model._base_manager.select_for_update().filter(pk__in=seen.values("pk"))
    held = {
        pk: custom.get(name.removeprefix(PREFIX)) or [] for pk, custom in rows.values_list("pk", "custom")
    }
    return [{name: tags_after(held.get(pk, []), add=values["add"], remove=values["remove"])} for pk in ids]


def _deleted(actor: Actor, kind: str, ids: Sequence[UUID]) -> list[ImportResult]:
    outcomes = {one.record_id: one for one in recycle_records(actor, kind=kind, ids=ids)}
    return [
        ImportResult("updated", pk)
        if outcomes[pk].is_deleted
        else ImportResult("failed", pk, (outcomes[pk].reason,))
        for pk in ids
    ]
