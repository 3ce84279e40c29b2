from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _, ngettext

from embudo.foundation.recycle import queries
from embudo.foundation.recycle.models import Recycled, deletable_kinds
from embudo.foundation.recycle.permissions import ERASE, USE
from embudo.foundation.ui import atoms
from embudo.foundation.ui.pages import ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_named

TO_BIN = Crumb(_("Recycle bin"), reverse_lazy("recycle:bin"))
DAYS = (("1", _("In the last 24 hours")), ("7", _("In the last 7 days")))


def kind_choices(_actor: Actor) -> list[tuple[str, str]]:
    return [(kind.name, str(kind.plural).capitalize()) for kind in deletable_kinds()]


def kind_label(row: Recycled) -> str:
    kind = kind_named(row.kind)
    return str(kind.label) if kind else row.kind


def since(found: QuerySet[Recycled], value: str, _actor: Actor) -> QuerySet[Recycled]:
    return found.filter(created__gte=clock.now() - timedelta(days=int(value)))


def days_left(row: Recycled) -> str:
    n = max(0, ceil((row.until - clock.now()) / timedelta(days=1)))
    return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}


class Bin(ListPage):
    """What was deleted in the last 30 days."""

    permission = USE
    title = _("Recycle bin")
    icon = "trash-2"
    nav = "recycle:bin"
    query = queries.recycled
    exporter = None  # what was deleted leaves by restoring, not by a file
    columns = (
        Column("title", _("Record"), cell=lambda row: row.title or "—", sort="title"),
        Column("kind", _("Kind"), cell=kind_label),
        Column("further", _("Went along"), cell=lambda row: atoms.number(row.further), end=True),
        Column("deleted_by__name", _("Deleted by"), kind="person"),
        Column("created", _("When"), kind="datetime", sort="created", descends_first=True),
        Column("until", _("Kept for"), cell=days_left, sort="until"),
    )
    filters = (
        Filter("kind", _("Kind"), kind_choices, "kind"),
        Filter("by", _("Deleted by"), queries.deleters, "deleted_by"),
        Filter("when", _("When"), DAYS, since),
    )
    search_fields = ("title",)
    default_sort = "-created"
    empty_title = _("The recycle bin is empty")
    empty_text = _("What is deleted stays here for 30 days and can be restored; then it is erased for good.")

    def row_url(self, row: Any) -> str:
        return reverse("recycle:entry", args=[row.pk])

    def row_actions(self, row: Any) -> Sequence[Action]:
        address = reverse("recycle:restore", args=[row.pk])
        return [Action(_("Restore"), address, "rotate-ccw", USE, dialog=True)]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s deleted record", "%(n)s deleted records", n) % {"n": self.count_shown(n)}


class Entry(RecordPage):
    """One deletion: what went, by whom, until when it can be restored; afterwards what could not be put back."""

    permission = USE
    query = queries.one_recycled
    template_name = "recycle/entry.html"
    nav = "recycle:bin"
    crumbs = (TO_BIN,)

    @property
    def kind(self) -> None:
        return None

    def get_title(self) -> str:
        return self.record.title or kind_label(self.record)

    def get_actions(self) -> list[Action]:
        if not self.record.is_waiting:
            return []
        pk = self.record.pk
        erase = Action(_("Erase now"), reverse("recycle:erase", args=[pk]), "octagon-x", ERASE, dialog=True)
        restore = Action(
            _("Restore"), reverse("recycle:restore", args=[pk]), "rotate-ccw", USE, primary=True, post=True
        )
        return [*([erase] if self.record.is_within(self.actor, ERASE) else []), restore]

    def get_context(self) -> dict[str, Any]:
        found, kind = self.record, kind_named(self.record.kind)
        is_back = found.restored_at is not None and kind is not None
        return super().get_context() | {
            "label": kind_label(found),
            "contents": queries.contents(found),
            "left": queries.left_behind(found),
            "record_url": kind.url(found.record_id) if kind and is_back else "",
            "links": len(found.links),
        }
