import json
from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.db.models import Func, OuterRef, Subquery, TextField

from embudo.foundation.access.models import Grant, User
from embudo.foundation.access.queries.factors import owes_factor
from embudo.kernel.prepared import Prepared


class Rows(Func):
    """The rows of a sub-query as one JSON list of lists."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="json_group_array(json_array(%(expressions)s))", **extra
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="json_agg(json_build_array(%(expressions)s))::text", **extra
        )


HELD = Grant.objects.filter(role__rolemember__user=OuterRef("pk")).order_by()
ACTIVE = Prepared(
    lambda user: User.objects.filter(pk=user, is_active=True).annotate(
        owes_factor=owes_factor("pk"),
        held=Subquery(HELD.values(rows=Rows("permission", "scope", "role__slug"))),
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
    return [
        (permission, scope, role) for permission, scope, role in json.loads(getattr(user, "held", "") or "[]")
    ]
