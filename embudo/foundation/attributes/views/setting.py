"""Sets one attribute of a record where it is shown: on a board, in a calendar."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.rules import ListAttribute
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.kind import Editing, ImportField, ImportRow, kind_named
from embudo.kernel.permission import Scope
from embudo.kernel.record import Record


class Setter:
    """What one attribute's value may be set to, by whom and on which records: as the kind's own `Editing` says."""

    def __init__(self, actor: Actor, model: type[Model], by: ListAttribute) -> None:
        self.actor, self.by = actor, by
        kind = kind_named(model.kind_name()) if issubclass(model, Record) else None
        self.editing: Editing | None = kind.editing if kind else None
        self.mine: set[Any] | None = set()  # of the records shown; None = all of them

    @cached_property
    def field(self) -> ImportField | None:
        """The attribute as the actor may set it; None where they may not, or where it is set otherwise."""
        if self.editing is None or not self.editing.is_for(self.actor):
            return None
        return next((one for one in self.editing.fields(self.actor) if one.name == self.by.key), None)

    @property
    def may_set(self) -> bool:
        return self.field is not None

    @property
    def is_required(self) -> bool:
        return self.field is None or self.field.is_required or self.field.type == "yes_no"

    def learn(self, found: QuerySet[Any], ids: Sequence[Any]) -> None:
        """Which of the records shown the actor may change; one query, none where it is all or none of them."""
        if not self.may_set or self.editing is None:
            return
        permission = self.editing.permission
        if self.actor.scope(permission) is Scope.ALL:
            self.mine = None
        elif ids:
            self.mine = queries.changeable(self.actor, found, permission, ids)

    def may_move(self, row: Any) -> bool:
        if not self.may_set:
            return False
        return self.mine is None or (row["pk"] if isinstance(row, dict) else row.pk) in self.mine

    def set(self, record_id: str, value: Any, version: str) -> None:
        """Refuses what may not be set here, and (Invalid, Refused) what the record's own rules refuse."""
        if self.field is None or self.editing is None:
            raise Refused(
                "attributes.not_set_here", _("You may not change this here. Open the record instead.")
            )
        try:
            pk = UUID(record_id)
        except ValueError:
            raise NotFound from None
        checked = self.editing.check(self.actor, [{"id": pk, self.by.key: value}])[0]
        if isinstance(checked, Invalid):
            raise checked
        expected = int(version) if version.isdecimal() and len(version) < 10 else None
        row = ImportRow(checked, pk, empties=True, version=expected)
        result = self.editing.write(self.actor, [row])[0]
        if result.outcome == "failed":
            raise Invalid({self.by.key: list(result.problems)})
