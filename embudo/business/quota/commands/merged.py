from collections.abc import Mapping
from typing import Any

from embudo.business.quota.models import MERGED, Account, Block, LimitVersion
from embudo.business.quota.rules.amounts import state_of
from embudo.business.quota.rules.states import SPENDABLE, AccountState
from embudo.kernel import clock
from embudo.kernel.record import Record

# What `duplicates` needs to know of accounts.


def account_moved(account: Account, column: str, goal: Record) -> Mapping[str, Any]:
    """
    The account comes to its customer's survivor with all that is in it. Where that one has an account under the same policy, both
    ledgers are kept and this account is closed: what it still holds may be captured or released, and nothing is spent on it any
    more. When the merge is undone it is what it was before.
    """
    others = Account.objects.filter(policy_id=account.policy_id, **{column: goal})
    has_other = others.exclude(state=AccountState.CLOSED).exclude(pk=account.pk).exists()
    if account.state != AccountState.CLOSED and has_other:
        closed = {"state": AccountState.CLOSED, "is_spendable": False, "closed": clock.now()}
        return {column: goal, **closed, "close_reason": MERGED}
    if account.close_reason == MERGED and not has_other:
        state = _state_of(account)
        return {
            column: goal,
            "state": state,
            "is_spendable": state in SPENDABLE,
            "closed": None,
            "close_reason": "",
        }
    return {column: goal}


def _state_of(account: Account) -> AccountState:
    if Block.objects.filter(account=account, lifted=None).exists():
        return AccountState.HELD
    if not LimitVersion.objects.filter(account=account, valid_to=None).exists():
        return AccountState.PENDING
    return state_of(account.balance, account.policy_version.thresholds)
