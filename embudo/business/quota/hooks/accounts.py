from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.commands.erasing import forget_erased
from embudo.business.quota.commands.merged import account_moved
from embudo.business.quota.models import (
    Account,
    Block,
    ClosedPeriod,
    Hold,
    LedgerEntry,
    LimitVersion,
    SpendRequest,
)
from embudo.business.quota.permissions import ANSWER_REQUESTS, VIEW_ACCOUNTS, VIEW_STANDING
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.atoms import money
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import (
    HomePage,
    MenuEntry,
    Panel,
    record_url,
    register_home,
    register_menu,
    register_panel,
)
from embudo.kernel.erasing import register_eraser
from embudo.kernel.kind import RecordKind, SearchText, register_kind, register_lasting
from embudo.kernel.wording import register_event_text

SECTION = _("Quotas")
LASTING = _("The ledger of a quota is kept for good. Close the account instead.")
HELPED = (
    "accounts", "account", "account_new", "account_edit", "account_close", "story", "entries", "top_up", "adjust", "block",
    "ask", "entry_reverse", "hold_release", "block_lift", "requests", "request_approve", "request_deny", "trail_check",
    "company_account_new", "person_account_new",
)  # fmt: skip
EVENT_TEXTS: tuple[tuple[str, Any, str, str], ...] = (
    ("AccountOpened", _("opened the quota account"), "plus", "ok"),
    ("AccountEdited", _("edited the quota account"), "pencil", ""),
    ("AccountClosed", _("closed the quota account"), "archive", ""),
    ("LimitPut", _("set the limit of the quota"), "gauge", "accent"),
    ("AccountBlocked", _("held the quota account"), "lock", "bad"),
    ("BlockLifted", _("lifted what held the quota account"), "circle-check", "ok"),
    ("SpendRequestAnswered", _("answered the request to spend more"), "user-check", "info"),
    ("TrailMade", _("took the quota account's story as a file"), "download", ""),
)
# What the ledger itself tells.
UNTOLD: tuple[tuple[str, Any, str], ...] = (
    ("SpendingAuthorised", _("authorised spending"), "clock"),
    ("SpendingRefused", _("refused spending"), "circle-x"),
    ("MovementPosted", _("posted to the quota's ledger"), "wallet"),
    ("ThresholdReached", _("saw the quota reach a threshold"), "gauge"),
    ("PeriodClosed", _("closed a period of the quota"), "calendar-check"),
    ("PeriodRestated", _("restated a closed period of the quota"), "calendar-clock"),
    ("ArrearsTold", _("told what the customer owes"), "receipt"),
)


def account_url(account_id: UUID) -> str:
    return record_url("quota:account", account_id)


def requests_url(_request_id: UUID) -> str:
    return reverse("quota:requests")


def account_search(account: Account) -> SearchText:
    name = account.customer.name
    return SearchText(account.reference, name, (account.reference, name))


def asked_words(data: Mapping[str, Any]) -> str:
    return str(_("asked an officer to let %(amount)s more be spent")) % {
        "amount": money((data["amount_minor"], data["currency"]))
    }


def panel_url(name: str) -> Callable[[UUID], str]:
    return lambda record_id: reverse(f"quota:{name}", args=[record_id])


def register() -> None:
    """Kinds, menu, panels, words and help of accounts."""
    register_kinds()
    register_menu(MenuEntry(_("Quota accounts"), "quota:accounts", "wallet", VIEW_ACCOUNTS, 80, SECTION))
    register_menu(
        MenuEntry(
            _("Extra spending"),
            "quota:requests",
            "hourglass",
            ANSWER_REQUESTS,
            82,
            SECTION,
            badge=queries.requests_waiting,
        )
    )
    for role, order in (("officer", 50), ("approver", 51)):
        register_home(HomePage(role, "quota:accounts", order))
    for kind, name in (("directory.company", "company_panel"), ("directory.person", "person_panel")):
        register_panel(
            Panel(kind, "side", _("Quota"), panel_url(name), VIEW_STANDING, order=20, statements=2)
        )
    for event, text, icon, tone in EVENT_TEXTS:
        register_event_text(f"quota.{event}", text, icon, tone)
    for event, text, icon in UNTOLD:
        register_event_text(f"quota.{event}", text, icon, is_told=False)
    register_event_text("quota.OfficerAsked", asked_words, "hourglass", "info")
    register_notification_kind(
        NotificationKind("quota.officer_asked", _("Somebody asks to spend above a quota"))
    )
    register_notification_kind(
        NotificationKind("quota.request_answered", _("A request to spend more was answered"), is_mailed=False)
    )
    for page in HELPED:
        register_help(f"quota:{page}", _("Quota accounts"), "quota/help_accounts.html")


def register_kinds() -> None:
    register_kind(
        RecordKind(
            Account,
            _("quota account"),
            _("quota accounts"),
            "wallet",
            title=str,
            url=account_url,
            fetch=queries.account,
            search=account_search,
            search_with=("company", "person"),
            repoint=account_moved,
            tells_itself=True,
        )
    )
    register_kind(
        RecordKind(
            SpendRequest,
            _("request to spend more"),
            _("requests to spend more"),
            "hourglass",
            title=lambda one: one.account.reference,
            url=requests_url,
            fetch=queries.request,
        )
    )
    for model in (Account, LedgerEntry, Hold, ClosedPeriod, LimitVersion, Block):
        register_lasting(model, _("quota accounts"), LASTING)
    register_eraser("quota", forget_erased)
