from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.duplicates import commands, queries
from embudo.foundation.duplicates.forms import ScanForm
from embudo.foundation.duplicates.models import Merge, Pair, PairState, matched_kinds
from embudo.foundation.duplicates.permissions import SCAN, VIEW
from embudo.foundation.duplicates.rules.wording import reasons_text
from embudo.foundation.duplicates.views.shown import likelihood_badge
from embudo.foundation.ui import atoms
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_named

TO_QUEUE = Crumb(_("Duplicates"), reverse_lazy("duplicates:queue"))


def kind_choices(_actor: Actor) -> list[tuple[str, str]]:
    return [(kind.name, str(kind.plural).capitalize()) for kind in matched_kinds()]


def kind_label(row: Pair | Merge) -> str:
    kind = kind_named(row.kind)
    return str(kind.label) if kind else row.kind


def in_state(state: PairState) -> Any:
    return lambda found, _actor: found.filter(state=state)


def every_pair(actor: Actor) -> QuerySet[Pair]:
    return queries.pairs(actor, state="")


def merge_state(row: Merge) -> Any:
    if row.undone_at:
        return atoms.badge("plain", "undo-2", gettext("Undone"))
    if row.is_undoable:
        return gettext("Can be undone until %(day)s") % {"day": atoms.day_text(row.undo_until.date())}
    return gettext("Final")


class Queue(ListPage):
    """What may be one record, the surest first."""

    permission = VIEW
    title = _("Duplicates")
    icon = "git-merge"
    nav = "duplicates:queue"
    template_name = "duplicates/queue.html"
    query = every_pair
    exporter = None  # what the two are called depends on who looks; programs read the API
    columns = (
        Column("one", _("Records"), cell=lambda row: row.title),
        Column("kind", _("Kind"), cell=kind_label),
        Column("bits", _("Likelihood"), cell=lambda row: likelihood_badge(row.probability), sort="bits", descends_first=True),
        Column("reasons", _("What they share"), cell=lambda row: reasons_text(row.reasons)),
    )  # fmt: skip
    tabs = (
        Tab("open", _("To review"), in_state(PairState.OPEN), counted=True),
        Tab("dismissed", _("No duplicates"), in_state(PairState.DISMISSED)),
    )
    filters = (Filter("kind", _("Kind"), kind_choices, "kind"),)
    default_sort = "-bits"
    actions = (
        Action(_("Merged records"), reverse_lazy("duplicates:merges"), "history"),
        Action(_("Search everything"), reverse_lazy("duplicates:scan"), "search", SCAN, dialog=True),
    )
    empty_title = _("No possible duplicates")
    empty_text = _(
        "New and changed records are compared by themselves. Search everything to compare older ones too."
    )

    def prepare(self, rows: Sequence[Any]) -> None:
        places = [(row.kind, pk) for row in rows for pk in (row.one, row.other)]
        titles = queries.titles(self.actor, places)
        for row in rows:
            row.title = " / ".join(titles.get(pk, ("", ""))[0] for pk in (row.one, row.other))

    def get_context(self) -> dict[str, Any]:
        scans = queries.latest_scans(self.actor) if self.actor.may(SCAN) else []
        return super().get_context() | {"scans": [(scan, kind_named(scan.kind)) for scan in scans]}

    def row_url(self, row: Any) -> str:
        return reverse("duplicates:pair", args=[row.pk])

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s pair", "%(n)s pairs", n) % {"n": self.count_shown(n)}


class Merges(ListPage):
    """What was merged, by whom, and whether it can still be undone."""

    permission = VIEW
    title = _("Merged records")
    icon = "history"
    nav = "duplicates:queue"
    crumbs = (TO_QUEUE,)
    query = queries.merges
    exporter = None
    columns = (
        Column("survivor", _("Record"), cell=lambda row: row.title),
        Column("kind", _("Kind"), cell=kind_label),
        Column(
            "merged", _("Records joined"), cell=lambda row: atoms.number(len(row.merged_ids) + 1), end=True
        ),
        Column("by__name", _("By"), kind="person"),
        Column("created", _("When"), kind="datetime", sort="created", descends_first=True),
        Column("state", _("State"), cell=merge_state),
    )
    default_sort = "-created"
    empty_title = _("Nothing was merged yet")

    def prepare(self, rows: Sequence[Any]) -> None:
        titles = queries.titles(self.actor, [(row.kind, row.survivor_id) for row in rows])
        for row in rows:
            row.title = titles.get(row.survivor_id, ("—", ""))[0]

    def row_url(self, row: Any) -> str:
        return reverse("duplicates:merge", args=[row.pk])


class RequestScan(CommandPage):
    command = commands.request_scan
    form_class = ScanForm
    title = _("Search everything for duplicates")
    submit_label = _("Start the search")
    intro = _(
        "All records are compared in the background. You can go on working; what is found appears in the queue."
    )
    cancel_url = reverse_lazy("duplicates:queue")
    nav = "duplicates:queue"

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("duplicates:queue")

    def success_message(self, result: Any) -> str:
        return gettext("The search has started.")


class CancelScan(ConfirmPage):
    query = queries.scan
    command = commands.cancel_scan
    title = _("Stop the search")
    submit_label = _("Stop it")
    intro = _("What was found so far stays in the queue.")
    cancel_url = reverse_lazy("duplicates:queue")
    nav = "duplicates:queue"

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("duplicates:queue")

    def success_message(self, result: Any) -> str:
        return gettext("The search was stopped.")

    def get_cancel_url(self) -> str:
        return str(self.cancel_url)
