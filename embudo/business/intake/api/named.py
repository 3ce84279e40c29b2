from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from embudo.business.intake import queries
from embudo.foundation.access.queries import team, user
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound

FETCHES: Mapping[str, Callable[..., Any]] = {
    "principal": user,
    "supervisor": user,
    "user": user,
    "team": team,
    "assignment": queries.assignment,
    "parent": queries.assignment,
}


def linked(actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    """The records whose ids were sent, under the command's names; one that is not there is a fault of its field."""
    found = {}
    for name, fetch in FETCHES.items():
        if f"{name}_id" not in given:
            continue
        record_id = given[f"{name}_id"]
        try:
            found[name] = fetch(actor, record_id) if record_id else None
        except NotFound:
            raise Invalid(
                {f"{name}_id": [_("There is no such record. Send the id of one that you can read.")]}
            ) from None
    return found
