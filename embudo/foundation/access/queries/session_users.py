from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists, OuterRef

from embudo.foundation.access.models import Organisation, User


class SessionUsers(ModelBackend):
    """Sign-in by address and password; named in the settings. The user of a session comes with what they still owe."""

    def get_user(self, user_id: Any) -> User | None:
        strict = Organisation.objects.filter(is_mfa_required=True)
        factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
            type=Authenticator.Type.RECOVERY_CODES
        )
        people = User.objects.filter(is_active=True).annotate(owes_factor=Exists(strict) & ~Exists(factors))
        try:
            return people.filter(pk=UUID(str(user_id))).first()  # type: ignore[no-any-return]
        except ValueError:
            return None
