from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend

from embudo.foundation.access.models import User
from embudo.foundation.access.queries.factors import owes_factor
from embudo.foundation.access.queries.held import grants_held, read_grants
from embudo.kernel.prepared import Prepared

ACTIVE = Prepared(
    lambda user: User.objects.filter(pk=user, is_active=True).annotate(
        owes_factor=owes_factor("pk"), held=grants_held("pk")
    )
)


class SessionUsers(ModelBackend):
    """
    Sign-in by address and password; named in the settings. The user of a session comes with what they still owe, and with
    the grants that they hold.
    """

    def get_user(self, user_id: Any) -> User | None:
        try:
            return ACTIVE.first(user=UUID(str(user_id)))  # type: ignore[no-any-return]
        except ValueError:
            return None


def held_by(user: User) -> list[tuple[str, str, str]]:
    """(permission, scope, role) of each grant, as they were read with the user of the session."""
    return read_grants(getattr(user, "held", None))
