from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission

OFFICERS = ("officer", "approver")

VIEW_POLICIES = Permission("quota.view_policy", _("See quota policies"), roles=OFFICERS, scoped=False)
EDIT_POLICIES = Permission("quota.edit_policy", _("Define quota policies and exchange rates"), scoped=False)
VIEW_LICENCES = Permission("quota.view_licence", _("See quota licences"), roles=OFFICERS, scoped=False)
GRANT_LICENCES = Permission("quota.grant_licence", _("Grant, suspend and end quota licences"), scoped=False)
VIEW_ACCOUNTS = Permission(
    "quota.view_account", _("See quota accounts and their ledger"), roles=(*OFFICERS, "till"), scoped=False
)
# Whether a customer may buy, and why not: for who sees the customer and not the ledger.
VIEW_STANDING = Permission(
    "quota.view_standing",
    _("See whether a customer's quota is blocked"),
    roles=(*OFFICERS, "manager", "seller", "collector"),
    scoped=False,
)
OPEN_ACCOUNT = Permission(
    "quota.open_account", _("Open and close quota accounts"), roles=OFFICERS, scoped=False
)
SPEND = Permission("quota.spend", _("Authorise and capture spending"), roles=("till",), scoped=False)
TOP_UP = Permission(
    "quota.top_up", _("Enter top-ups paid in advance"), roles=("officer", "till"), scoped=False
)
ADJUST = Permission("quota.adjust", _("Correct a quota's ledger"), roles=("approver",), scoped=False)
RELEASE_HOLD = Permission(
    "quota.release_hold", _("Release an open authorisation by hand"), roles=OFFICERS, scoped=False
)
ASK_OFFICER = Permission(
    "quota.ask_officer",
    _("Ask an officer to let a customer spend more"),
    roles=(*OFFICERS, "till"),
    scoped=False,
)
ANSWER_REQUESTS = Permission(
    "quota.answer_request", _("Answer requests to spend above the limit"), roles=OFFICERS, scoped=False
)
BLOCK = Permission("quota.block", _("Hold a quota account"), roles=OFFICERS, scoped=False)
LIFT_BLOCK = Permission(
    "quota.lift_block", _("Lift what holds a quota account"), roles=("approver",), scoped=False
)
VIEW_CHANGES = Permission("quota.view_change", _("See changes of quotas"), roles=OFFICERS, scoped=False)
REQUEST_CHANGE = Permission(
    "quota.request_change", _("Ask for a change of a quota"), roles=OFFICERS, scoped=False
)
APPROVE_CHANGE = Permission(
    "quota.approve_change", _("Approve and reject changes of quotas"), roles=OFFICERS, scoped=False
)
RECORD_ANSWER = Permission(
    "quota.record_answer", _("Record a customer's answer given by phone"), roles=OFFICERS, scoped=False
)
REHEARSE_CHANGE = Permission(
    "quota.rehearse_change", _("Rehearse and sign changes of quotas"), roles=OFFICERS, scoped=False
)
VIEW_RUNS = Permission("quota.view_run", _("See the daily runs over quotas"), roles=OFFICERS, scoped=False)
DECIDE_SWITCHES = Permission(
    "quota.decide_switch", _("Approve and deny what the daily run proposes"), roles=OFFICERS, scoped=False
)
SHARE_PORTAL = Permission(
    "quota.share_portal", _("Send customers the link to their quota"), roles=OFFICERS, scoped=False
)
# What the product does by itself, and what customers do through a link.
RUN_DAILY = Permission("quota.run_daily", _("Switch quotas and apply changes on their day"), scoped=False)
ANSWER = Permission("quota.answer", _("Answer a change of one's quota"), scoped=False)
TELL_DEBT = Permission("quota.tell_debt", _("Report a customer's arrears"), scoped=False)
