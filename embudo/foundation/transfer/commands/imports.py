import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from embudo.foundation.transfer import events, permissions, queries
from embudo.foundation.transfer.models import Import, ImportPreset
from embudo.foundation.transfer.rules import steps
from embudo.foundation.transfer.rules.faults import unknown_kind
from embudo.foundation.transfer.rules.headings import headings_key
from embudo.foundation.transfer.rules.steps import ACTION_FIELD, ACTIONS, WITHIN, State, check_step, rule_of
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.event import Event, publish
from embudo.kernel.record import lock

FROM_START = {
    "total": 0, "valid": 0, "faulty": 0, "known": 0, "done": 0, "place": 0, "chunks": 0, "problem": "", "sample": [],
    "alike": 0, "alike_rows": [], "choices": {},
}  # fmt: skip


@command(permissions.IMPORT)
def start_import(actor: Actor, *, kind: str, name: str, file: File[Any], within: str = "") -> Import:
    """
    Keeps a file whose rows are to become records of `kind`, where it asks for it as part of what `within` names by id; nothing is
    written yet. Refuses a kind that does not come from files, and what is not open to the actor.
    """
    importing = queries.importing_of(kind)
    if importing is None:
        raise Invalid({"kind": [unknown_kind()]})
    if not actor.may(importing.permission):
        raise Forbidden(importing.permission.code)
    if importing.within and within not in {value for value, _label in importing.within.choices(actor)}:
        raise Invalid({"kind": [unknown_kind()]})
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    token = secrets.token_hex(16)
    path = default_storage.save(f"imports/{token[:2]}/{token}", file)
    found = Import(
        kind=kind,
        name=" ".join(name.replace("\0", "").split())[-160:] or "file",
        size=file.size,
        path=path,
        sha256=digest.hexdigest(),
        owner_id=actor.id,
        rule={WITHIN: within} if importing.within else {},
    )
    create(found)
    publish(events.ImportStarted(found.pk, kind), found)
    return found


@command(permissions.IMPORT)
def match_columns(
    actor: Actor,
    import_: Import,
    *,
    mapping: Mapping[str, str],
    rule: Mapping[str, str],
    reading: Mapping[str, Any],
    headings: list[str],
) -> Import:
    """
    Says which column means what and what is to be done with known and new rows; the rows are then checked. Kept for files
    with the same headings. Refuses (Invalid) a mapping without fields.
    """
    import_ = lock(import_)
    check_step(import_.state, steps.MATCHABLE)
    known = {field.name for field in queries.fields_of(actor, import_)} | {ACTION_FIELD}
    sound = {column: name for column, name in mapping.items() if name in known and column.isdecimal()}
    if not set(sound.values()) - {ACTION_FIELD}:
        raise Invalid({"": [_("Choose for at least one column what it means.")]})
    place = {WITHIN: import_.rule[WITHIN]} if WITHIN in import_.rule else {}
    update(
        import_, state=State.CHECKING, mapping=sound, rule=rule_of({**rule, **place}), reading=dict(reading),
        turn=import_.turn + 1, headings=headings, **FROM_START,
    )  # fmt: skip
    _keep_preset(actor, import_)
    publish(events.ImportMatched(import_.pk, import_.turn), import_)
    return import_


def _keep_preset(actor: Actor, import_: Import) -> None:
    key = headings_key(import_.headings)
    found = ImportPreset.objects.filter(owner=actor.id, kind=import_.kind, headings_key=key).first()
    if found:
        update(found, mapping=import_.mapping, rule=import_.rule)
    else:
        create(
            ImportPreset(
                owner_id=actor.id,
                kind=import_.kind,
                headings_key=key,
                mapping=import_.mapping,
                rule=import_.rule,
            )
        )


@command(permissions.IMPORT)
def choose_rows(actor: Actor, import_: Import, *, choices: Mapping[str, str]) -> Import:
    """
    Says of rows that look like known records, by their numbers, whether each is created, updated or skipped. Refuses
    (Invalid) rows that do not, and an import that has gone on.
    """
    import_ = lock(import_)
    check_step(import_.state, steps.CHOOSABLE)
    asked = {str(row[0]) for row in import_.alike_rows}
    if wrong := set(choices) - asked:
        raise Invalid({"": [_("Row %(n)s looks like no known record.") % {"n": min(wrong)}]})
    known = {**import_.choices, **choices}
    kept = {row: choice for row, choice in known.items() if choice in ACTIONS}
    update(import_, choices=kept)
    publish(events.ImportRowsChosen(import_.pk, len(kept)), import_)
    return import_


@command(permissions.IMPORT)
def run_import(actor: Actor, import_: Import) -> Import:
    """Writes the checked rows in the background, or goes on where it was paused. Refuses one that is not ready."""
    return _moved(import_, steps.RUNNABLE, State.RUNNING, events.ImportRun)


@command(permissions.IMPORT)
def pause_import(actor: Actor, import_: Import) -> Import:
    """Stops after the chunk that is being written. Refuses one that does not run."""
    return _moved(import_, steps.PAUSABLE, State.PAUSED, lambda pk, _turn: events.ImportPaused(pk))


@command(permissions.IMPORT)
def cancel_import(actor: Actor, import_: Import) -> Import:
    """Ends it; what is written stays, and can be undone. Refuses one that is over."""
    return _moved(import_, steps.CANCELLABLE, State.CANCELLED, lambda pk, _turn: events.ImportCancelled(pk))


@command(permissions.IMPORT)
def undo_import(actor: Actor, import_: Import) -> Import:
    """
    Takes back in the background what the import wrote: new records go, changed ones are as before; what somebody worked on
    since stays and is reported. Refuses one that runs.
    """
    return _moved(import_, steps.UNDOABLE, State.UNDOING, events.ImportUndoing)


def _moved(import_: Import, allowed: tuple[State, ...], state: State, event: Any) -> Import:
    import_ = lock(import_)
    check_step(import_.state, allowed)
    update(import_, state=state, turn=import_.turn + 1, problem="")
    told: Event = event(import_.pk, import_.turn)
    publish(told, import_)
    return import_


def mark_failed(import_: Import, problem: str, state: State) -> None:
    """Where it can't go on: not an act of somebody's, but what the background found."""
    moving = Import.objects.filter(pk=import_.pk, turn=import_.turn, state__in=steps.MOVING)
    moving.update(state=state, problem=problem[:400])


@command(permissions.IMPORT)
def prune_import_files(actor: Actor) -> int:
    """Deletes the files of imports that ended more than 30 days ago, and says how many there were."""
    count = 0
    for found in queries.long_over():
        for path in filter(None, (found.path, found.staged)):
            default_storage.delete(path)
            count += 1
        Import.objects.filter(pk=found.pk).update(path="", staged="", sample=[], alike_rows=[])
    if count:
        publish(events.ImportFilesPruned(count))
    return count
