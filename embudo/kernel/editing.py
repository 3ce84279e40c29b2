"""What kinds build their `Editing` with: values of many known records, checked and set by the rules of their forms."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from babel.numbers import NumberFormatError, parse_decimal
from django.db import DatabaseError
from django.utils.translation import get_language, gettext, gettext_lazy as _

from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import Event
from embudo.kernel.importing import Plan, Values, Written, told, write_rows
from embudo.kernel.kind import Editing, ImportField, ImportResult, ImportRow
from embudo.kernel.money import Money, is_currency
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record

Row = Mapping[str, Any]
Writer = Callable[[Actor, Sequence[ImportRow]], Sequence[ImportResult]]
Act = Callable[..., Sequence[ImportResult]]  # a command of (actor, *, rows)
NEVER_EMPTY = _("Choose yes or no.")


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [], ())


def change_rows(
    actor: Actor,
    rows: Sequence[ImportRow],
    *,
    model: type[Record],
    change: Permission,
    revise: Callable[[Any, Values], dict[str, Any]],
    changed: Callable[[Any], Event],
    about: Callable[[Any], Sequence[Record]] = lambda record: (record,),
) -> Written:
    """As write_rows, of records that are all known."""
    plan = Plan(model, change, _no_new, revise, made=changed, changed=changed, about=about)
    return write_rows(actor, rows, plan)


def _no_new(_values: Values) -> Record:
    raise Invalid({"": [_("Say which record is meant.")]})


def checked_edits(
    model: type[Record],
    fields: Iterable[ImportField],
    rows: Iterable[tuple[Row, Row | Invalid]],
    check: Callable[[Row, dict[str, Any]], Row],
) -> list[Row | Invalid]:
    """
    Each row's values as they are stored, from pairs of a row and its custom values. `check(row, said)` answers for those that say
    something, and refuses (Invalid). Required ones are not emptied, and what is not among the fields is not the actor's to set.
    """
    known = {one.name: one for one in fields}
    return [_checked(model, known, row, custom, check) for row, custom in rows]


def _checked(
    model: type[Record],
    known: Mapping[str, ImportField],
    row: Row,
    custom: Row | Invalid,
    check: Callable[[Row, dict[str, Any]], Row],
) -> Row | Invalid:
    said = {name: value for name, value in row.items() if name != "id" and not is_empty(value)}
    emptied = [known[name] for name in row if name in known and name not in said]
    faults: dict[str, Any] = dict(custom.errors) if isinstance(custom, Invalid) else {}
    faults |= {name: [_("You may not change this.")] for name in row if name != "id" and name not in known}
    faults |= {one.name: [_needed(one)] for one in emptied if one.is_required or one.type == "yes_no"}
    try:
        kept = check(row, {name: value for name, value in said.items() if name not in faults})
    except Invalid as fault:
        return Invalid(faults | fault.errors)
    if faults or isinstance(custom, Invalid):
        return Invalid(faults)
    nothing = {one.name: _nothing(model, one.name) for one in emptied}
    return {**kept, **nothing, **({"custom": dict(custom)} if custom else {})}


def _needed(one: ImportField) -> Any:
    return NEVER_EMPTY if one.type == "yes_no" else gettext("Enter the %(label)s.") % {"label": one.label}


def _nothing(model: type[Record], name: str) -> Any:
    """How a column holds nothing."""
    column = next((one for one in model._meta.concrete_fields if one.name == name), None)
    return None if column is None or column.null else ""


def identity(value: Any, name: str) -> UUID:
    """The id that a value names. Refuses (Invalid) what is none."""
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise Invalid({name: [_("Choose one from the list.")]}) from None


def day(value: Any, name: str) -> date:
    """The day that a value names. Refuses (Invalid) what is none."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise Invalid({name: [_("Enter a date as year-month-day, such as 2026-03-21.")]}) from None


def amount(value: Any, name: str) -> Money | Decimal:
    """An amount of money; a plain number where no currency is said. Refuses (Invalid) what is none."""
    if isinstance(value, Money | Decimal):
        return value
    try:
        if isinstance(value, Mapping):
            return Money(value["amount_minor"], str(value["currency"]))
        return _amount_in("".join(str(value).split())[:40])
    except (KeyError, TypeError, ValueError, NumberFormatError, InvalidOperation):
        raise Invalid({name: [_("Enter an amount, such as 1200.50.")]}) from None


def _amount_in(text: str) -> Money | Decimal:
    currency = text[-3:].upper()
    typed = text[:-3] if is_currency(currency) else text
    if any(sign.isalpha() for sign in typed):  # "1e5" and "NaN" are numbers to a program only
        raise ValueError(text)
    try:
        number = parse_decimal(typed, locale=(get_language() or "en").replace("-", "_"), strict=True)
    except NumberFormatError:
        number = parse_decimal(typed, locale="en", strict=True)
    return Money.of(number, currency) if is_currency(currency) else number


def written_by(change: Act, **apart: Act) -> Writer:
    """
    How an `Editing` writes: by the command that guards the values, then those kept `apart` each by a command of its own, for
    handing a record over is a right of its own.
    """

    def write(actor: Actor, rows: Sequence[ImportRow]) -> list[ImportResult]:
        results = [ImportResult("same", row.record_id) for row in rows]
        plain = {
            n: replace(row, values=_without(row, apart)) for n, row in enumerate(rows) if _without(row, apart)
        }
        _run(actor, plain, change, results)
        for name, act in apart.items():
            some = {n: _alone(row, name, n in plain) for n, row in enumerate(rows) if name in row.values}
            _run(actor, {n: row for n, row in some.items() if results[n].outcome != "failed"}, act, results)
        return results

    return write


def _run(actor: Actor, rows: Mapping[int, ImportRow], act: Act, results: list[ImportResult]) -> None:
    if rows:
        for number, result in zip(rows, act(actor, rows=list(rows.values())), strict=True):
            if result.outcome != "same":
                results[number] = result


def _without(row: ImportRow, apart: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in row.values.items() if name not in apart}


def _alone(row: ImportRow, name: str, is_second: bool) -> ImportRow:  # noqa: FBT001 - the row was changed before
    version = None if is_second else row.version
    return replace(row, values={name: row.values[name]}, version=version)


def edit_rows(
    actor: Actor,
    editing: Editing,
    rows: Sequence[Row],
    versions: Mapping[UUID, int] | None = None,
) -> list[ImportResult]:
    """
    Sets what the rows say, each of the record under its "id", in the current act: values that do not fit, and records that the
    actor may not change, fail by themselves.
    """
    checked = editing.check(actor, rows)
    ids = [identity(row.get("id"), "id") for row in rows]
    results = [ImportResult("same", record_id) for record_id in ids]
    sound: dict[int, ImportRow] = {}
    for number, (record_id, values) in enumerate(zip(ids, checked, strict=True)):
        if isinstance(values, Invalid):
            results[number] = ImportResult("failed", record_id, told(values))
        else:
            version = (versions or {}).get(record_id)
            sound[number] = ImportRow(values, record_id, empties=True, version=version)
    for number, result in zip(sound, written(actor, editing.write, list(sound.values())), strict=True):
        results[number] = result
    return results


def written(actor: Actor, write: Writer, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """All at once; should the database refuse one of them, one by one, so that only that one fails."""
    if not rows:
        return []
    try:
        with attempt():
            return list(write(actor, rows))
    except (DatabaseError, Invalid, Refused):
        return [_one_written(actor, write, row) for row in rows]


def _one_written(actor: Actor, write: Writer, row: ImportRow) -> ImportResult:
    try:
        with attempt():
            return write(actor, [row])[0]
    except DatabaseError:
        return ImportResult("failed", row.record_id, (gettext("The database does not take these values."),))
    except (Invalid, Refused) as fault:
        return ImportResult("failed", row.record_id, told(fault))
