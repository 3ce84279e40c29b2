from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from embudo.business.quota import events
from embudo.business.quota.commands.posting import has_limit, save_balance
from embudo.business.quota.commands.settling import settle
from embudo.business.quota.models import Account, Block, Policy, PolicyVersion, Run, Switch
from embudo.business.quota.permissions import RUN_DAILY
from embudo.business.quota.queries.judging import Judged, judged
from embudo.business.quota.rules import daily
from embudo.business.quota.rules.amounts import state_of
from embudo.business.quota.rules.states import AccountState, Cause
from embudo.business.quota.rules.terms import Switching
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create_all, update_all
from embudo.kernel.command import command
from embudo.kernel.event import publish


@command(RUN_DAILY)
def hold_accounts(actor: Actor, run: Run, *, accounts: Sequence[UUID]) -> int:
    """Holds those for which a cause is there, or proposes it, as each one's policy says. Answers how many switches."""
    found = []
    for one in judged_and_locked(actor, accounts, run):
        if one.account.state in daily.UNJUDGED:
            continue
        for cause in Cause:
            figures = one.figures(cause)
            if figures is None or cause in one.blocks or cause in one.proposed or cause in one.decided:
                continue
            if not one.is_answered(cause):
                found.append(_switch(run, one, cause, figures))
    _write(actor, found)
    return len(found)


@command(RUN_DAILY)
def reopen_accounts(actor: Actor, run: Run, *, accounts: Sequence[UUID]) -> int:
    """Lifts what a run held them for where the cause is gone, or proposes it. Answers how many switches."""
    found = []
    for one in judged_and_locked(actor, accounts, run):
        gone = [block for block in one.blocks.values() if one.is_gone(block) and _is_asked(one, block)]
        found += [
            _switch(run, one, Cause(block.cause), block.figures, lifted=gone, block=block) for block in gone
        ]
    _write(actor, found)
    return len(found)


def _is_asked(one: Judged, block: Block) -> bool:
    cause = Cause(block.cause)
    return cause not in one.proposed and cause not in one.decided and not one.is_answered(cause)


@command(RUN_DAILY)
def review_switches(actor: Actor, run: Run, *, accounts: Sequence[UUID]) -> int:
    """
    What runs before left to people: proposals without ground lapse, those of a policy that has become automatic are made, and who
    said no is asked again once that is no longer the case. Answers how many proposals were made or lapsed.
    """
    rows = judged_and_locked(actor, accounts)
    _forget_answers(rows)
    proposed = [(one, switch) for one in rows for switch in one.proposed.values()]
    gone = [switch for one, switch in proposed if not has_ground(one, switch)]
    due = [(one, switch) for one, switch in proposed if has_ground(one, switch) and _is_automatic(one)]
    lapse(gone)
    make_switches(actor, due, run=run)
    return len(gone) + len(due)


def _forget_answers(rows: Sequence[Judged]) -> None:
    for one in rows:
        for answer in one.answers:
            if not one.stands(answer):
                type(answer).objects.filter(pk=answer.pk).update(waived=None, updated=clock.now())


def _is_automatic(one: Judged) -> bool:
    return one.account.policy_version.switching == Switching.AUTOMATIC


def has_ground(one: Judged, switch: Switch) -> bool:
    """Whether there is still something to switch: a cause that nothing holds it for, or a block without its cause."""
    cause = Cause(switch.cause)
    is_there = one.figures(cause) is not None
    if switch.is_reopening:
        return cause in one.blocks and not is_there
    return is_there and cause not in one.blocks and one.account.state not in daily.UNJUDGED


def lapse(switches: Sequence[Switch]) -> None:
    now = clock.now()
    update_all([(one, {"state": Switch.State.LAPSED, "decided": now}) for one in switches])
    for one in switches:
        publish(events.SwitchLapsed(one.account_id, one.pk, one.cause), one)


def judged_and_locked(actor: Actor, accounts: Sequence[UUID], run: Run | None = None) -> list[Judged]:
    """As they stand and stay, with what fell due while the run went on."""
    rows = Account.objects.select_for_update(of=("self",), no_key=True)
    locked = list(rows.filter(pk__in=accounts).order_by("pk"))
    policies = Policy.objects.select_related("current").in_bulk({one.policy_id for one in locked})
    versions = PolicyVersion.objects.in_bulk({one.policy_version_id for one in locked})
    for one in locked:  # few policies for many accounts, so they are not read along with each
        one.policy, one.policy_version = policies[one.policy_id], versions[one.policy_version_id]
        settle(actor, one)
    return judged(locked, run)


@dataclass(frozen=True)
class _Wanted:
    """A switch that is not written yet, with what it is about."""

    switch: Switch
    account: Account
    block: Block | None  # to be lifted


def _switch(
    run: Run,
    one: Judged,
    cause: Cause,
    figures: dict[str, Any],
    *,
    lifted: Sequence[Block] = (),
    block: Block | None = None,
) -> _Wanted:
    is_automatic = _is_automatic(one)
    switch = Switch(
        account=one.account,
        run=run,
        is_reopening=block is not None,
        before=one.account.state,
        after=state_without(one, lifted) if lifted else AccountState.HELD,
        cause=cause,
        figures=figures,
        state=Switch.State.MADE if is_automatic else Switch.State.PROPOSED,
        decided=clock.now() if is_automatic else None,
    )
    return _Wanted(switch, one.account, block)


def state_without(one: Judged, lifted: Sequence[Block]) -> AccountState:
    """What the account will be once these are lifted."""
    if len(one.blocks) > len(lifted):
        return AccountState.HELD
    if not has_limit(one.account):
        return AccountState.PENDING
    return state_of(one.account.balance, one.account.policy_version.thresholds)


def _write(actor: Actor, wanted: Sequence[_Wanted]) -> None:
    """Together: what is proposed is a row each, what is made a row each and a balance."""
    create_all([one.switch for one in wanted])
    proposed = [one for one in wanted if one.switch.state == Switch.State.PROPOSED]
    for one in proposed:
        told = (one.account.pk, one.switch.pk, one.switch.cause, one.switch.is_reopening)
        publish(events.SwitchProposed(*told), one.account, one.switch)
    made = [one for one in wanted if one.switch.state == Switch.State.MADE]
    hold_together([one.switch for one in made if one.block is None])
    lift_together(actor, [(one.switch, one.block) for one in made if one.block is not None])


def make_switches(actor: Actor, found: Sequence[tuple[Judged, Switch]], **values: object) -> None:
    """Makes what was proposed, as things stand now, of accounts that are locked and settled; `values` are set along."""
    by_account: dict[UUID, list[Switch]] = defaultdict(list)
    for _one, switch in found:
        by_account[switch.account_id].append(switch)
    made = {"state": Switch.State.MADE, "decided": clock.now(), "decided_by_id": actor.id, **values}
    update_all([(one, {**made, **_fresh(of, one, by_account[one.account_id])}) for of, one in found])
    hold_together([switch for _one, switch in found if not switch.is_reopening])
    lift_together(actor, [(switch, one.blocks[switch.cause]) for one, switch in found if switch.is_reopening])


def _fresh(one: Judged, switch: Switch, together: Sequence[Switch]) -> dict[str, object]:
    """As things stand at the decision: the account's state before and after all that is decided of it, and the figures."""
    lifted = [one.blocks[other.cause] for other in together if other.is_reopening]
    is_held = any(not other.is_reopening for other in together)
    after = AccountState.HELD if is_held else state_without(one, lifted)
    figures = switch.figures if switch.is_reopening else one.figures(Cause(switch.cause)) or switch.figures
    return {"before": one.account.state, "after": after, "figures": figures}


def hold_together(switches: Sequence[Switch]) -> None:
    """Places a block for each, of accounts that are locked and settled."""
    blocks = [
        Block(
            account=one.account,
            cause=one.cause,
            figures=one.figures,
            change=_change_of(one),
            is_by_run=True,
            placed_by_id=one.decided_by_id,
        )
        for one in switches
    ]
    create_all(blocks)
    held = {one.account_id for one in switches}
    if held:
        Account.objects.filter(pk__in=held).update(
            state=AccountState.HELD, is_spendable=False, updated=clock.now()
        )
    for switch, block in zip(switches, blocks, strict=True):
        switch.account.state, switch.account.is_spendable = AccountState.HELD, False
        told = events.AccountBlocked(switch.account_id, block.pk, switch.cause)
        publish(told, switch.account, switch, block)


def _change_of(switch: Switch) -> UUID | None:
    change = switch.figures.get("change")
    return UUID(change) if change else None


def lift_together(actor: Actor, pairs: Sequence[tuple[Switch, Block]]) -> None:
    """Lifts each block, of accounts that are locked and settled; their state is the switch's."""
    now, why = clock.now(), gettext("The cause is gone.")
    lifting = {"lifted": now, "lifted_by_id": actor.id, "lift_reason": why}
    update_all([(block, lifting) for _switch, block in pairs])
    for switch, block in pairs:
        account = switch.account
        account.state = AccountState(switch.after)
        save_balance(account)
        publish(events.BlockLifted(account.pk, block.pk, block.cause), account, switch, block)
