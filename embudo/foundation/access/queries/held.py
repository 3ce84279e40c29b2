"""What a user holds, as one column beside what else is asked of them: a query less on every page and every call."""

import json
from typing import Any

from django.db.models import Func, OuterRef, Subquery, TextField

from embudo.foundation.access.models import Grant


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


def grants_held(user: str) -> Subquery:
    """The grants of the user whose id the query has at `user`; `read_grants` makes something of it."""
    held = Grant.objects.filter(role__rolemember__user=OuterRef(user)).order_by()
    return Subquery(held.values(rows=Rows("permission", "scope", "role__slug")))


def read_grants(column: str | None) -> list[tuple[str, str, str]]:
    """(permission, scope, role) of each grant."""
    return [(permission, scope, role) for permission, scope, role in json.loads(column or "[]")]
