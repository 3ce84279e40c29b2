from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from embudo.foundation.duplicates.models import Merge, Pair, Redirect
from embudo.kernel.about import AboutRecord
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.record import Record

OWN = (Merge, Pair, Redirect)


@dataclass(frozen=True)
class Reference:
    """A column of some model that holds ids of the records in question; `kind_column` where it may hold others' too."""

    model: type[models.Model]
    column: str  # the attribute that holds the id
    field: str
    kind_column: str = ""
    is_unique: bool = False  # some constraint may forbid two rows to refer to one record

    def rows(self, kind: str, ids: Any) -> "models.QuerySet[Any]":
        narrowed = {self.kind_column: kind} if self.kind_column else {}
        return self.model._base_manager.filter(**{f"{self.column}__in": ids}, **narrowed)


def references_to(model: type[Record]) -> list[Reference]:
    """Every column in the installed modules that refers to records of this kind: foreign keys, and pairs of kind and id."""
    return [*_foreign_keys(model), *_about_pairs()]


def _foreign_keys(model: type[Record]) -> Iterator[Reference]:
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.related_model in OWN:
            continue
        column: Any = relation.field
        yield Reference(relation.related_model, column.attname, column.name, is_unique=_is_unique(column))


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
