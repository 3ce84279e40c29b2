from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.kernel.editing import identity
from embudo.kernel.errors import Invalid


def checked_owner(value: Any, known: dict[Any, UUID]) -> UUID:
    """The id of somebody who may be given records; `known` keeps those found. Refuses (Invalid) who may not sign in."""
    if value not in known:
        user_id = identity(value, "owner")
        if not User.objects.filter(pk=user_id, is_active=True).exists():
            raise Invalid({"owner": [_("Choose somebody who may sign in.")]})
        known[value] = user_id
    return known[value]
