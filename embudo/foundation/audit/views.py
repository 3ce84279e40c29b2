from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.audit import commands, permissions, queries
from embudo.foundation.ui.forms import EmptyForm
from embudo.foundation.ui.hooks_registry import about_url
from embudo.foundation.ui.keyset import keyset_page
from embudo.foundation.ui.pages import ConfirmPage, ListPage, Page
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.former import also_known_as
from embudo.kernel.kind import all_kinds, kind_named
from embudo.kernel.models import LogEntry
from embudo.kernel.wording import event_text

PERIODS = (("1", _("Last 24 hours")), ("7", _("Last 7 days")), ("30", _("Last 30 days")))
ORIGINS = (
    ("web", _("Pages")),
    ("rest", _("REST")),
    ("form", _("Web form")),
    ("cli", _("Command line")),
    ("worker", _("The product itself")),
)
LOG_CRUMB = Crumb(_("Log"), reverse_lazy("audit:log"))


def who(row: Any) -> str:
    """A user by name; other actors by what they call themselves."""
    return row["user_name"] or row["actor_name"] or gettext("The product itself")


def who_did(entry: Any) -> str:
    """The same of an entry."""
    return entry.user_name or entry.actor_name or gettext("The product itself")


def what(row: Any) -> Any:
    return event_text(row["name"]).words(row["data"])


def where(row: Any) -> str:
    return str(dict(ORIGINS).get(row["origin"], row["origin"]))


def kind_label(row: Any) -> str:
    kind = kind_named(row["about_kind"])
    return str(kind.label) if kind else ""


def by_period(found: QuerySet[LogEntry], value: str, _actor: Actor) -> QuerySet[LogEntry]:
    return found.filter(at__gte=clock.now() - timedelta(days=int(value)))


def kinds(_actor: Actor) -> list[tuple[str, Any]]:
    return [(kind.name, kind.plural) for kind in all_kinds()]


class Log(ListPage):
    permission = permissions.VIEW_LOG
    title = _("Log")
    icon = "history"
    nav = "audit:log"
    help_key = "audit:log"
    query = queries.entries
    fields = ("seq", "name", "data", "user_name", "actor_name", "about_kind", "origin", "at", "command")
    columns = (
        Column("name", _("What happened"), cell=what),
        Column("who", _("Who"), cell=who),
        Column("kind", _("Record"), cell=kind_label),
        Column("at", _("When"), kind="datetime", sort="seq", descends_first=True),
        Column("origin", _("Through"), cell=where),
    )
    filters = (
        Filter("kind", _("Record"), kinds, "about_kind"),
        Filter("origin", _("Through"), ORIGINS, "origin"),
        Filter("period", _("Period"), PERIODS, by_period),
    )
    search_fields = ("command", "user_name", "actor_name", "request_id")
    search_label = _("Find by act or person")
    default_sort = "-seq"
    actions = (
        Action(_("State of the log"), reverse_lazy("audit:chain"), "shield-check", permissions.CHECK_LOG),
    )
    empty_text = _("Whatever people and programs do will stand here.")

    def row_url(self, row: Any) -> str:
        return reverse("audit:entry", args=[row["pk"]])

    def row_sub(self, row: Any) -> str:
        return str(row["command"])

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s entry", "%(n)s entries", n) % {"n": self.count_shown(n)}


class Entry(Page):
    """One row of the log with all that it changed."""

    permission = permissions.VIEW_LOG
    template_name = "audit/entry.html"
    nav = "audit:log"
    crumbs = (LOG_CRUMB,)

    @property
    def entry(self) -> LogEntry:
        return queries.entry(self.actor, self.kwargs["seq"])

    def get_title(self) -> str:
        return gettext("Entry %(number)s") % {"number": self.kwargs["seq"]}

    def get_context(self) -> dict[str, Any]:
        entry = self.entry
        return super().get_context() | {"told": tell(self.actor, [entry])[0]}


def tell(
    actor: Actor, found: Sequence[LogEntry], *, of: Collection[UUID] | None = None
) -> list[dict[str, Any]]:
    """The entries as the templates show them: in words, with their readable changes."""
    changes = queries.changes(actor, list(found), of=of)
    return [
        {
            "entry": entry,
            "words": event_text(entry.name).words(entry.data),
            "icon": event_text(entry.name).icon,
            "tone": event_text(entry.name).tone,
            "who": who_did(entry),
            "through": where({"origin": entry.origin}),
            "changes": changes.get(entry.pk, []),
        }
        for entry in found
    ]


class History(Page):
    """All that ever happened to one record, with before and after of every value."""

    permission = permissions.VIEW_HISTORY
    template_name = "audit/history.html"
    size = 50

    def get_crumbs(self) -> tuple[Crumb, ...]:
        kind, record = self.subject
        return (Crumb(kind.title(record), kind.url(record.pk)),)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._subject: Any = None

    @property
    def subject(self) -> Any:
        if self._subject is None:
            self._subject = queries.record_of(self.actor, self.kwargs["kind"], self.kwargs["record_id"])
        return self._subject

    def get_title(self) -> str:
        kind, record = self.subject
        return gettext("Change history: %(record)s") % {"record": kind.title(record)}

    def get_context(self) -> dict[str, Any]:
        found = queries.entries_about(self.actor, self.kwargs["kind"], self.kwargs["record_id"])
        page = keyset_page(
            found, sort="-seq", size=self.size, after=self.request.GET.get("after", ""), before=""
        )
        told = tell(self.actor, page.rows, of=also_known_as(self.kwargs["kind"], self.kwargs["record_id"]))
        self.offer_restoring(told)
        return super().get_context() | {"told": told, "next_url": f"?after={page.next}" if page.next else ""}

    def offer_restoring(self, told: list[dict[str, Any]]) -> None:
        """Gives each value that may be put back the address of the page that does it, where there is one."""
        kind, record = self.subject
        names = queries.settable_names(self.actor, kind, record)
        if not names or not restore_address(kind.name, record.pk, 0, "x"):
            return
        for one in told:
            for place, change in enumerate(one["changes"]):
                if change.record_id == str(record.pk) and not (change.is_new or change.is_erased):
                    fields = [
                        replace(
                            field,
                            restore_url=restore_address(kind.name, record.pk, one["entry"].pk, field.name),
                        )
                        if field.name in names
                        else field
                        for field in change.fields
                    ]
                    one["changes"][place] = replace(change, fields=fields)


def restore_address(kind: str, record_id: UUID, seq: int, name: str) -> str:
    """ "" where no module puts single values back."""
    try:
        return reverse("editing:restore", args=[kind, record_id, name, seq])
    except NoReverseMatch:
        return ""


class HistoryPanel(Page):
    """The last few changes, on the record's own page."""

    permission = permissions.VIEW_HISTORY
    template_name = "audit/history_panel.html"
    size = 5

    def get_context(self) -> dict[str, Any]:
        place = [self.kwargs["kind"], self.kwargs["record_id"]]
        record = self.at_hand or queries.record_of(self.actor, *place)[1]
        told = [
            {"at": one.at, "who": who_did(one), "words": event_text(one.name).words(one.data)}
            for one in queries.newest_about(record, self.size)
        ]
        return super().get_context() | {"told": told, "history_url": about_url("audit:history", *place)}


class Chain(Page):
    """How much of the log is sealed, and what the last check found."""

    permission = permissions.CHECK_LOG
    template_name = "audit/chain.html"
    title = _("State of the log")
    width = "narrow"
    nav = "audit:log"
    crumbs = (LOG_CRUMB,)
    actions = (
        Action(
            _("Check now"),
            reverse_lazy("audit:check"),
            "shield-check",
            permissions.CHECK_LOG,
            primary=True,
            dialog=True,
        ),
    )

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {
            "state": queries.chain_state(self.actor),
            "checks": queries.checks(self.actor)[:20],
        }


class CheckNow(ConfirmPage):
    command = commands.request_check
    form_class = EmptyForm
    title = _("Check the log")
    submit_label = _("Check now")
    intro = _(
        "The whole log is read and compared with its seals. You see the result on this page when it is done."
    )
    crumbs = (LOG_CRUMB,)

    def perform(self, actor: Actor, _record: Any, _data: Mapping[str, Any]) -> None:
        commands.request_check(actor)

    def success_url(self, _result: Any, _record: Any) -> str:
        return reverse("audit:chain")

    def success_message(self, _result: Any) -> str:
        return gettext("The check has started.")
