from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse, reverse_lazy
from django.utils.translation import get_language, gettext, gettext_lazy as _

from embudo.business.directory.permissions import VIEW_COMPANIES, VIEW_PEOPLE
from embudo.business.quota import queries
from embudo.business.quota.models import Account, Block, ClosedPeriod, Hold, LimitVersion
from embudo.business.quota.permissions import (
    ADJUST,
    ANSWER_REQUESTS,
    ASK_OFFICER,
    BLOCK,
    LIFT_BLOCK,
    OPEN_ACCOUNT,
    RELEASE_HOLD,
    REQUEST_CHANGE,
    TOP_UP,
    VIEW_ACCOUNTS,
    VIEW_CHANGES,
)
from embudo.business.quota.queries.changes import open_change, rungs
from embudo.business.quota.queries.settled import Settled, settled
from embudo.business.quota.rules.amounts import AtLimit
from embudo.business.quota.rules.changes import words
from embudo.business.quota.rules.states import SPENDABLE, AccountState, Cause, ChangeState
from embudo.business.quota.views.badges import account_badge
from embudo.business.quota.views.gauge import LINES, gauge
from embudo.business.quota.views.periods_chart import chart_of, span_text
from embudo.business.quota.views.requests import request_actions
from embudo.business.quota.views.telling import drawn, lines_of, optional
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import Page, RecordPage
from embudo.foundation.ui.parts import Action, Crumb

NAV = "quota:accounts"
ACCOUNTS = Crumb(_("Quota accounts"), reverse_lazy(NAV))


class AccountPage(RecordPage):
    """The whole story of one quota: what may be spent, what was, who allowed it, and why it is blocked."""

    permission = VIEW_ACCOUNTS
    query = queries.account
    template_name = "quota/account.html"
    nav = NAV
    crumbs = (ACCOUNTS,)

    def at(self, name: str) -> str:
        return reverse(f"quota:{name}", args=[self.record.pk])

    def get_actions(self) -> Sequence[Action]:
        if self.record.state == AccountState.CLOSED:
            return ()
        change = optional("quota:change_new", self.record.pk)
        asked = (Action(_("Ask for a change"), change, "arrow-right", REQUEST_CHANGE, primary=True),)
        top_up = Action(_("Top up"), self.at("top_up"), "circle-plus", TOP_UP, dialog=True)
        asks = self.record.policy_version.at_limit == AtLimit.ASK and self.record.state in SPENDABLE
        ask = (Action(_("Ask an officer"), self.at("ask"), "hourglass", ASK_OFFICER, dialog=True),)
        return (*(asked if change else ()), top_up, *(ask if asks else ()))

    def offered(self) -> list[Action]:
        edit = Action(_("Edit…"), self.at("account_edit"), "pencil", OPEN_ACCOUNT, dialog=True)
        acts = [
            edit,
            Action(_("Correct what was consumed…"), self.at("adjust"), "scale", ADJUST, dialog=True),
            Action(_("Hold the account…"), self.at("block"), "lock", BLOCK, dialog=True),
            Action(_("Close the account…"), self.at("account_close"), "archive", OPEN_ACCOUNT, dialog=True),
        ]
        found = [edit] if self.record.state == AccountState.CLOSED else acts
        return [*(one for one in found if one.is_for(self.actor)), *super().offered()]

    def get_context(self) -> dict[str, Any]:
        record: Account = self.record
        now = settled(record)
        story = queries.story(self.actor, record)
        return (
            super().get_context()
            | self.standing(now)
            | self.figures(now)
            | self.past(now)
            | {
                "story": drawn(lines_of(record, story.items)),
                "next": story.next,
                "story_url": self.at("story"),
                "files": [
                    (kind.upper(), reverse("quota:trail", args=[record.pk, kind])) for kind in ("pdf", "xlsx")
                ],
                "outlook_url": "" if self.has_panel("outlook") else optional("quota:outlook", record.pk),
                "portal_url": "" if self.has_panel("portal") else optional("quota:portal_links", record.pk),
            }
        )

    def has_panel(self, word: str) -> bool:
        """Whether another part of the module has put its panel on this page itself."""
        return any(word in panel.url for panel in self.panels)

    def standing(self, now: Settled) -> dict[str, Any]:
        """State, what blocks it, what is on its way."""
        record = self.record
        blocks = queries.blocks_of(record)
        request = queries.waiting_request(self.actor, record)
        return {
            "badge": account_badge(now.state),
            "state": now.state,
            "sentence": queries.why_blocked(record, blocks),
            "blocks": [self.block_shown(one) for one in blocks],
            "change": self.change_shown(),
            "request": request and {
                "one": request,
                "amount": record.money(request.amount_minor),
                "actions": request_actions(request, record.reference)
                if self.actor.may(ANSWER_REQUESTS) and request.asked_by_id != self.actor.id
                else (),
            },
            "customer_url": self.customer_url(),
        }  # fmt: skip

    def customer_url(self) -> str:
        record = self.record
        is_company = record.company_id is not None
        may = self.actor.may(VIEW_COMPANIES if is_company else VIEW_PEOPLE)
        if not may or not record.customer.is_visible_to(self.actor):
            return ""
        return record_url("directory:company" if is_company else "directory:person", record.customer_id)

    def block_shown(self, block: Block) -> dict[str, Any]:
        may_lift = self.actor.may(LIFT_BLOCK)
        return {
            "one": block,
            "cause": Cause(block.cause).label,
            "who": block.placed_by.name
            if block.placed_by
            else gettext("A daily run")
            if block.is_by_run
            else gettext("The product itself"),
            "lift_url": reverse("quota:block_lift", args=[block.pk]) if may_lift else "",
            "change_url": optional("quota:change", block.change) if block.change else "",
        }

    def change_shown(self) -> dict[str, Any] | None:
        found = open_change(self.record) if self.actor.may(VIEW_CHANGES) else None
        if found is None:
            return None
        return {
            "one": found,
            "state": ChangeState(found.state).label,
            "before": self.record.money(found.from_minor),
            "after": self.record.money(found.to_minor),
            "url": optional("quota:change", found.pk),
        }

    def figures(self, now: Settled) -> dict[str, Any]:
        record, balance = self.record, now.balance
        entries = self.at("entries")
        period = f"&period={now.span.starts.isoformat()}"
        origins = {
            "limits": "#limits",
            "policy": optional("quota:policy", record.policy_id),
            "topups": f"{entries}?of=topups{period}",
            "consumed": f"{entries}?of=consumed{period}",
            "holds": "#holds",
        }
        return {
            "gauge": gauge(balance, record.currency),
            "figures": [
                (label, record.money(getattr(balance, name)), origins[origin])
                for label, name, origin in LINES
                if getattr(balance, name) or name in ("limit", "consumed", "held")
            ],
            "available": record.money(balance.available),
            "overdraft_name": now.version.overdraft_name if balance.overdraft else "",
            "period": span_text(now.span),
            "version": now.version,
            "policy_url": origins["policy"],
            "entries_url": entries,
            "holds": [self.hold_shown(one) for one in queries.open_holds(self.actor, record)],
        }

    def hold_shown(self, hold: Hold) -> dict[str, Any]:
        may = self.actor.may(RELEASE_HOLD)
        return {
            "one": hold,
            "amount": self.record.money(hold.open_minor),
            "what": " · ".join(filter(None, (hold.source, hold.note))) or gettext("Authorisation"),
            "release_url": reverse("quota:hold_release", args=[hold.pk]) if may else "",
        }

    def past(self, now: Settled) -> dict[str, Any]:
        record = self.record
        sums = queries.period_sums(record)
        arrears = queries.arrears_of(record)
        ladder = rungs(now.version)
        closed = queries.closed_periods(self.actor, record)
        return {
            "months": chart_of(sums, record.currency, self.at("entries")),
            "limits": [self.limit_shown(one) for one in queries.limit_versions(self.actor, record)],
            "closed": [self.period_shown(one) for one in closed],
            "arrears": arrears if arrears and arrears.open_minor else None,
            "arrears_amount": record.money(arrears.open_minor) if arrears else None,
            "next_tier": self.tier_shown(
                queries.next_tier(record, ladder, [minor for _span, minor in sums[:-1]], arrears)
            ),
            "has_tiers": bool(ladder),
        }

    def limit_shown(self, one: LimitVersion) -> dict[str, Any]:
        return {
            "shown": atoms.money(self.record.money(one.limit_minor)),
            "tier_name": one.tier_name,
            "valid_from": one.valid_from,
            "valid_to": one.valid_to,
            "reason": one.reason,
            "change_url": optional("quota:change", one.change) if one.change else "",
        }

    def period_shown(self, one: ClosedPeriod) -> dict[str, Any]:
        return {
            "one": one,
            "url": f"{self.at('entries')}?of=consumed&period={one.starts.isoformat()}",
            "allowed": self.record.money(one.allowance_minor),
            "consumed": self.record.money(one.consumed_minor),
            "first": self.record.money(one.first_minor),
        }

    def tier_shown(self, found: queries.NextTier | None) -> dict[str, Any] | None:
        if found is None:
            return None
        language = get_language() or "en"
        currency = self.record.currency
        asks: list[tuple[str, bool | None]] = [
            (words(one.as_data(), currency, language), one.code not in found.lacks) for one in found.asks
        ]
        if found.rung.needs_licence:
            asks.append((gettext("Who changes it needs a licence that names this tier."), None))
        return {
            "name": found.rung.name,
            "limit": self.record.money(found.rung.limit),
            "asks": asks,
            "is_met": not found.lacks,
        }


class StoryPage(Page):
    """What came before what the account's own page shows."""

    permission = VIEW_ACCOUNTS
    template_name = "quota/story.html"
    nav = NAV

    def get_title(self) -> Any:
        return gettext("Story of %(reference)s") % {"reference": self.record.reference}

    @property
    def record(self) -> Account:
        if not hasattr(self, "_record"):
            account_id: UUID = self.kwargs["account_id"]
            self._record = queries.account(self.actor, account_id)
        return self._record

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ACCOUNTS, Crumb(self.record.reference, record_url("quota:account", self.record.pk)))

    def get_context(self) -> dict[str, Any]:
        found = queries.story(self.actor, self.record, cursor=self.request.GET.get("before", ""))
        return super().get_context() | {
            "record": self.record,
            "story": drawn(lines_of(self.record, found.items)),
            "next": found.next,
            "story_url": self.request.path,
            "is_first": "before" not in self.request.GET,
        }
