from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.transfer import commands, permissions, queries
from embudo.foundation.transfer.commands.exports import failed_rows_file
from embudo.foundation.transfer.forms import COLUMN, MatchForm, ReadingForm, UploadForm, reading_of
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.rules import steps
from embudo.foundation.transfer.rules.steps import ACTION_FIELD, Alike, State, rule_of
from embudo.foundation.transfer.views.exports import XLSX
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import BackgroundPage, CommandPage, ConfirmPage, ListPage, awaited
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import kind_named

CRUMB = Crumb(_("Imports"), reverse_lazy("transfer:imports"))
TONES = {
    State.DONE: "ok", State.FAILED: "bad", State.RUNNING: "info", State.CHECKING: "info", State.UNDOING: "info",
    State.PAUSED: "warn", State.CHECKED: "accent",
}  # fmt: skip
TOO_LARGE = _("The file is larger than 25 MB. Split it into several files.")


def state_badge(row: Any) -> Any:
    state = State(row["state"])
    return atoms.badge(TONES.get(state, ""), "", state.label)


def kind_plural(row: Any) -> str:
    kind = kind_named(row["kind"])
    return str(kind.plural).capitalize() if kind else row["kind"]


def kinds(actor: Actor) -> list[tuple[str, Any]]:
    return [(kind.name, kind.plural) for kind in queries.importable(actor)]


class Imports(ListPage):
    permission = permissions.IMPORT
    title = _("Imports")
    icon = "upload"
    query = queries.imports
    fields = (
        "name",
        "kind",
        "state",
        "created",
        "owner__name",
        "total",
        "created_count",
        "updated_count",
        "failed_count",
    )
    columns = (
        Column("name", _("File"), sort="name"),
        Column("kind", _("Records"), cell=kind_plural),
        Column("state", _("State"), cell=state_badge),
        Column("total", _("Rows"), kind="number", end=True),
        Column("created_count", _("Created"), kind="number", end=True),
        Column("updated_count", _("Updated"), kind="number", end=True),
        Column("failed_count", _("Failed"), kind="number", end=True),
        Column("owner__name", _("By"), kind="person"),
        Column("created", _("When"), kind="datetime", sort="created", descends_first=True),
    )
    filters = (
        Filter("kind", _("Records"), kinds, "kind"),
        Filter("state", _("State"), tuple(State.choices), "state"),
    )
    search_fields = ("name",)
    empty_title, empty_text = _("No imports yet"), _("Upload a table of companies, people or leads.")
    actions = (
        Action(
            _("New import"), reverse_lazy("transfer:import_new"), "plus", permissions.IMPORT, primary=True
        ),
    )

    def row_url(self, row: Any) -> str:
        return reverse("transfer:import", args=[row["pk"]])


class NewImport(CommandPage):
    command, form_class = commands.start_import, UploadForm
    title, submit_label = _("New import"), _("Upload")
    nav = "transfer:imports"
    crumbs = (CRUMB,)
    cancel_url = reverse_lazy("transfer:imports")
    help_key = "transfer:import_new"
    too_large = TOO_LARGE
    intro = _("Nothing is written yet: next you say what the columns mean, and see what would happen.")

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> Import:
        kind, _colon, within = data["kind"].partition(":")
        file = data["file"]
        return commands.start_import(actor, kind=kind, name=file.name or "", file=file, within=within)

    def success_url(self, result: Import, record: Any) -> str:
        return reverse("transfer:import_match", args=[result.pk])

    def success_message(self, result: Any) -> str:
        return ""


class MatchImport(CommandPage):
    query, command, form_class = queries.import_, commands.match_columns, MatchForm
    template_name = "transfer/match.html"
    submit_label = _("Check the rows")
    nav = "transfer:imports"
    help_key = "transfer:import_match"
    width = ""

    def get_title(self) -> str:
        return gettext("Match the columns of %(name)s") % {"name": self.record.name}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (CRUMB, Crumb(self.record.name, reverse("transfer:import", args=[self.record.pk])))

    @cached_property
    def asked(self) -> dict[str, Any]:
        """How the file is to be read: as just corrected, else as it was kept."""
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        return reading_of(given) or dict(self.record.reading)

    @cached_property
    def file_head(self) -> "queries.FileHead | None":
        self.problem = ""
        try:
            return queries.head(self.record, self.asked)
        except Invalid as fault:
            self.problem = " ".join(str(text) for texts in fault.errors.values() for text in texts)
            return None

    def initial(self, record: Any) -> Mapping[str, Any]:
        if self.file_head is None:
            return rule_of(record.rule)
        kept = queries.preset(self.actor, record.kind, self.file_head.headings)
        rule = rule_of(record.rule or (kept.rule if kept else {}))
        mapping = queries.guessed_mapping(self.actor, record, self.file_head)
        return {**rule, **{f"{COLUMN}{column}": name for column, name in mapping.items()}}

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        return MatchForm(
            data,
            files,
            initial=self.initial(self.record),
            actor=self.actor,
            record=self.record,
            head=self.file_head,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.posted = self.get_form(request.POST)
        return super().post(request, *args, **kwargs)

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> Import:
        if self.file_head is None:
            raise Invalid({"": [self.problem]})
        self.posted.is_valid()
        return commands.match_columns(
            actor, record, mapping=self.posted.mapping(), rule=self.posted.rule(),
            reading={**self.file_head.told_reading(), **self.asked, "heading_row": self.file_head.heading_row},
            headings=self.file_head.headings,
        )  # fmt: skip

    def form_context(self, form: Any) -> dict[str, Any]:
        told = {**(self.file_head.told if self.file_head else self.record.told or {}), **self.asked}
        first = {
            **told,
            "heading_row": self.asked.get("heading_row", self.file_head.heading_row if self.file_head else 1),
        }
        kind = kind_named(self.record.kind)
        return super().form_context(form) | {
            "reading": ReadingForm(initial=first, told=told, actor=self.actor, auto_id="read_%s"),
            "asked": [(name, value) for name, value in self.asked.items()],
            "problem": self.problem if self.file_head is None else "",
            "format": told.get("format", ""),
            "kind": str(kind.plural) if kind else "",
            "part_of": queries.part_of(self.actor, self.record),
            "held_by_files": self.held_by_files(),
            "same_file": queries.same_file(self.actor, self.record),
        }

    def held_by_files(self) -> str:
        head = self.file_head
        return ", ".join(queries.headings_of_files(self.actor, self.record, head)) if head else ""

    def success_url(self, result: Import, record: Any) -> str:
        return address_of(result)

    def success_message(self, result: Any) -> str:
        return ""


class ImportPage(BackgroundPage):
    permission = permissions.IMPORT
    template_name = "transfer/import.html"
    nav = "transfer:imports"
    crumbs = (CRUMB,)
    help_key = "transfer:import"
    part, part_template = "import-progress", "transfer/progress.html"

    @cached_property
    def record(self) -> Import:
        return queries.import_(self.actor, self.kwargs["import_id"])

    def get_title(self) -> str:
        return gettext("Import of %(name)s: %(state)s") % {
            "name": self.record.name, "state": State(self.record.state).label,
        }  # fmt: skip

    def get_actions(self) -> Sequence[Action]:
        return [
            Action(
                label,
                reverse(f"transfer:{name}", args=[self.record.pk]),
                icon,
                primary=primary,
                dialog=name != "import_match",
            )
            for name, label, icon, allowed, primary in STEPS
            if self.record.state in allowed and not (name == "import_undo" and not self.record.chunks)
        ]

    def get_context(self) -> dict[str, Any]:
        found = self.record
        context = super().get_context() | {"import": found}
        context |= {
            "progress": _progress(found),
            "state_label": State(found.state).label,
            "kind": kind_plural({"kind": found.kind}),
        }
        if self.is_part:
            return context
        fields = (
            {one.name: str(one.label) for one in queries.fields_of(self.actor, found)}
            if found.mapping
            else {}
        )
        fields[ACTION_FIELD] = gettext("What to do")
        return context | {
            "field_names": [fields.get(name, name) for name in found.mapping.values()],
            "preview": self.preview(),
            "open_alike": found.alike and found.state in steps.CHOOSABLE,
            "alike_rule": Alike(rule_of(found.rule)["alike"]).label,
            "failures": queries.failed_rows(found),
            "skipped": queries.skipped_rows(found),
            "left": queries.left_records(found),
            "part_of": queries.part_of(self.actor, found),
            "same_file": queries.same_file(self.actor, found) if found.state == State.CHECKED else None,
            "rule": rule_of(found.rule),
            "ready": found.valid,
        }

    def preview(self) -> list[dict[str, Any]]:
        """The first rows, and what would happen to them."""
        found = self.record
        if found.state != State.CHECKED:
            return []
        like = {row[6] for row in found.sample if row[6]}
        places = queries.addresses(self.actor, found.kind, like) if like else {}
        return [_preview(row) | {"place": places.get(row[6]), "percent": row[7]} for row in found.sample]

    def is_moving(self) -> bool:
        return self.record.state in steps.MOVING

    def outcome(self) -> str:
        return outcome(self.record)


STEPS = (
    ("import_run", _("Run the import"), "play", (State.CHECKED,), True),
    ("import_run", _("Go on"), "play", (State.PAUSED,), True),
    ("import_match", _("Match the columns"), "columns-3", (State.NEW, State.FAILED), True),
    ("import_match", _("Match anew"), "columns-3", (State.CHECKED,), False),
    ("import_pause", _("Pause"), "pause", steps.PAUSABLE, False),
    ("import_undo", _("Undo the import"), "undo-2", steps.UNDOABLE, False),
    ("import_cancel", _("Cancel the import"), "ban", steps.CANCELLABLE, False),
)


def _progress(found: Import) -> dict[str, Any]:
    """How far it is: of the check only the rows are known, not how many will come."""
    if found.state == State.UNDOING:
        return {
            "done": found.undone_count + found.left_count,
            "all": found.created_count + found.updated_count,
        }
    if found.state == State.CHECKING:
        return {"done": found.total, "all": 0}
    return {"done": found.done, "all": found.total}


def outcome(found: Import) -> str:
    """What came of a step, said to somebody whose page waited for it."""
    if found.state == State.CHECKED:
        told = ngettext(
            "%(n)d row is checked: %(valid)d without errors.",
            "%(n)d rows are checked: %(valid)d without errors.",
            found.total,
        )
        return told % {"n": found.total, "valid": found.valid}
    if found.state == State.DONE:
        return gettext("The import is done: %(created)d created, %(updated)d updated, %(failed)d failed.") % {
            "created": found.created_count, "updated": found.updated_count, "failed": found.failed_count,
        }  # fmt: skip
    if found.state == State.UNDONE:
        return gettext("The import is undone: %(n)d taken back, %(left)d left.") % {
            "n": found.undone_count, "left": found.left_count,
        }  # fmt: skip
    return gettext("The import stands here now: %(state)s.") % {"state": State(found.state).label}


def _preview(row: list[Any]) -> dict[str, Any]:
    number, cells, faults, same_as, known, action, alike, _percent = row
    tone = "bad" if faults or known == "?" else "warn" if same_as or known or alike else "ok"
    if faults:
        words = " ".join(faults)
    elif same_as:
        words = gettext("The same record as row %(n)d: left out") % {"n": same_as}
    elif known == "?":
        words = gettext("Several records match")
    elif alike:
        words = gettext("Looks like a known record")
    else:
        words = gettext("Known already") if known else gettext("New")
    return {"number": number, "cells": cells, "tone": tone, "words": words, "action": action}


def address_of(import_: Import) -> str:
    return awaited(reverse("transfer:import", args=[import_.pk]), is_moving=import_.state in steps.MOVING)


class Step(ConfirmPage):
    query = queries.import_
    nav = "transfer:imports"

    def get_cancel_url(self) -> str:
        return reverse("transfer:import", args=[self.record.pk])

    def success_url(self, result: Import, record: Any) -> str:
        return address_of(result)


class RunImport(Step):
    command, title, submit_label = commands.run_import, _("Run the import"), _("Run")
    intro = _("The rows are written in the background. You may pause it, and undo it afterwards.")

    def success_message(self, result: Any) -> str:
        return gettext("The import runs.")


class PauseImport(Step):
    command, title, submit_label = commands.pause_import, _("Pause the import"), _("Pause")
    intro = _("It stops after the rows that are being written, and goes on from there when you want.")

    def success_message(self, result: Any) -> str:
        return gettext("The import is paused.")


class CancelImport(Step):
    command, title, submit_label = commands.cancel_import, _("Cancel the import"), _("Cancel the import")
    intro = _("Rows that are written already stay; you may undo them.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The import is cancelled.")


class UndoImport(Step):
    command, title, submit_label = commands.undo_import, _("Undo the import"), _("Undo")
    intro = _(
        "New records are deleted, changed ones are as before. Records that somebody worked on since stay, and are listed."
    )
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The import is being undone.")


@guarded(permissions.IMPORT)
def failed_rows(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The rows that were not taken, as they were, with the reason in the last column: ready to mend and upload again."""
    found = queries.import_(actor_of(request), import_id)
    part = slugify(gettext("to mend"))
    name = f"{slugify(found.name.rpartition('.')[0]) or 'rows'}-{part}.xlsx"
    return FileResponse(failed_rows_file(found), as_attachment=True, filename=name, content_type=XLSX)  # type: ignore[return-value]
