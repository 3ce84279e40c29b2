from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.entries import LikenessesForm
from embudo.business.intake.permissions import DECIDE
from embudo.business.intake.views.badges import entry_badge
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ListPage
from embudo.foundation.ui.parts import Column, Crumb, Filter
from embudo.foundation.ui.picking import RowPicking, picked_ids
from embudo.kernel.actor import Actor

NAV = "intake:likenesses"
REASONS: Mapping[str, Any] = {
    "tax": _("The same tax number"),
    "name": _("The same name in the same town"),
    "email": _("The same e-mail address"),
    "phone": _("The same phone"),
}


def where_text(row: Any) -> str:
    """The assignment, or both where the pair lies across principals."""
    one, other = row.entry.assignment, row.other.assignment
    if one.pk == other.pk:
        return str(one.title)
    return gettext("%(one)s and %(other)s") % {"one": one.title, "other": other.title}


def assignment_choices(actor: Actor) -> list[tuple[str, str]]:
    return [(str(pk), title) for pk, title in queries.assignments_alike(actor)]


class PairPicking(RowPicking):
    def acts(self) -> list[tuple[str, Any, str, str, bool]]:
        return [(reverse("intake:likenesses_decide"), gettext("Decide…"), "badge-check", "decide", False)]


class PairPicker:
    """Fills the list's slot: several pairs are decided at once."""

    def picking(self, page: ListPage, model: Any) -> PairPicking:
        return PairPicking(page)


PAIRS = PairPicker()


class Likenesses(ListPage):
    """Pairs of entries that may be of the same, for whoever leads both to decide."""

    permission = DECIDE
    title = _("Look-alike entries")
    icon = "copy"
    query = queries.open_likenesses
    columns = (
        Column("entry.name", _("Entry"), cell=lambda row: row.entry.name),
        Column("other.name", _("Looks like"), cell=lambda row: row.other.name),
        Column("reason", _("Why"), cell=lambda row: REASONS.get(row.reason, row.reason)),
        Column("assignment", _("Assignment"), cell=where_text),
        Column("entry.owner.name", _("Entered by"), kind="person"),
        Column("created", _("Found"), kind="datetime", sort="created", descends_first=True),
    )
    filters = (Filter("assignment", _("Assignment"), assignment_choices, "entry__assignment"),)
    editor = PAIRS
    search_fields = ("entry__name", "other__name")
    search_label = _("Find by name")
    default_sort = "-created"
    empty_title = _("Nothing looks alike")
    empty_text = _("Entries with the same tax number, name, e-mail address or phone come here to be decided.")

    def row_url(self, row: Any) -> str:
        return record_url("intake:likeness_decide", row.pk)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s pair", "%(n)s pairs", n) % {"n": self.count_shown(n)}


class DecideLikenesses(CommandPage):
    """One answer for all the pairs that were picked, for one reason."""

    command = commands.decide_likenesses
    form_class = LikenessesForm
    submit_label = _("Decide")
    nav = NAV
    crumbs = (Crumb(_("Look-alike entries"), reverse_lazy(NAV)),)
    cancel_url = reverse_lazy(NAV)

    @cached_property
    def ids(self) -> list[UUID]:
        return picked_ids(self.request.GET)

    def get_title(self) -> str:
        n = len(self.ids)
        return ngettext("Decide about %(n)d pair", "Decide about %(n)d pairs", n) % {"n": n}

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        is_same = data["answer"] == "same"
        return commands.decide_likenesses(actor, ids=self.ids, is_same=is_same, comment=data["comment"])

    def success_message(self, result: Any) -> str:
        done = sum(is_decided for _pk, is_decided in result)
        left = len(result) - done
        said = ngettext("%(n)d pair was decided.", "%(n)d pairs were decided.", done) % {"n": done}
        if left:
            said += " " + ngettext(
                "%(n)d was decided by somebody else before.", "%(n)d were decided by somebody else before.", left
            ) % {"n": left}  # fmt: skip
        return said

    def success_url(self, result: Any, record: Any) -> str:
        return reverse(NAV)


class DecideLikeness(CommandPage):
    """Both entries side by side, and two buttons; then comes the next pair."""

    query = queries.likeness
    command = commands.decide_likeness
    template_name = "intake/likeness.html"
    title = _("The same or not?")
    width = ""
    nav = NAV
    crumbs = (Crumb(_("Look-alike entries"), reverse_lazy(NAV)),)
    cancel_url = reverse_lazy(NAV)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        is_same = self.request.POST.get("answer") == "same"
        return commands.decide_likeness(actor, record, is_same=is_same)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("answer") in ("same", "other"):
            return super().post(request, *args, **kwargs)
        form = self.get_form(request.POST)
        form.add_error(None, gettext("Choose one of the values offered."))
        return self.show(form, status=422)

    def form_context(self, form: Any) -> dict[str, Any]:
        record = self.record
        return super().form_context(form) | {
            "reason": REASONS.get(record.reason, record.reason),
            "rows": self.rows(),
            "sides": [
                (one, entry_badge(one.state), reverse("intake:entry", args=[one.pk]))
                for one in (record.entry, record.other)
            ],
        }

    def rows(self) -> list[tuple[str, Any, Any, bool]]:
        """(label, the one, the other, whether they differ), of what either has."""
        facts = [self.facts(one) for one in (self.record.entry, self.record.other)]
        names = dict.fromkeys((*facts[0], *facts[1]))
        found = []
        for name in names:
            one, other = (side.get(name) for side in facts)
            label = (one or other).label  # type: ignore[union-attr]
            texts = [side.text if side else "—" for side in (one, other)]
            if texts != ["—", "—"]:
                found.append((label, texts[0], texts[1], texts[0] != texts[1]))
        return found

    def facts(self, entry: Any) -> dict[str, Any]:
        words = queries.Wording(self.actor, entry.assignment)
        return {one.name: one for one in words.facts(queries.asked_values(entry))}

    def success_message(self, result: Any) -> str:
        if result.is_same:
            return gettext("Kept as the same.")
        return gettext("Kept as not the same.")

    def success_url(self, result: Any, record: Any) -> str:
        following = queries.next_likeness(self.actor, result.entry.assignment_id)
        return record_url("intake:likeness_decide", following.pk) if following else reverse(NAV)
