"""The statements of `settling_together`: which columns they set says `settling`, and a test compares the two."""

from collections.abc import Sequence

from django.db import connection

from embudo.business.quota.rules.states import SPENDABLE

# What the databases call the same thing.
DIALECTS = {
    "postgresql": {
        "uuid": "uuid", "moment": "timestamptz", "greatest": "GREATEST", "least": "LEAST", "yes": "true", "no": "false",
        "among": "a.id = ANY(%(ids)s)", "empty": "TRUNCATE", "lock": "FOR NO KEY UPDATE SKIP LOCKED",
        "new_id": "(%(prefix)s || '7' || lpad(to_hex(LEAST({order}, 4095)), 3, '0') || '8' || substr(md5(random()::text), 1, 15))::uuid",
    },
    "sqlite": {
        "uuid": "char(32)", "moment": "datetime", "greatest": "MAX", "least": "MIN", "yes": "1", "no": "0",
        "among": "a.id IN (SELECT value FROM json_each(%(ids)s))", "empty": "DELETE FROM", "lock": "",
        "new_id": "%(prefix)s || '7' || printf('%%03x', MIN({order}, 4095)) || '8' || substr(lower(hex(randomblob(8))), 1, 15)",
    },
}  # fmt: skip
# The accounts at hand: the next ones of which something fell due, locked; what somebody else has locked comes later.
MAKE_DUE = """
CREATE TEMPORARY TABLE IF NOT EXISTS quota_due (account_id {uuid} PRIMARY KEY, settle_at {moment}, policy_id {uuid},
version_id {uuid}, starts date, ends date)
"""
EMPTY_DUE = "{empty} quota_due"
FILL_DUE = """
INSERT INTO quota_due (account_id, settle_at, policy_id, version_id, starts, ends)
SELECT a.id, a.settle_at, a.policy_id, a.policy_version_id, a.period_start, a.period_end FROM quota_account a
WHERE a.settle_at <= %(now)s AND {chosen} ORDER BY a.settle_at, a.id LIMIT %(most)s {lock}
"""
ALIKE = """
SELECT policy_id, version_id, starts, ends, COUNT(*) FROM quota_due GROUP BY policy_id, version_id, starts, ends
ORDER BY policy_id, version_id, starts, ends
"""
LAST = "SELECT settle_at, account_id FROM quota_due ORDER BY settle_at DESC, account_id DESC LIMIT 1"
MAKE = """
CREATE TEMPORARY TABLE IF NOT EXISTS quota_work (account_id {uuid} PRIMARY KEY, state varchar(8), told integer, overdraft bigint, held bigint,
consumed bigint, topup bigint, stays bigint, allowance bigint, used bigint, next_hold {moment})
"""
EMPTY = "{empty} quota_work"
# SQLite takes the tables of a CROSS JOIN in the order they are written: else it may look at all accounts for a chunk of them.
# What the balance will be. Holds are asked for only where something is held: an open one always holds something.
FILL = """
INSERT INTO quota_work (account_id, state, told, overdraft, held, consumed, topup, stays, next_hold, allowance, used)
SELECT id, state, told, overdraft, held, kept_consumed, kept_topup + stays, stays, next_hold,
limit_minor + overdraft + kept_topup + stays, kept_consumed + held
FROM (
SELECT one.*, CASE WHEN %(rolls)s = 0 THEN 0
ELSE topup_minor - {greatest}(0, {least}(topup_minor, {greatest}(0, consumed_minor - limit_minor))
- {least}(topup_minor, {greatest}(0, kept_consumed - limit_minor))) - kept_topup
- {greatest}(0, {least}(granted, topup_minor) - {least}(topup_minor, {greatest}(0, consumed_minor - limit_minor))) END AS stays
FROM (
SELECT a.id, a.state, a.reached_percent AS told, a.limit_minor, a.consumed_minor, a.topup_minor,
CASE WHEN %(follows)s = 1 THEN %(overdraft)s ELSE a.overdraft_minor END AS overdraft,
CASE WHEN a.held_minor = 0 THEN 0 ELSE a.held_minor - COALESCE((
SELECT SUM(h.amount_minor - h.captured_minor) FROM quota_hold h
WHERE h.account_id = a.id AND h.state = 'open' AND h.expires <= %(now)s), 0) END AS held,
CASE WHEN a.held_minor = 0 THEN NULL ELSE (
SELECT MIN(h.expires) FROM quota_hold h
WHERE h.account_id = a.id AND h.state = 'open' AND h.expires > %(now)s) END AS next_hold,
CASE WHEN %(rolls)s = 0 OR a.topup_minor = 0 THEN 0 ELSE COALESCE((
SELECT SUM(e.topup_change) FROM quota_ledgerentry e
WHERE e.account_id = a.id AND e.source = 'officer' AND e.value_date >= %(old_starts)s AND e.value_date < %(starts)s), 0) END AS granted,
{kept}
FROM quota_due due CROSS JOIN quota_account a{days}
WHERE a.id = due.account_id AND due.policy_id = %(policy)s AND due.version_id = %(old_version)s AND due.starts = %(old_starts)s AND due.ends = %(old_ends)s
) one
) two
"""
# Of the running period: as it stands, summed of its days, or what stands less the days that a rolling one has left.
KEPT = {
    "all": "a.consumed_minor AS kept_consumed, a.topup_minor AS kept_topup",
    "within": "COALESCE(d.consumed, 0) AS kept_consumed, COALESCE(d.topup, 0) AS kept_topup",
    "less": "a.consumed_minor - COALESCE(d.consumed, 0) AS kept_consumed, a.topup_minor - COALESCE(d.topup, 0) AS kept_topup",
}
DAYS = {"all": ("", ""), "within": ("%(starts)s", "%(ends)s"), "less": ("%(old_starts)s", "%(starts)s")}
OF_DAYS = """
LEFT JOIN (
SELECT account_id, SUM(consumed_minor) AS consumed, SUM(topup_minor) AS topup FROM quota_dayspend
WHERE account_id IN (SELECT account_id FROM quota_due) AND day >= {0} AND day < {1} GROUP BY account_id
) d ON d.account_id = a.id"""
# Of the period that ends: as it stands, or of its days where a new version of the policy cuts it short.
CONSUMED = {
    True: "a.consumed_minor",
    False: """COALESCE((SELECT SUM(d.consumed_minor) FROM quota_dayspend d
WHERE d.account_id = a.id AND d.day >= %(old_starts)s AND d.day < %(closes)s), 0)""",
}
ENTRY = """
INSERT INTO quota_ledgerentry (id, created, updated, version, account_id, kind, amount_minor, held_change, consumed_change,
topup_change, available_minor, value_date, is_late, hold_id, reversal_of_id, asked_minor, asked_currency, rate, key, source, note,
actor_kind, actor_id)
"""
EXPIRE = """
{entry}SELECT {id_by_place}, %(now)s, %(now)s, 1, h.account_id, 'expire', h.rest, -h.rest, 0,
0, a.limit_minor + a.overdraft_minor + a.topup_minor - a.consumed_minor - a.held_minor + h.freed, %(today)s, {no}, h.id, NULL, NULL,
'', NULL, '', '', '', %(actor_kind)s, %(actor_id)s
FROM (
SELECT id, account_id, amount_minor - captured_minor AS rest,
SUM(amount_minor - captured_minor) OVER (PARTITION BY account_id ORDER BY expires, id ROWS UNBOUNDED PRECEDING) AS freed,
ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY expires, id) AS place
FROM quota_hold WHERE state = 'open' AND expires <= %(now)s AND account_id IN (SELECT account_id FROM quota_work)
) h CROSS JOIN quota_account a WHERE a.id = h.account_id
"""
END_HOLDS = """
UPDATE quota_hold SET state = 'expired', updated = %(now)s
WHERE state = 'open' AND expires <= %(now)s AND account_id IN (SELECT account_id FROM quota_work)
"""
CLOSE = """
INSERT INTO quota_closedperiod (id, created, updated, version, account_id, starts, ends, policy_version_id, allowance_minor,
consumed_minor, first_minor, restated)
SELECT {id_of_first}, %(now)s, %(now)s, 1, closed.*, NULL
FROM (
SELECT a.id, %(old_starts)s, %(closes)s, %(old_version)s, a.limit_minor + a.overdraft_minor + a.topup_minor,
{consumed} AS consumed, {consumed} AS first
FROM quota_work w CROSS JOIN quota_account a WHERE a.id = w.account_id
) closed WHERE true
ON CONFLICT (account_id, starts, ends) DO NOTHING
"""
# What stands in few indexes for all; what stands in many for those alone where it is another now.
SAVE = """
UPDATE quota_account SET updated = %(now)s, period_start = %(starts)s, period_end = %(ends)s,
overdraft_minor = w.overdraft, held_minor = w.held, consumed_minor = w.consumed, topup_minor = w.topup,
ceiling_minor = {greatest}(w.allowance, w.used), notice_minor = {notice},
reached_percent = CASE WHEN w.state IN ({spendable}) THEN {reached} ELSE {least}(w.told, {reached}) END,
settle_at = CASE WHEN w.next_hold IS NULL OR w.next_hold > %(ends_at)s THEN %(ends_at)s ELSE w.next_hold END
FROM quota_work w WHERE w.account_id = quota_account.id
"""
SAVE_STATE = """
UPDATE quota_account SET state = {next_state}
FROM quota_work w WHERE w.account_id = quota_account.id AND w.state IN ({spendable}) AND w.state <> {next_state}
"""
SAVE_VERSION = """
UPDATE quota_account SET policy_version_id = %(version)s WHERE id IN (SELECT account_id FROM quota_work)
"""
CARRY = """
{entry}SELECT {id_of_last}, %(now)s, %(now)s, 1, account_id, 'topup', stays, 0, 0,
stays, allowance - used, %(today)s, {no}, NULL, NULL, NULL, '', NULL, '', 'carried', '', %(actor_kind)s, %(actor_id)s
FROM quota_work WHERE stays <> 0
"""
CARRY_DAY = """
INSERT INTO quota_dayspend (account_id, day, consumed_minor, topup_minor)
SELECT account_id, %(today)s, 0, stays FROM quota_work WHERE stays <> 0
ON CONFLICT (account_id, day) DO UPDATE SET topup_minor = quota_dayspend.topup_minor + excluded.topup_minor
"""
TOLD = "SELECT w.account_id FROM quota_work w WHERE w.state IN ({spendable}) AND {reached} > w.told"
# Which of the due ones: all of some ids, or all past one of them.
CHOSEN = {"ids": "{among}", "past": "(a.settle_at, a.id) > (%(past_at)s, %(past_id)s)", "all": "1 = 1"}


def written(
    statement: str,
    *,
    thresholds: Sequence[int] = (),
    kept: str = "all",
    is_whole: bool = True,
    chosen: str = "all",
) -> str:
    """The statement as this database takes it, for a policy with these thresholds."""
    words = DIALECTS[connection.vendor]
    known = {
        **words,
        "kept": KEPT[kept],
        "chosen": CHOSEN[chosen].format(**words),
        "consumed": CONSUMED[is_whole],
        "entry": ENTRY.lstrip(),
        "spendable": ", ".join(f"'{one}'" for one in sorted(SPENDABLE)),
        "days": OF_DAYS.format(*DAYS[kept]) if DAYS[kept][0] else "",
        "reached": _reached(thresholds),
        "next_state": f"CASE WHEN w.allowance <= w.used THEN 'at_limit' WHEN {_reached(thresholds)} > 0 THEN 'watch' ELSE 'open' END",
        "notice": _notice(thresholds, words["greatest"]),
        "id_by_place": words["new_id"].format(order="h.place"),
        "id_of_first": words["new_id"].format(order="0"),
        "id_of_last": words["new_id"].format(order="4095"),
    }
    return statement.format(**known)


def _reached(thresholds: Sequence[int]) -> str:
    """rules.amounts.reached"""
    steps = [
        f"WHEN w.used * 100 >= {one:d} * w.allowance THEN {one:d}" for one in sorted(thresholds, reverse=True)
    ]
    return f"CASE WHEN w.allowance <= w.used THEN 100 {' '.join(steps)} ELSE 0 END"


def _notice(thresholds: Sequence[int], greatest: str) -> str:
    """rules.amounts.next_notice"""
    amounts = [f"({one:d} * w.allowance + 99) / 100" for one in sorted(thresholds)]
    steps = [f"WHEN {one} > w.used THEN {one}" for one in amounts]
    last = f"{greatest}(w.allowance, w.used + 1)"
    return f"CASE {' '.join(steps)} ELSE {last} END" if steps else last
