from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.attributes import commands, queries
from embudo.foundation.attributes.models import Preparation, PreparedList
from embudo.foundation.attributes.permissions import PREPARE_LISTS, USE_VIEWS
from embudo.foundation.attributes.views.definitions import kind_label
from embudo.foundation.attributes.views.preparing import plan_of
from embudo.foundation.attributes.views.tools import ListTool
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import EmptyForm
from embudo.foundation.ui.pages import ConfirmPage, ListPage, Page
from embudo.foundation.ui.parts import Action, Column, Crumb

PREPARED = Crumb(_("Prepared lists"), reverse_lazy("attributes:prepared"))
TONES = {
    Preparation.WAITING: ("info", "clock"),
    Preparation.READY: ("ok", "circle-check"),
    Preparation.FAILED: ("bad", "triangle-alert"),
}


class PrepareList(ListTool, ConfirmPage):
    template_name = ConfirmPage.template_name
    permission = PREPARE_LISTS
    form_class = EmptyForm
    title, submit_label = _("Prepare this list"), _("Prepare")
    intro = _(
        "An index is built in the background; everybody goes on working. With many records it takes some minutes. After"
        " that this list and others in the same order open at once. Each prepared list costs a little time whenever a"
        " record is saved."
    )

    def perform(self, actor: Any, record: Any, data: Any) -> str:
        parts = plan_of(self.design)
        if parts is None:
            raise commands.cannot_prepare()
        kind = self.design.model._meta.label_lower
        commands.prepare_list(actor, list_key=self.kwargs["list_key"], kind=kind, parts=parts)
        return self.list.url()

    def success_message(self, result: Any) -> str:
        return gettext("The list is being prepared.")


class Waiting(Page):
    """Asked again and again by a list that waits: nothing until the index stands, then the page is drawn anew."""

    permission = USE_VIEWS

    def get(self, request: HttpRequest, prepared_id: UUID) -> HttpResponse:
        prepared = queries.prepared_list(self.actor, prepared_id)
        answer = HttpResponse(status=204)
        if prepared.state != Preparation.WAITING:
            answer["HX-Refresh"] = "true"
        return answer


def order_text(row: PreparedList) -> str:
    """ "Owner, Created ↓": the labels of the columns."""
    return ", ".join(
        f"{capfirst(str(queries.column_label(row.kind, path)))}{' ↓' if is_down else ''}"
        for path, is_down in row.parts
    )


class PreparedLists(ListPage):
    permission = PREPARE_LISTS
    title = _("Prepared lists")
    icon = "clock"
    query = queries.prepared_lists
    columns = (
        Column("kind", _("Kind of record"), cell=lambda row: kind_label(row.kind), sort="kind"),
        Column("key", _("Order"), cell=order_text),
        Column("state", _("State"), cell=lambda row: atoms.badge(*TONES[row.state], row.get_state_display())),
        Column("created", _("Since"), kind="datetime", sort="created"),
    )
    default_sort = "-created"
    empty_title = _("No list is prepared")
    empty_text = _("Where a list takes more than two seconds, it offers to be prepared.")

    def row_actions(self, row: PreparedList) -> list[Action]:
        url = reverse("attributes:prepared_remove", args=[row.pk])
        name = gettext("Remove %(name)s") % {"name": order_text(row)}
        return [Action(gettext("Remove"), url, "trash-2", dialog=True, name=name)]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s prepared list", "%(n)s prepared lists", n) % {"n": self.count_shown(n)}


class RemovePrepared(ConfirmPage):
    query = queries.prepared_list
    command = commands.remove_prepared
    title, submit_label, is_danger = _("Remove the prepared list"), _("Remove"), True
    intro = _("The index is taken away; the list stays, and may take long again.")
    crumbs = (PREPARED,)

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("attributes:prepared")
