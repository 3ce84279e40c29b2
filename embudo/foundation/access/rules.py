from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.permission import Scope

ADMINISTRATOR = "administrator"
DEFAULT_ROLES = {
    ADMINISTRATOR: _("Administrator"),
    "manager": _("Manager"),
    "seller": _("Seller"),
    "collector": _("Collector"),
    "operator": _("Operator"),
    "supervisor": _("Supervisor"),
    "coordinator": _("Coordinator"),
    "principal": _("Principal"),
    "verifier": _("Verifier"),
    "officer": _("Quota officer"),
    "approver": _("Quota approver"),
    "till": _("Till"),
}

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Limit:
    """How many tries within WINDOW: for one account, and for one network address over all accounts."""

    name: str
    per_account: int
    per_address: int


PASSWORDS = Limit("password", 10, 100)
CODES = Limit("code", 5, 50)
RESETS = Limit("reset", 5, 30)

INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)
SECOND_STEP_LASTS = timedelta(minutes=10)
SIGN_IN_LASTS = timedelta(hours=20)


def check_grantable(own: Mapping[str, Scope] | None, given: Mapping[str, Scope]) -> None:
    """Nobody hands out, or takes power over, more than they hold. `own` None = the product itself."""
    if own is None:
        return
    for code, scope in given.items():
        held = own.get(code)
        if held is None or not held.covers(scope):
            raise Refused(
                "access.beyond_your_own",
                _("This includes rights that you do not hold yourself. Ask an administrator to do it."),
                permission=code,
            )


def check_administrators(left: int) -> None:
    if left < 1:
        raise Refused(
            "access.last_administrator",
            _("This is the last administrator. Make somebody else an administrator first."),
        )


def check_above(user_id: UUID, manager_id: UUID | None, below: set[UUID]) -> None:
    """A circle of people who report to each other has no top. `below` are those under the user, the user included."""
    if manager_id is not None and manager_id in below | {user_id}:
        raise Invalid({"manager": [_("Choose somebody who does not report to this person.")]})


def check_editable_role(slug: str) -> None:
    if slug == ADMINISTRATOR:
        raise Refused(
            "access.administrator_is_fixed",
            _("Administrators hold every permission. Make a role of its own for a smaller set."),
        )


def check_removable_role(slug: str, members: int) -> None:
    if slug in DEFAULT_ROLES:
        raise Refused(
            "access.role_is_built_in",
            _("This role comes with the product. Take its permissions away instead."),
        )
    if members:
        raise Refused("access.role_is_held", _("Somebody still has this role. Give them another one first."))


def scopes_given(typed: Mapping[str, Any]) -> dict[str, Scope]:
    """Permission code -> scope of what a matrix form says; empty choices mean no grant."""
    return {code: Scope(value) for code, value in typed.items() if value}


def wrong_password() -> Refused:
    return Refused(
        "access.wrong_password", _("Address and password do not belong together. Check both and try again.")
    )


def wrong_code() -> Refused:
    return Refused(
        "access.wrong_code",
        _("This code is not right or was used before. Wait for the next one and enter it."),
    )


def wrong_passkey() -> Refused:
    return Refused(
        "access.wrong_passkey", _("The passkey was not recognised. Sign in with address and password.")
    )


def circles(above: Mapping[str, str]) -> list[list[str]]:
    """The circles of people who report to each other; `above` says of each who stands above them, "" for nobody."""
    found: list[list[str]] = []
    done: set[str] = set()
    for first in above:
        path: list[str] = []
        one = first
        while one and one not in done and one not in path:
            path.append(one)
            one = above.get(one, "")
        if one in path:
            found.append(path[path.index(one) :])
        done.update(path)
    return found
