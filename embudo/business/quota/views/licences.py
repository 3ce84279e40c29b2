from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Q
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.licences import EndLicenceForm, LicenceForm, LicenceReasonForm, unit_of
from embudo.business.quota.models import Licence
from embudo.business.quota.permissions import GRANT_LICENCES, VIEW_LICENCES
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import Form
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Tab
from embudo.kernel import clock

NAV = "quota:licences"
LICENCES = Crumb(_("Quota licences"), reverse_lazy(NAV))


def state_badge(licence: Licence) -> Any:
    today = clock.today()
    if licence.suspended is not None:
        return atoms.badge("bad", "pause", gettext("Suspended"))
    if licence.valid_to is not None and licence.valid_to < today:
        return atoms.badge("plain", "archive", gettext("Ended"))
    if licence.valid_from > today:
        return atoms.badge("info", "calendar", gettext("Not valid yet"))
    return atoms.badge("ok", "circle-check", gettext("In force"))


def policy_text(licence: Licence) -> str:
    return licence.policy.name if licence.policy else gettext("Every policy")


def tiers_text(licence: Licence) -> str:
    return ", ".join(licence.tiers) or gettext("Every tier without a lock")


def currencies_text(licence: Licence) -> str:
    return ", ".join(licence.currencies) or gettext("Every currency")


def most_text(licence: Licence) -> str:
    if not licence.most_minor:
        return gettext("Any amount")
    unit = unit_of(licence.policy, licence.currencies)
    return atoms.money((licence.most_minor, unit)) if unit else atoms.number(licence.most_minor)


def purpose_text(licence: Licence) -> str:
    if licence.may_submit and licence.may_approve:
        return gettext("Ask for changes and approve those of others")
    return gettext("Ask for changes") if licence.may_submit else gettext("Approve changes")


def purpose_short(licence: Licence) -> str:
    if licence.may_submit and licence.may_approve:
        return gettext("ask, approve")
    return gettext("ask") if licence.may_submit else gettext("approve")


def is_over(licence: Licence) -> bool:
    return licence.valid_to is not None and licence.valid_to < clock.today()


def ended() -> Q:
    return Q(valid_to__lt=clock.today())


class Licences(ListPage):
    permission = VIEW_LICENCES
    title = _("Quota licences")
    icon = "key-round"
    query = queries.licences
    columns = (
        Column("person__name", _("Person"), cell=lambda row: row.person.name, sort="person__name"),
        Column("state", _("State"), cell=state_badge),
        Column("may", _("Allows"), cell=purpose_short),
        Column("policy", _("Policy"), cell=lambda row: row.policy.name if row.policy else _("all")),
        Column("tiers", _("Tiers"), cell=lambda row: ", ".join(row.tiers) or _("all but locked ones")),
        Column("currencies", _("Currencies"), cell=lambda row: ", ".join(row.currencies) or _("all")),
        Column("most_minor", _("Up to"), cell=most_text, end=True),
        Column("valid_from", _("From"), kind="date", sort="valid_from", descends_first=True),
        Column("valid_to", _("To"), kind="date"),
    )
    tabs = (
        Tab("force", _("In force"), lambda found, _actor: found.filter(suspended=None).exclude(ended())),
        Tab("suspended", _("Suspended"), lambda found, _actor: found.filter(suspended__isnull=False)),
        Tab("ended", _("Ended"), lambda found, _actor: found.filter(ended())),
        Tab("all", _("All")),
    )
    search_fields = ("person__name", "policy__name")
    search_label = _("Find by person or policy")
    default_sort = "person__name"
    actions = (
        Action(_("Grant a licence"), reverse_lazy("quota:licence_new"), "plus", GRANT_LICENCES, primary=True),
    )
    empty_title = _("No licences here")
    empty_text = _("Only who holds one may ask for a change of a quota, or approve one.")

    def row_url(self, row: Any) -> str:
        return record_url("quota:licence", row.pk)

    def row_tone(self, row: Any) -> str:
        return "bad" if row.suspended is not None else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s licence", "%(n)s licences", n) % {"n": self.count_shown(n)}


class LicencePage(RecordPage):
    permission = VIEW_LICENCES
    query = queries.licence
    template_name = "quota/licence.html"
    nav = NAV
    crumbs = (LICENCES,)

    def act(self, name: str, label: Any, icon: str, **more: Any) -> Action:
        address = reverse(f"quota:{name}", args=[self.record.pk])
        return Action(label, address, icon, GRANT_LICENCES, dialog=True, **more)

    def get_actions(self) -> Sequence[Action]:
        if is_over(self.record):
            return ()
        if self.record.suspended is not None:
            restore = self.act("licence_restore", _("Restore"), "rotate-ccw", primary=True)
            return (restore, self.act("licence_end", _("End"), "archive"))
        return (
            self.act("licence_suspend", _("Suspend"), "pause"),
            self.act("licence_end", _("End"), "archive"),
        )

    def get_context(self) -> dict[str, Any]:
        record = self.record
        cause = record.suspended_by_change
        return super().get_context() | {
            "badge": state_badge(record),
            "policy": policy_text(record),
            "tiers": tiers_text(record),
            "currencies": currencies_text(record),
            "most": most_text(record),
            "purpose": purpose_text(record),
            "change_url": record_url("quota:change", cause) if cause else "",
        }


class GrantLicence(CommandPage):
    command = commands.grant_licence
    form_class = LicenceForm
    title = _("Grant a licence")
    submit_label = _("Grant the licence")
    cancel_url = reverse_lazy(NAV)
    nav = NAV
    crumbs = (LICENCES,)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"valid_from": clock.today(), "may_submit": True, "may_approve": True} | dict(
            super().initial(record)
        )

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s holds a licence from %(day)s.") % {
            "name": result.person.name, "day": atoms.full_day(result.valid_from),
        }  # fmt: skip


class OfLicence(CommandPage):
    """An act on one licence."""

    query = queries.licence
    form_class: ClassVar[type[Form]] = LicenceReasonForm
    nav = NAV

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (LICENCES, Crumb(self.record.person.name, record_url("quota:licence", self.record.pk)))


class EndLicence(OfLicence):
    command = commands.end_licence
    form_class = EndLicenceForm
    title = _("End the licence")
    submit_label = _("End the licence")
    intro = _("What was signed by it and is not in force yet can't be applied any more.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        if is_over(result):
            return gettext("The licence has ended.")
        return gettext("The licence ends on %(day)s.") % {"day": atoms.full_day(result.valid_to)}


class SuspendLicence(OfLicence):
    command = commands.suspend_licence
    title = _("Suspend the licence")
    submit_label = _("Suspend the licence")
    intro = _("Nothing is signed or applied by it until an administrator restores it.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The licence is suspended.")


class RestoreLicence(OfLicence):
    command = commands.restore_licence
    title = _("Restore the licence")
    submit_label = _("Restore the licence")
    intro = _("It holds again as it was granted.")

    def success_message(self, result: Any) -> str:
        return gettext("The licence holds again.")
