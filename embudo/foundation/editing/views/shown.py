"""What many changes come to, in words."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext, ngettext

from embudo.foundation.access.queries import user_names
from embudo.foundation.attributes.queries import record_name
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.rules import State, What
from embudo.foundation.ui import atoms
from embudo.foundation.ui.pages import ListPage
from embudo.kernel.actor import Actor
from embudo.kernel.kind import ImportField, kind_named

TONES = {
    State.DONE: "ok", State.STOPPED: "bad", State.RUNNING: "info", State.UNDOING: "info", State.CANCELLED: "warn",
}  # fmt: skip
DONE = {
    What.EDIT: lambda: gettext("Changed: %(count)s."),
    What.ASSIGN: lambda: gettext("Assigned: %(count)s."),
    What.TAG: lambda: gettext("Tags changed: %(count)s."),
    What.DELETE: lambda: gettext("Deleted: %(count)s."),
}


def done_text(run: BulkRun, page: ListPage) -> str:
    """ "Changed: 37 companies. 2 were so already. 1 could not be changed." """
    parts = [DONE[What(run.what)]() % {"count": page.count_text(run.changed_count)}]
    if run.same_count:
        parts.append(
            ngettext("%(n)s was so already.", "%(n)s were so already.", run.same_count)
            % {"n": atoms.number(run.same_count)}
        )
    if run.failed_count:
        parts.append(
            ngettext("%(n)s could not be changed.", "%(n)s could not be changed.", run.failed_count)
            % {"n": atoms.number(run.failed_count)}
        )
    return " ".join(parts)


def undone_text(run: BulkRun) -> str:
    parts = [
        ngettext("%(n)s record is as before.", "%(n)s records are as before.", run.undone_count)
        % {"n": atoms.number(run.undone_count)}
    ]
    if run.left_count:
        parts.append(
            ngettext(
                "%(n)s was left, because somebody changed it since.",
                "%(n)s were left, because somebody changed them since.",
                run.left_count,
            )
            % {"n": atoms.number(run.left_count)}
        )
    return " ".join(parts)


def state_badge(row: Any) -> Any:
    state = State(row["state"])
    return atoms.badge(TONES.get(state, ""), "", state.label)


def what_text(row: Any) -> str:
    return str(What(row["what"]).label)


def values_said(actor: Actor, run: BulkRun) -> list[tuple[str, str]]:
    """(label, value) of what was to be set, as far as the actor may set it too."""
    kind = kind_named(run.kind)
    fields = {one.name: one for one in kind.editing.fields(actor)} if kind and kind.editing else {}
    if run.what == What.TAG:
        field = fields.get(run.values["attribute"])
        sides = ((gettext("Add"), run.values["add"]), (gettext("Take away"), run.values["remove"]))
        return [(label, _said(actor, field, keys)) for label, keys in sides if field and keys]
    return [
        (_capital(fields[name].label), _said(actor, fields[name], value))
        for name, value in run.values.items()
        if name in fields
    ]


def _said(actor: Actor, field: ImportField, value: Any) -> str:
    if value in (None, "", []):
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if field.type == "user":
        return user_names({UUID(str(value))}).get(UUID(str(value)), "—")
    if field.type == "reference":
        return record_name(actor, field.related, str(value))
    labels = {str(key): str(label) for key, label in field.choices}
    return ", ".join(
        labels.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value])
    )


def _capital(words: Any) -> str:
    text = str(words)
    return f"{text[:1].upper()}{text[1:]}"


def kind_plural(name: str) -> str:
    kind = kind_named(name)
    return _capital(kind.plural if kind else name)
