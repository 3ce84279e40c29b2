from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.editing import commands, permissions, queries, rules
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.rules import State, What
from embudo.foundation.editing.views.shown import (
    kind_plural,
    state_badge,
    undone_text,
    values_said,
    what_text,
)
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import BackgroundPage, ConfirmPage, ListPage, awaited
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter

CRUMB = Crumb(_("Changes of many"), reverse_lazy("editing:runs"))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Runs(ListPage):
    permission = permissions.CHANGE_MANY
    title = _("Changes of many")
    icon = "layers"
    query = queries.runs
    fields = (
        "what", "kind", "list_title", "state", "total", "changed_count", "failed_count", "owner__name", "created",
    )  # fmt: skip
    columns = (
        Column("list_title", _("List"), sort="list_title"),
        Column("what", _("What"), cell=what_text),
        Column("kind", _("Records"), cell=lambda row: kind_plural(row["kind"])),
        Column("state", _("State"), cell=state_badge),
        Column("total", _("Selected"), kind="number", end=True),
        Column("changed_count", _("Changed"), kind="number", end=True),
        Column("failed_count", _("Failed"), kind="number", end=True),
        Column("owner__name", _("By"), kind="person"),
        Column("created", _("When"), kind="datetime", sort="created", descends_first=True),
    )
    filters = (
        Filter("what", _("What"), tuple(What.choices), "what"),
        Filter("state", _("State"), tuple(State.choices), "state"),
    )
    empty_title = _("Nothing was changed so yet")
    empty_text = _("Select rows of a list, then say in the bar above them what is to be done.")

    def row_url(self, row: Any) -> str:
        return reverse("editing:run", args=[row["pk"]])


class RunPage(BackgroundPage):
    permission = permissions.CHANGE_MANY
    template_name = "editing/run.html"
    nav = "editing:runs"
    crumbs = (CRUMB,)
    help_key = "editing:run"
    part, part_template = "run-progress", "editing/progress.html"

    @cached_property
    def record(self) -> BulkRun:
        return queries.run(self.actor, self.kwargs["run_id"])

    def get_title(self) -> str:
        return gettext("%(what)s, %(list)s: %(state)s") % {
            "what": What(self.record.what).label,
            "list": self.record.list_title or kind_plural(self.record.kind),
            "state": State(self.record.state).label,
        }

    def get_actions(self) -> Sequence[Action]:
        acts = []
        if self.record.state in rules.CANCELLABLE:
            acts.append(Action(_("Cancel"), self._url("run_cancel"), "ban", dialog=True))
        if queries.may_undo(self.actor, self.record):
            acts.append(Action(_("Undo"), self._url("run_undo"), "undo-2", dialog=True))
        return acts

    def _url(self, name: str) -> str:
        return reverse(f"editing:{name}", args=[self.record.pk])

    def get_context(self) -> dict[str, Any]:
        found = self.record
        context = super().get_context() | {
            "run": found,
            "is_undoing": found.state == State.UNDOING,
            "state_label": State(found.state).label,
            "kind": kind_plural(found.kind),
            "said": values_said(self.actor, found),
            "taken_back": found.undone_count + found.left_count,
        }
        if self.is_part:
            return context
        return {**context, **queries.results(self.actor, found), "first": queries.FIRST}

    def is_moving(self) -> bool:
        return self.record.state in rules.MOVING

    def outcome(self) -> str:
        return self.get_title()


def address_of(run: BulkRun) -> str:
    return awaited(reverse("editing:run", args=[run.pk]), is_moving=run.state in rules.MOVING)


class Step(ConfirmPage):
    query = queries.run
    nav = "editing:runs"

    def get_cancel_url(self) -> str:
        return reverse("editing:run", args=[self.record.pk])

    def success_url(self, result: BulkRun, record: Any) -> str:
        return address_of(result)


class CancelRun(Step):
    command, title, submit_label = commands.cancel_run, _("Cancel the change"), _("Cancel the change")
    intro = _("Records that are changed already stay so; you may undo them.")
    is_danger = True

    def success_message(self, result: BulkRun) -> str:
        return gettext("The change is cancelled.")


class UndoRun(Step):
    command, title, submit_label = commands.undo_run, _("Undo the change"), _("Undo")
    intro = _(
        "The records are as before then. Those that somebody changed since stay as they are, and are listed."
    )

    def success_url(self, result: BulkRun, record: Any) -> str:
        """Back to the list when all is as before; else there is something to look at."""
        is_whole = result.state == State.UNDONE and not result.left_count
        return (result.address if is_whole else "") or super().success_url(result, record)

    def success_message(self, result: BulkRun) -> str:
        return (
            gettext("The change is being undone.") if result.state == State.UNDOING else undone_text(result)
        )


@guarded(permissions.CHANGE_MANY)
def failed_file(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The records that were not changed, with the reason, as a workbook."""
    actor = actor_of(request)
    found = queries.run(actor, run_id)
    if ListPage.exporter is None:
        raise Http404
    title = found.list_title or kind_plural(found.kind)
    headings = [gettext("Record"), gettext("Reason"), gettext("Address")]
    rows = (
        [name, reason, request.build_absolute_uri(address) if address else ""]
        for name, address, reason in queries.failed_rows(actor, found)
    )
    file = ListPage.exporter.workbook(title, headings, rows)
    part = slugify(gettext("not changed"))
    name = f"{slugify(title) or 'records'}-{part}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)  # type: ignore[return-value]
