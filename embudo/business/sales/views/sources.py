from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.sales import commands, queries
from embudo.business.sales.forms import EditSourceForm, SourceForm
from embudo.business.sales.permissions import MANAGE_SOURCES
from embudo.business.sales.rules.leads import SourceKind
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb


def active_badge(*, is_active: bool) -> Any:
    if is_active:
        return atoms.badge("ok", "circle-check", gettext("Takes leads"))
    return atoms.badge("plain", "pause", gettext("Paused"))


class Sources(ListPage):
    permission = MANAGE_SOURCES
    title = _("Lead sources")
    icon = "webhook"
    query = queries.lead_sources
    fields = ("name", "kind", "is_active", "created")
    columns = (
        Column("name", _("Source"), sort="name"),
        Column("kind", _("Kind"), cell=lambda row: SourceKind(row["kind"]).label),
        Column("is_active", _("State"), cell=lambda row: active_badge(is_active=row["is_active"])),
        Column("created", _("Made"), kind="date", sort="created", descends_first=True),
    )
    default_sort = "name"
    actions = (
        Action(
            _("New source"),
            reverse_lazy("sales:source_new"),
            "plus",
            MANAGE_SOURCES,
            primary=True,
            dialog=True,
        ),
    )
    empty_title = _("No lead sources yet")
    empty_text = _("Make one: a web form has an address of its own that you put on your site.")

    def row_url(self, row: Any) -> str:
        return record_url("sales:source", row["pk"])

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s source", "%(n)s sources", n) % {"n": self.count_shown(n)}


class SourcePage(RecordPage):
    permission = MANAGE_SOURCES
    query = queries.lead_source
    template_name = "sales/source.html"
    nav = "sales:sources"

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(_("Lead sources"), reverse("sales:sources")),)

    def get_actions(self) -> Sequence[Action]:
        def at(name: str) -> str:
            return reverse(name, args=[self.record.pk])

        return (
            Action(_("New key"), at("sales:source_renew"), "key-round", MANAGE_SOURCES, dialog=True),
            Action(_("Edit"), at("sales:source_edit"), "pencil", MANAGE_SOURCES, primary=True, dialog=True),
        )

    def get_context(self) -> dict[str, Any]:
        source = self.record
        form = f"{settings.BASE_URL}{reverse('sales:form', args=[source.key])}"
        return super().get_context() | {
            "state": active_badge(is_active=source.is_active),
            "kind_shown": SourceKind(source.kind).label,
            "form_url": form if source.kind == SourceKind.WEB_FORM else "",
            "language_shown": dict(settings.LANGUAGES).get(source.language, gettext("The visitor's own")),
        }


class DefineSource(CommandPage):
    command = commands.define_source
    form_class = SourceForm
    title = _("New lead source")
    submit_label = _("Make the source")
    cancel_url = reverse_lazy("sales:sources")
    nav = "sales:sources"

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s takes leads now.") % {"name": result.name}


class ChangeSource(CommandPage):
    query = queries.lead_source
    command = commands.change_source
    form_class = EditSourceForm
    title = _("Edit the lead source")
    nav = "sales:sources"

    def initial(self, record: Any) -> dict[str, Any]:
        return dict(super().initial(record)) | {"route_team": str(record.route_team_id or "")}

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        is_any = "route_team" in data and data["route_team"] is None
        return commands.change_source(actor, record, **{**data, "is_any_team": is_any})


class RenewSourceKey(ConfirmPage):
    query = queries.lead_source
    command = commands.renew_source_key
    title = _("Give the source a new key")
    submit_label = _("Give a new key")
    intro = _("The form's address changes. Pages and programs that use the old one send no leads any more.")
    is_danger = True
    nav = "sales:sources"
