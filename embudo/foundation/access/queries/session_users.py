from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend

from embudo.foundation.access.models import User
from embudo.foundation.access.queries.factors import owes_factor


class SessionUsers(ModelBackend):
    """Sign-in by address and password; named in the settings. The user of a session comes with what they still owe."""

    def get_user(self, user_id: Any) -> User | None:
        people = User.objects.filter(is_active=True).annotate(owes_factor=owes_factor("pk"))
        try:
            return people.filter(pk=UUID(str(user_id))).first()  # type: ignore[no-any-return]
        except ValueError:
            return None
