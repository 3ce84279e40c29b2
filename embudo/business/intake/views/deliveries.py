from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy as _, ngettext, pgettext_lazy

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.deliveries import ALL, DeliveryForm
from embudo.business.intake.models import Assignment, Delivery
from embudo.business.intake.permissions import TAKE_DELIVERY
from embudo.business.intake.rules.deliveries import CONTENT_TYPES, MOVING, DeliveryState, Format
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import BackgroundPage, CommandPage, ListPage, awaited
from embudo.foundation.ui.parts import Action, Column, Crumb
from embudo.kernel.actor import Actor

ASSIGNMENTS = "intake:assignments"
TONES = {
    DeliveryState.DONE: "ok", DeliveryState.FAILED: "bad", DeliveryState.RUNNING: "info", DeliveryState.ERASED: "warn",
}  # fmt: skip


def state_badge(row: Any) -> Any:
    state = DeliveryState(row["state"])
    return atoms.badge(TONES.get(state, ""), "", state.label)


def format_text(row: Any) -> str:
    return str(Format(row["format"]).label)


def entries_text(row: Any) -> str:
    return gettext("All, with the state of each") if row["is_all"] else gettext("The accepted ones")


def size_text(row: Any) -> str:
    return filesizeformat(row["size"]) if row["size"] else "—"


def crumbs_of(assignment: Assignment, *more: Crumb) -> tuple[Crumb, ...]:
    return (
        Crumb(_("Assignments"), reverse(ASSIGNMENTS)),
        Crumb(assignment.title, reverse("intake:assignment", args=[assignment.pk])),
        *more,
    )


def deliveries_crumb(assignment: Assignment) -> Crumb:
    return Crumb(_("Deliveries"), reverse("intake:deliveries", args=[assignment.pk]))


def _order_again(assignment: Assignment, *, primary: bool) -> Action:
    return Action(
        _("Order a delivery"), reverse("intake:delivery_new", args=[assignment.pk]), "plus", TAKE_DELIVERY,
        primary=primary, dialog=True,
    )  # fmt: skip


class Deliveries(ListPage):
    permission = TAKE_DELIVERY
    query = queries.deliveries_of
    nav = ASSIGNMENTS
    icon = "package"
    fields = ("created", "format", "is_all", "state", "rows", "size", "owner__name")
    columns = (
        Column("created", _("Ordered"), kind="datetime", sort="created", descends_first=True),
        Column("format", _("Format"), cell=format_text),
        Column("is_all", pgettext_lazy("of an assignment", "Entries"), cell=entries_text),
        Column("state", _("State"), cell=state_badge),
        Column("rows", _("Records"), kind="number", end=True),
        Column("size", _("Size"), cell=size_text, end=True),
        Column("owner__name", _("By"), kind="person"),
    )
    default_sort = "-created"
    empty_title = _("No deliveries yet")
    empty_text = _("Order one: a file of the accepted entries, which you can download again later.")

    @cached_property
    def assignment(self) -> Assignment:
        return queries.assignment_to_deliver(self.actor, self.kwargs["assignment_id"])

    def get_title(self) -> str:
        return gettext("Deliveries of %(title)s") % {"title": self.assignment.title}

    def get_crumbs(self) -> Sequence[Crumb]:
        return crumbs_of(self.assignment)

    def get_actions(self) -> Sequence[Action]:
        return () if self.assignment.state == "draft" else (_order_again(self.assignment, primary=True),)

    def row_url(self, row: Any) -> str:
        return reverse("intake:delivery", args=[row["pk"]])

    def row_actions(self, row: Any) -> Sequence[Action]:
        if row["state"] != DeliveryState.DONE:
            return ()
        name = gettext("Download the delivery of %(when)s") % {"when": atoms.moment_text(row["created"])}
        return (
            Action(_("Download"), reverse("intake:delivery_file", args=[row["pk"]]), "download", name=name),
        )

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s delivery", "%(n)s deliveries", n) % {"n": self.count_shown(n)}


class NewDelivery(CommandPage):
    query, command, form_class = queries.assignment_to_deliver, commands.order_delivery, DeliveryForm
    title, submit_label = _("Order a delivery"), _("Order the delivery")
    nav = ASSIGNMENTS
    intro = _("The file is made in the background and kept: you can download the very same one again later.")

    def get_crumbs(self) -> Sequence[Crumb]:
        return crumbs_of(self.record, deliveries_crumb(self.record))

    def get_cancel_url(self) -> str:
        return reverse("intake:deliveries", args=[self.record.pk])

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> Delivery:
        return commands.order_delivery(
            actor, record, format=data["format"], columns=data["columns"], is_all=data["entries"] == ALL
        )

    def success_url(self, result: Delivery, record: Any) -> str:
        return awaited(reverse("intake:delivery", args=[result.pk]), is_moving=result.state in MOVING)

    def success_message(self, result: Any) -> str:
        return ""


class DeliveryPage(BackgroundPage):
    permission = TAKE_DELIVERY
    template_name = "intake/delivery.html"
    nav = ASSIGNMENTS
    part, part_template = "delivery-progress", "intake/delivery_progress.html"

    @cached_property
    def record(self) -> Delivery:
        return queries.delivery(self.actor, self.kwargs["delivery_id"])

    def get_title(self) -> str:
        return gettext("Delivery of %(title)s: %(state)s") % {
            "title": self.record.assignment.title, "state": DeliveryState(self.record.state).label,
        }  # fmt: skip

    def get_crumbs(self) -> Sequence[Crumb]:
        return crumbs_of(self.record.assignment, deliveries_crumb(self.record.assignment))

    def get_actions(self) -> Sequence[Action]:
        again = _order_again(self.record.assignment, primary=False)
        if self.record.state != DeliveryState.DONE:
            return (again,)
        url = reverse("intake:delivery_file", args=[self.record.pk])
        return (Action(_("Download"), url, "download", TAKE_DELIVERY, primary=True), again)

    def get_context(self) -> dict[str, Any]:
        found = self.record
        context = super().get_context() | {
            "delivery": found,
            "state_label": DeliveryState(found.state).label,
        }
        if self.is_part:
            return context
        known = {one.name: one.label for one in queries.delivery_columns(self.actor, found.assignment)}
        row = {"format": found.format, "is_all": found.is_all, "size": found.size}
        return context | {
            "format": format_text(row),
            "entries": entries_text(row),
            "size": size_text(row),
            "columns": [known[name] for name in found.columns if name in known],
        }

    def is_moving(self) -> bool:
        return self.record.state in MOVING

    def outcome(self) -> str:
        found = self.record
        if found.state != DeliveryState.DONE:
            return gettext("The delivery stands here now: %(state)s.") % {
                "state": DeliveryState(found.state).label
            }
        told = ngettext(
            "The delivery is ready: %(n)d record.", "The delivery is ready: %(n)d records.", found.rows
        )
        return told % {"n": found.rows}


@guarded(TAKE_DELIVERY)
def delivery_file(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """The kept file; the same bytes each time."""
    found = queries.delivery(actor_of(request), delivery_id)
    day = (found.done or found.created).date().isoformat()
    name = f"{slugify(found.assignment.title) or 'delivery'}-{day}.{found.format}"
    kind = CONTENT_TYPES[Format(found.format)]
    file = queries.delivery_content(found)
    answer: Any = FileResponse(file, as_attachment=True, filename=name, content_type=kind)
    return answer  # type: ignore[no-any-return]
