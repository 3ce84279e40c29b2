from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from embudo.kernel.about import AboutRecord
from embudo.kernel.kind import kind_named
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.record import Record


@dataclass(frozen=True)
class Reference:
    """A column of some model that holds ids of the records in question; `kind_column` where it may hold others' too."""

    model: type[models.Model]
    column: str  # the attribute that holds the id
    field: str
    kind_column: str = ""
    is_unique: bool = False  # some constraint may forbid two rows to refer to one record
    on_delete: Any = None  # what the model says is to happen; None for a pair of kind and id

    def rows(self, kind: str, ids: Any) -> "models.QuerySet[Any]":
        narrowed = {self.kind_column: kind} if self.kind_column else {}
        return self.model._base_manager.filter(**{f"{self.column}__in": ids}, **narrowed)


@cache
def references_to(model: type[Record]) -> tuple[Reference, ...]:
    """Every column in the installed modules that refers to records of this kind: foreign keys, and pairs of kind and id."""
    return (*_foreign_keys(model), *_about_pairs())


def _foreign_keys(model: type[Record]) -> Iterator[Reference]:
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        column: Any = relation.field
        yield Reference(
            relation.related_model,
            column.attname,
            column.name,
            is_unique=_is_unique(column),
            on_delete=relation.on_delete,
        )


def _is_unique(column: Any) -> bool:
    meta = column.model._meta
    constrained = [name for one in meta.constraints for name in getattr(one, "fields", ())]
    together = [name for names in meta.unique_together for name in names]
    return column.unique or column.name in (*constrained, *together)


def _about_pairs() -> Iterator[Reference]:
    for model in apps.get_models():
        names = {one.name for one in model._meta.concrete_fields}
        if {"about_kind", "about_id"} <= names and model not in (LogEntry, LogAbout):
            is_unique = not issubclass(model, AboutRecord) and _is_unique(model._meta.get_field("about_id"))
            yield Reference(model, "about_id", "about_id", "about_kind", is_unique=is_unique)


def new_values(reference: Reference, row: Any, goal: Record) -> dict[str, Any]:
    """What is written so that the row refers to `goal`; a row never comes to refer to itself."""
    holder = kind_named(row.kind_name())
    if row.pk == goal.pk:
        return {reference.column: None}
    if holder is not None and holder.repoint is not None:
        return dict(holder.repoint(row, reference.field, goal))
    if reference.kind_column:
        return {reference.column: goal.pk}
    return {reference.field: goal, **row.derived(**{reference.field: goal})}
