from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.urls import reverse, reverse_lazy
from django.utils.translation import get_language, gettext, gettext_lazy as _

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.changes import WishForm
from embudo.business.quota.models import Account
from embudo.business.quota.rules.changes import lacking, words
from embudo.business.quota.views.change_words import title_of
from embudo.business.quota.views.changes import NAV
from embudo.business.quota.views.policy_words import changes_words, consent_words, days
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage
from embudo.foundation.ui.parts import Crumb
from embudo.kernel.money import Money

CHANGES = Crumb(_("Changes of quotas"), reverse_lazy(NAV))


class AskPage(CommandPage):
    """The form of a wish, beside what the policy allows of the account."""

    form_class = WishForm
    template_name = "quota/change_form.html"
    nav = NAV
    crumbs = (CHANGES,)

    @property
    def account(self) -> Account:
        raise NotImplementedError

    def form_context(self, form: Any) -> dict[str, Any]:
        account = self.account
        version = account.policy_version
        ladder = queries.rungs(version)
        standing = queries.standing_of(account, ladder)
        found = [(one, [self.worded(miss.as_data()) for miss in lacking(one, standing)]) for one in ladder]
        return super().form_context(form) | {
            "account": account,
            "account_url": reverse("quota:account", args=[account.pk]),
            "limit": atoms.money((account.limit_minor, account.currency)) if standing.has_limit else "",
            "tiers": [
                {
                    "name": one.name,
                    "limit": atoms.money((one.limit, account.currency)),
                    "is_own": standing.has_limit and one.name == account.tier_name,
                    "needs_licence": one.needs_licence,
                    "lacking": misses,
                }
                for one, misses in found
            ],
            "bounds": changes_words(version, account.currency),
            "consent": consent_words(version),
            "notice": days(version.notice_days) if version.notice_days else "",
        }

    def worded(self, finding: Mapping[str, Any]) -> str:
        return words(finding, self.account.currency, get_language() or "en")


class RequestChange(AskPage):
    """`?tier_name=` and `?minor=` (whole units) say what is wished for at first."""

    query = queries.account
    command = commands.request_change
    title = _("Ask for a change of the limit")
    submit_label = _("Write the draft")

    @property
    def account(self) -> Account:
        return self.record  # type: ignore[no-any-return]

    def get_crumbs(self) -> Sequence[Crumb]:
        here = reverse("quota:account", args=[self.record.pk])
        return (Crumb(_("Quotas"), reverse("quota:accounts")), Crumb(self.record.reference, here))

    def get_cancel_url(self) -> str:
        return reverse("quota:account", args=[self.record.pk])

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {name: self.request.GET[name] for name in ("tier_name", "minor") if name in self.request.GET}

    def success_message(self, result: Any) -> str:
        return gettext("The draft is written. Look at it, then submit it.")


class OfChange(CommandPage):
    """An act on one change."""

    query: ClassVar[Any] = queries.change
    nav = NAV

    def get_crumbs(self) -> Sequence[Crumb]:
        return (CHANGES, Crumb(title_of(self.record), self.home()))

    def home(self) -> str:
        return record_url("quota:change", self.record.pk)

    def get_cancel_url(self) -> str:
        return self.home()

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def success_url(self, result: Any, record: Any) -> str:
        return self.home()


def wish_of(change: Any) -> dict[str, Any]:
    return {
        "tier_name": change.to_tier,
        "minor": Money(change.to_minor, change.account.currency),
        "wanted": change.wanted,
        "reason": change.reason,
    }


class EditChange(OfChange, AskPage):
    form_class, template_name = AskPage.form_class, AskPage.template_name
    command = commands.edit_change
    title = _("Edit the draft")

    @property
    def account(self) -> Account:
        return self.record.account  # type: ignore[no-any-return]

    def initial(self, record: Any) -> Mapping[str, Any]:
        return wish_of(record)


class SupersedeChange(EditChange):
    command = commands.supersede_change
    title = _("Replace the change")
    submit_label = _("Write the draft")
    intro = _("The change that is on its way ends, and a new draft takes its place.")

    def success_url(self, result: Any, record: Any) -> str:
        return record_url("quota:change", result.pk)

    def success_message(self, result: Any) -> str:
        return gettext("The draft is written. Look at it, then submit it.")
