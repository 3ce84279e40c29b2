from embudo.business.quota.models.accounts import (
    MERGED,
    Account,
    Arrears,
    Block,
    LimitVersion,
    Outlook,
    PortalLink,
    Reopening,
    SpendRequest,
)
from embudo.business.quota.models.changes import Answer, Change, Rehearsal, Run, Signature, Switch
from embudo.business.quota.models.ledger import ClosedPeriod, DaySpend, Hold, LedgerEntry
from embudo.business.quota.models.policies import ExchangeRate, Licence, Policy, PolicyVersion, Tier

__all__ = [
    "MERGED",
    "Account",
    "Answer",
    "Arrears",
    "Block",
    "Change",
    "ClosedPeriod",
    "DaySpend",
    "ExchangeRate",
    "Hold",
    "LedgerEntry",
    "Licence",
    "LimitVersion",
    "Outlook",
    "Policy",
    "PolicyVersion",
    "PortalLink",
    "Rehearsal",
    "Reopening",
    "Run",
    "Signature",
    "SpendRequest",
    "Switch",
    "Tier",
]
