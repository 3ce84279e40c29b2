from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.directory import commands, queries, rules
from embudo.business.directory.forms import ActivityListForm, SwitchForm
from embudo.business.directory.models import Company, RegisterCheck, RegisterSwitch
from embudo.business.directory.permissions import (
    CHANGE_COMPANY,
    CHECK_REGISTERS,
    MANAGE_REGISTERS,
    VIEW_COMPANIES,
)
from embudo.business.directory.rules.registers import all_registers, reason_text, register_named
from embudo.foundation.ui import atoms
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, Page
from embudo.foundation.ui.parts import Action, Crumb
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound

BADGES = {
    rules.Outcome.WAITING: ("info", "clock"),
    rules.Outcome.VALID: ("ok", "badge-check"),
    rules.Outcome.INVALID: ("bad", "circle-alert"),
    rules.Outcome.UNKNOWN: ("warn", "circle-alert"),
}
MOST_CHECKS = 5
Switches = Mapping[str, RegisterSwitch]


def register_label(code: str) -> str:
    found = register_named(code)
    return str(found.label) if found else code


def outcome_badge(check: RegisterCheck) -> Any:
    outcome = rules.Outcome(check.outcome)
    return atoms.badge(*BADGES[outcome], str(outcome.label))


def check_actions(actor: Actor, company: Company, switches: Switches) -> list[Action]:
    """A button for each register that is on and may know the company."""
    if not company.is_within(actor, CHECK_REGISTERS):
        return []
    numbers = queries.numbers_of(company)
    return [
        Action(
            gettext("Check in %(register)s") % {"register": one.label},
            reverse("directory:company_ask", args=[company.pk, one.code]),
            "badge-check",
            dialog=True,
        )
        for one in all_registers()
        if switches[one.code].is_on and one.number_of(numbers)
    ]


def checks_shown(actor: Actor, company: Company, switches: Switches) -> list[dict[str, Any]]:
    """The newest answers; where no register was ever switched on there are none to look for."""
    if all(one._state.adding for one in switches.values()):
        return []
    return [
        {"check": one, "register": register_label(one.register_code), "badge": outcome_badge(one)}
        for one in queries.checks_of(actor, company)[:MOST_CHECKS]
    ]


def _company_asked(actor: Actor, company_id: Any, register: str) -> Company:
    if register_named(register) is None:
        raise NotFound
    return queries.company(actor, company_id)


class AskRegister(ConfirmPage):
    """The register is asked at once; what it does not answer now is asked again in the background."""

    query = _company_asked
    command = commands.ask_register
    title = _("Check in the register")
    submit_label = _("Ask the register")
    nav = "directory:companies"

    def get_title(self) -> Any:
        return gettext("Check in %(register)s") % {"register": register_label(self.kwargs["register"])}

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        asked = super().perform(actor, record, {"register": self.kwargs["register"]})
        return commands.answer_check(asked.pk) or asked

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("directory:check", args=[result.pk])

    def success_message(self, result: Any) -> str:
        return gettext("%(register)s says: %(outcome)s.") % {
            "register": register_label(result.register_code),
            "outcome": rules.Outcome(result.outcome).label,
        }


@dataclass(frozen=True)
class Told:
    """One attribute as the register has it, beside what we have."""

    label: Any
    now: str
    told: str
    is_filled: bool


class CheckPage(Page):
    """What the register answered, and what of it would be filled in."""

    permission = VIEW_COMPANIES
    template_name = "directory/check.html"
    nav = "directory:companies"

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._check: RegisterCheck | None = None

    @property
    def check(self) -> RegisterCheck:
        if self._check is None:
            self._check = queries.check(self.actor, self.kwargs["check_id"])
        return self._check

    def get_title(self) -> Any:
        return gettext("%(register)s about %(company)s") % {
            "register": register_label(self.check.register_code),
            "company": self.check.company.name,
        }

    def get_crumbs(self) -> tuple[Crumb, ...]:
        company = self.check.company
        return (
            Crumb(_("Companies"), reverse("directory:companies")),
            Crumb(company.name, reverse("directory:company", args=[company.pk])),
        )

    def told(self) -> list[Told]:
        company = self.check.company
        filled = commands.fillable(company, self.check.values)
        labels = {one.name: one.verbose_name for one in company._meta.concrete_fields}
        return [
            Told(
                labels[name],
                str(getattr(company, name) or ""),
                str(filled.get(name, value)),
                name in filled,
            )
            for name, value in self.check.values.items()
            if name in labels
        ]

    def get_context(self) -> dict[str, Any]:
        check, told = self.check, self.told()
        may = check.company.is_within(self.actor, CHANGE_COMPANY)
        return super().get_context() | {
            "check": check,
            "told": told,
            "badge": outcome_badge(check),
            "reason": reason_text(check.reason) if check.reason else "",
            "is_asked_again": commands.next_attempt(check) is not None,
            "may_fill": may and any(one.is_filled for one in told),
        }


class FillFromRegister(ConfirmPage):
    query = queries.check
    command = commands.fill_from_register
    title = _("Fill in from the register")
    submit_label = _("Fill in what is empty")
    nav = "directory:companies"

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        return super().perform(actor, record.company, {"check": record})

    def get_cancel_url(self) -> str:
        return reverse("directory:check", args=[self.record.pk])


class Registers(Page):
    permission = MANAGE_REGISTERS
    template_name = "directory/registers.html"
    title = _("Public registers")
    icon = "badge-check"

    def get_context(self) -> dict[str, Any]:
        known = queries.switches()
        rows = [
            {"register": one, "switch": known[one.code], "is_ready": one.is_ready()}
            for one in all_registers()
        ]
        return super().get_context() | {"rows": rows, "subclasses": len(rules.subclasses())}


class TakeActivityList(CommandPage):
    command = commands.take_activity_list
    form_class = ActivityListForm
    title = _("Take in the list of PKD 2025")
    submit_label = _("Take in")
    cancel_url = reverse_lazy("directory:registers")
    nav = "directory:registers"

    def success_message(self, result: Any) -> str:
        return ngettext("%(n)d subclass is known now.", "%(n)d subclasses are known now.", result) % {
            "n": result
        }

    def success_url(self, result: Any, record: Any) -> str:
        return str(self.cancel_url)


def _switch(actor: Actor, register: str) -> RegisterSwitch:
    if register_named(register) is None:
        raise NotFound
    return queries.switch_of(register)


class SwitchRegister(CommandPage):
    query = _switch
    command = commands.switch_register
    form_class = SwitchForm
    cancel_url = reverse_lazy("directory:registers")
    nav = "directory:registers"

    def get_title(self) -> Any:
        return register_label(self.kwargs["register"])

    def get_cancel_url(self) -> str:
        return str(self.cancel_url)

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form = super().get_form(data, files)
        found = register_named(self.kwargs["register"])
        if found and not found.takes_requester:
            del form.fields["requester"]
        return form

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        return super().perform(actor, None, {**data, "register": record.code})

    def success_url(self, result: Any, record: Any) -> str:
        return str(self.cancel_url)
