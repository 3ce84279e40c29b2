from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.attributes import commands, queries
from embudo.foundation.attributes.forms import AttributeForm, NewAttributeForm
from embudo.foundation.attributes.forms.definition import initial_of
from embudo.foundation.attributes.models import CustomAttribute
from embudo.foundation.attributes.permissions import DEFINE_ATTRIBUTES, USE_VIEWS, VIEW_ATTRIBUTES
from embudo.foundation.attributes.rules import AttributeType
from embudo.foundation.ui.access_marks import actor_of, guarded, signed_in
from embudo.foundation.ui.lookup import lookup_options
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, Page
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel.custom import takes_custom_values
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import RecordKind, kind_named

ATTRIBUTES = Crumb(_("Attributes"), reverse_lazy("attributes:attributes"))


def kind_label(name: str) -> str:
    found = kind_named(name)
    return str(capfirst(str(found.plural))) if found else name


def rules_of(row: CustomAttribute) -> str:
    """ "required, unique"."""
    said = (
        (row.is_required, gettext("required")),
        (row.is_unique, gettext("unique")),
        (row.is_searchable, gettext("searchable")),
        (bool(row.view_roles or row.edit_roles), gettext("by role")),
    )
    return ", ".join(text for holds, text in said if holds) or "—"


class Attributes(ListPage):
    permission = VIEW_ATTRIBUTES
    title = _("Attributes")
    icon = "sliders-horizontal"
    query = queries.attributes
    columns = (
        Column("label", _("Label"), cell=str, sort="label"),
        Column("kind", _("Kind of record"), cell=lambda row: kind_label(row.kind), sort="kind"),
        Column("type", _("Type"), cell=lambda row: AttributeType(row.type).label),
        Column("key", _("Key"), sort="key"),
        Column("section", _("Section")),
        Column("rules", _("Rules"), cell=rules_of),
        Column("order", _("Order"), kind="number", sort="order", end=True),
    )
    tabs = (
        Tab("used", _("In use"), lambda found, _actor: found.filter(archived=None)),
        Tab("archived", _("Archived"), lambda found, _actor: found.exclude(archived=None)),
    )
    filters = (
        Filter(
            "kind",
            _("Kind of record"),
            lambda _actor: [(one.name, kind_label(one.name)) for one in queries.custom_kinds()],
        ),
    )
    search_fields = ("label", "key", "section")
    default_sort = "order"
    actions = (
        Action(
            _("New attribute"),
            reverse_lazy("attributes:attribute_new"),
            "plus",
            DEFINE_ATTRIBUTES,
            primary=True,
        ),
    )
    empty_title = _("No attributes yet")
    empty_text = _(
        "Define what you want to know of companies, people, leads and opportunities beside what is there."
    )

    def row_url(self, row: CustomAttribute) -> str:
        return reverse("attributes:attribute", args=[row.pk])

    def row_sub(self, row: CustomAttribute) -> Any:
        return row.help

    def row_actions(self, row: CustomAttribute) -> Sequence[Action]:
        if not self.actor.may(DEFINE_ATTRIBUTES):
            return []
        name, label, icon = (
            ("restore", _("Restore"), "rotate-ccw") if row.archived else ("archive", _("Archive"), "archive")
        )
        spoken = f"{label}: {row}"
        return [
            Action(
                label, reverse(f"attributes:attribute_{name}", args=[row.pk]), icon, dialog=True, name=spoken
            )
        ]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s attribute", "%(n)s attributes", n) % {"n": self.count_shown(n)}


class AttributeAct(CommandPage):
    crumbs = (ATTRIBUTES,)
    nav = "attributes:attributes"

    def get_cancel_url(self) -> str:
        return reverse("attributes:attributes")

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("attributes:attributes")


class NewAttribute(AttributeAct):
    command, form_class = commands.define_attribute, NewAttributeForm
    template_name, width = "attributes/attribute.html", ""
    title, submit_label = _("New attribute"), _("Define the attribute")

    def success_message(self, result: Any) -> str:
        return gettext("%(label)s is there now, for everybody.") % {"label": result}


class ChangeAttribute(AttributeAct):
    query, command, form_class = queries.attribute, commands.change_attribute, AttributeForm
    template_name, width = "attributes/attribute.html", ""

    def get_title(self) -> str:
        return str(self.record)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return initial_of(record)


class ArchiveAttribute(AttributeAct, ConfirmPage):
    template_name = ConfirmPage.template_name
    query, command, form_class = queries.attribute, commands.archive_attribute, ConfirmPage.form_class
    title, submit_label = _("Archive the attribute"), _("Archive")
    intro = _("It leaves forms, pages and lists. The values stay and come back when you restore it.")


class RestoreAttribute(AttributeAct, ConfirmPage):
    template_name = ConfirmPage.template_name
    query, command, form_class = queries.attribute, commands.restore_attribute, ConfirmPage.form_class
    title, submit_label = _("Restore the attribute"), _("Restore")


@signed_in
class RecordValues(Page):
    """The custom attributes of a record: a panel on its page, and a page of its own."""

    title = _("Further details")
    template_name = "attributes/values_page.html"

    @property
    def kind(self) -> RecordKind:
        found = kind_named(self.kwargs["kind"])
        if found is None or not takes_custom_values(found.model):
            raise NotFound
        return found

    def get_context(self) -> dict[str, Any]:
        record = self.kind.fetch(self.actor, self.kwargs["record_id"])
        return super().get_context() | {
            "sections": queries.shown_sections(self.actor, record),
            "crumbs": (Crumb(self.kind.title(record), self.kind.url(record.pk)),),
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_panel = request.headers.get("HX-Request") == "true"
        return self.render(template="attributes/values.html" if is_panel else "")


@guarded(USE_VIEWS)
def options(request: HttpRequest, related: str) -> HttpResponse:
    """What a reference field offers for the words typed."""
    kind = kind_named(related)
    if kind is None:
        raise NotFound
    words = request.GET.get("q", "").replace("\0", "")[:100]
    found = queries.reference_options(actor_of(request), related, words)
    return lookup_options(request, found[:20])


@guarded(USE_VIEWS)
def colleagues(request: HttpRequest) -> HttpResponse:
    """Who may be given a record, by the words typed in their name or address."""
    words = request.GET.get("q", "").replace("\0", "")[:100]
    return lookup_options(request, queries.colleague_options(actor_of(request), words))
