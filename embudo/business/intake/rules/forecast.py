from datetime import date, timedelta
from math import ceil

LOOKS_BACK = 14  # days
FARTHEST = 3650  # days ahead; what lies further is no forecast


def finish_day(*, today: date, target: int, done: int, recent: int, days: int) -> date | None:
    """
    The day on which the target is met at the pace of late: `recent` entries in the last `days` days (weekends counted, so
    that a week's pace stays one). Today when it is met; None without a target, without a pace, or beyond ten years.
    """
    if target <= 0:
        return None
    left = target - done
    if left <= 0:
        return today
    if recent <= 0 or days <= 0:
        return None
    ahead = ceil(left * days / recent)
    return today + timedelta(days=ahead) if ahead <= FARTHEST else None
