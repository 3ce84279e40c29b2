from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.assignments import CauseForm
from embudo.business.intake.forms.second import WaiveForm
from embudo.business.intake.permissions import CLOSE_PART
from embudo.business.intake.rules.states import Duty
from embudo.business.intake.views.assignments import ASSIGNMENTS, NAV
from embudo.business.intake.views.badges import entry_badge
from embudo.business.intake.views.ordering import OfAssignment
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, RecordPage
from embudo.foundation.ui.parts import Crumb


def reach_context(reach: queries.Reach) -> dict[str, Any]:
    """What a closing would close, for people to read."""
    n = reach.unfinished.entries
    return {
        "reach": reach,
        "parts": [(one, Duty(one.duty).label) for one in reach.parts],
        "unfinished": [(entry_badge(state), count) for state, count in reach.unfinished.by_state.items()],
        "unfinished_text": ngettext("%(n)d entry is unfinished", "%(n)d entries are unfinished", n)
        % {"n": n},
    }


def closed_text(closing: Any) -> str:
    return ngettext(
        "Closed with %(n)d part. Undo opens it again.", "Closed with %(n)d parts. Undo opens them again.",
        closing.bindings,
    ) % {"n": closing.bindings}  # fmt: skip


class CloseAssignment(OfAssignment):
    """The dry run first: what will close, and what it leaves undone."""

    command = commands.close_assignment
    form_class = CauseForm
    template_name = "intake/closing.html"
    title = _("Close the assignment")
    submit_label = _("Close the assignment")
    is_danger = True

    def form_context(self, form: Any) -> dict[str, Any]:
        reach = queries.reach_of_closing(self.record)
        return super().form_context(form) | reach_context(reach)

    def success_message(self, result: Any) -> str:
        return closed_text(result)

    def success_url(self, result: Any, record: Any) -> str:
        return record_url("intake:assignment", record.pk)

    def undo_url(self, result: Any) -> str:
        return reverse("intake:closing_reopen", args=[result.pk])


class ClosePart(CommandPage):
    """An operator's part, or a supervisor's with those of all their operators."""

    query = queries.part_of_person
    command = commands.close_part
    form_class = CauseForm
    template_name = "intake/closing.html"
    submit_label = _("Close the part")
    is_danger = True
    nav = NAV

    def home(self) -> str:
        return record_url("intake:assignment", self.record.assignment_id)

    def get_title(self) -> str:
        return gettext("Close the part of %(name)s") % {"name": self.record.person}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ASSIGNMENTS, Crumb(self.record.assignment.title, self.home()))

    def get_cancel_url(self) -> str:
        return self.home()

    def form_context(self, form: Any) -> dict[str, Any]:
        reach = queries.reach_of_closing(self.record.assignment, self.record.person_id)
        return super().form_context(form) | reach_context(reach)

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        return commands.close_part(actor, record.assignment, person_id=record.person_id, **data)

    def success_message(self, result: Any) -> str:
        return closed_text(result)

    def success_url(self, result: Any, record: Any) -> str:
        return self.home()

    def undo_url(self, result: Any) -> str:
        return reverse("intake:closing_reopen", args=[result.pk])


class ReopenClosing(ConfirmPage):
    query = queries.closing
    command = commands.reopen_closing
    title = _("Reopen")
    submit_label = _("Reopen")
    nav = NAV

    def home(self) -> str:
        return record_url("intake:assignment", self.record.assignment_id)

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ASSIGNMENTS, Crumb(self.record.assignment.title, self.home()))

    def get_cancel_url(self) -> str:
        return self.home()

    def form_context(self, form: Any) -> dict[str, Any]:
        n = self.record.bindings
        intro = ngettext(
            "What this closing closed opens again, %(n)d part, and nothing above it.",
            "What this closing closed opens again, %(n)d parts, and nothing above them.",
            n,
        ) % {"n": n}
        return super().form_context(form) | {"intro": intro}

    def success_url(self, result: Any, record: Any) -> str:
        return self.home()

    def success_message(self, result: Any) -> str:
        n = result.bindings
        return ngettext("Open again, with %(n)d part.", "Open again, with %(n)d parts.", n) % {"n": n}


class WaiveSecond(OfAssignment):
    """What waits for a second entry that nobody is there to give goes on, for a reason."""

    command = commands.waive_second
    form_class = WaiveForm
    title = _("Go on without a second entry")
    submit_label = _("Go on without")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def form_context(self, form: Any) -> dict[str, Any]:
        lacking = queries.lacking_seconds([self.record]).get(self.record.pk)
        return super().form_context(form) | {"intro": self.told(lacking.entries if lacking else 0)}

    def told(self, n: int) -> str:
        if not n:
            return gettext("Nothing waits in vain: somebody is there to enter it again.")
        return ngettext(
            "%(n)d entry goes on: what was drawn to be verified goes to a verifier, the rest is accepted.",
            "%(n)d entries go on: what was drawn to be verified goes to a verifier, the rest is accepted.",
            n,
        ) % {"n": n}

    def success_message(self, result: Any) -> str:
        return ngettext("%(n)d entry went on.", "%(n)d entries went on.", result) % {"n": result}

    def success_url(self, result: Any, record: Any) -> str:
        return record_url("intake:assignment", record.pk)


class LateDrafts(RecordPage):
    """What operators typed when their part was closed already: nothing of it is lost."""

    permission = CLOSE_PART
    query = queries.assignment
    template_name = "intake/assignment_late.html"
    nav = NAV
    knows_its_list = False

    def get_title(self) -> Any:
        return _("Typed after closing")

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ASSIGNMENTS, Crumb(self.record.title, record_url("intake:assignment", self.record.pk)))

    def get_context(self) -> dict[str, Any]:
        words = queries.Wording(self.actor, self.record)
        drafts = queries.drafts_after_closing(self.actor, self.record)[:200]
        shown = [
            (one, [(fact.label, fact.text) for fact in words.facts(one.values) if fact.value])
            for one in drafts
        ]
        return super().get_context() | {"drafts": shown}
