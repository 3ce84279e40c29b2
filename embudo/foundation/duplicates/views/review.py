from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.duplicates import commands, queries
from embudo.foundation.duplicates.forms import MergeForm
from embudo.foundation.duplicates.models import PairState
from embudo.foundation.duplicates.permissions import DISMISS, MERGE, VIEW
from embudo.foundation.duplicates.rules.wording import reasons_text
from embudo.foundation.duplicates.views.lists import TO_QUEUE, merge_state
from embudo.foundation.duplicates.views.shown import likelihood_badge
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, RecordPage
from embudo.foundation.ui.parts import Action, Crumb
from embudo.kernel.kind import kind_named
from embudo.kernel.snapshot import readable


class Review(CommandPage):
    """The two of a pair and their like side by side; the form merges them."""

    permission = VIEW
    query = queries.pair
    command = commands.merge_records
    form_class = MergeForm
    template_name = "duplicates/review.html"
    title = _("Are these the same?")
    submit_label = _("Merge")
    width = "wide"
    nav = "duplicates:queue"
    crumbs = (TO_QUEUE,)
    cancel_url = reverse_lazy("duplicates:queue")

    @property
    def group(self) -> queries.Group:
        if not hasattr(self, "_group"):
            self._group = queries.group(self.actor, self.record)
        return self._group

    def get_form(self, data: Any = None, files: Any = None) -> MergeForm:
        ids = [record.pk for record in self.group.records]
        return MergeForm(data, actor=self.actor, record=self.record, ids=ids, fields=self.group.fields)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.require(MERGE)
        return super().post(request, *args, **kwargs)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        form = self.get_form(self.request.POST)
        form.is_valid()
        survivor = UUID(data["survivor"])
        merged = tuple(UUID(pk) for pk in data["merged"] if UUID(pk) != survivor)
        return commands.merge_records(
            actor, kind=record.kind, survivor_id=survivor, merged_ids=merged, values=form.values
        )

    def success_url(self, result: Any, record: Any) -> str:
        return next_url(self.actor, record.kind)

    def success_message(self, result: Any) -> str:
        n = len(result.merged_ids) + 1
        return ngettext("%(n)d record is one now.", "%(n)d records are one now.", n) % {"n": n}

    def undo_url(self, result: Any) -> str:
        return reverse("duplicates:undo", args=[result.pk])

    def form_context(self, form: Any) -> dict[str, Any]:
        pair = self.record
        return super().form_context(form) | {
            "pair": pair,
            "kind": self.group.kind,
            "columns": self.columns(form),
            "lines": self.lines(form),
            "likelihood": likelihood_badge(pair.probability),
            "reasons": reasons_text(pair.reasons),
            "may_merge": self.actor.may(MERGE) and pair.state == PairState.OPEN,
            "may_dismiss": self.actor.may(DISMISS) and pair.state == PairState.OPEN,
            "may_reopen": self.actor.may(DISMISS) and pair.state == PairState.DISMISSED,
        }

    def columns(self, form: Any) -> list[dict[str, Any]]:
        kind, group = self.group.kind, self.group
        merged = form.data.getlist("merged") if form.is_bound else [str(pk) for pk in group.asked]
        fullest = max(group.records, key=lambda one: (one.pk in group.asked, fullness(group, one)))
        stays = form.data.get("survivor") if form.is_bound else str(fullest.pk)
        return [
            {
                "id": record.pk,
                "title": kind.title(record),
                "url": kind.url(record.pk),
                "created": record.created,
                "is_merged": str(record.pk) in merged,
                "stays": str(record.pk) == stays,
            }
            for record in group.records
        ]

    def lines(self, form: Any) -> list[dict[str, Any]]:
        """A field a line: what each record says, which differ, and which value is chosen."""
        group, columns = self.group, self.columns(form)
        stays = next((number for number, column in enumerate(columns) if column["stays"]), 0)
        lines = []
        for name in group.fields:
            values = [queries.shown(record, name) for record in group.records]
            told = [str(value) for value in values if value not in ("", None, False)]
            typed = form.data.get(f"value-{name}") if form.is_bound else None
            chosen = next((n for n, column in enumerate(columns) if str(column["id"]) == typed), None)
            if chosen is None:
                asked = [n for n, column in enumerate(columns) if column["is_merged"] and values[n]]
                chosen = stays if values[stays] or not asked else asked[0]
            if told:
                cells = [
                    {"id": column["id"], "value": said(value), "is_chosen": number == chosen}
                    for number, (column, value) in enumerate(zip(columns, values, strict=True))
                ]
                label = label_of(group, name)
                lines.append({"name": name, "label": label, "cells": cells, "differs": len(set(told)) > 1})
        return lines


def label_of(group: queries.Group, name: str) -> Any:
    column: Any = group.kind.model._meta.get_field(name)
    return column.verbose_name


def said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)


def fullness(group: queries.Group, record: Any) -> int:
    return sum(bool(getattr(record, name)) for name in group.fields)


def next_url(actor: Any, kind: str) -> str:
    """The next pair of the queue; the queue itself when it is empty."""
    following = queries.next_pair(actor, kind)
    return reverse("duplicates:pair", args=[following.pk]) if following else reverse("duplicates:queue")


class DismissPair(ConfirmPage):
    query = queries.pair
    command = commands.dismiss_pair
    title = _("No duplicate")
    submit_label = _("They are two")
    intro = _("The two stay as they are and are not shown as possible duplicates again.")
    nav = "duplicates:queue"

    def success_url(self, result: Any, record: Any) -> str:
        return next_url(self.actor, record.kind)

    def success_message(self, result: Any) -> str:
        return gettext("Remembered: they are no duplicates.")

    def get_cancel_url(self) -> str:
        return reverse("duplicates:pair", args=[self.record.pk])


class ReopenPair(DismissPair):
    command = commands.reopen_pair
    title = _("Review again")
    submit_label = _("Put it back into the queue")
    intro = _("The two are shown as possible duplicates again.")

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("duplicates:pair", args=[record.pk])

    def success_message(self, result: Any) -> str:
        return gettext("The two are in the queue again.")


class MergePage(RecordPage):
    """What one merge joined, and whether it can be undone."""

    permission = VIEW
    query = queries.merge
    template_name = "duplicates/merge.html"
    nav = "duplicates:queue"
    crumbs = (TO_QUEUE, Crumb(_("Merged records"), reverse_lazy("duplicates:merges")))

    @property
    def kind(self) -> None:
        return None

    def get_title(self) -> str:
        return gettext("Merge")

    def get_actions(self) -> list[Action]:
        undo = Action(
            _("Undo the merge"),
            reverse("duplicates:undo", args=[self.record.pk]),
            "undo-2",
            MERGE,
            dialog=True,
        )
        return [undo] if self.record.is_undoable else []

    def get_context(self) -> dict[str, Any]:
        merge, kind = self.record, kind_named(self.record.kind)
        titles = queries.titles(self.actor, [(merge.kind, merge.survivor_id)])
        title, url = titles.get(merge.survivor_id, ("", ""))
        gone = [
            kind.title(kind.model(**values)) if kind else one["id"]
            for one, values in readable(merge.snapshot)
            if values is not None and one["id"] in merge.merged_ids
        ]
        return super().get_context() | {
            "survivor": title, "survivor_url": url, "gone": gone, "count": len(merge.merged_ids),
            "moved": len(merge.links), "state": merge_state(merge), "left": len(merge.left),
        }  # fmt: skip


class UndoMerge(ConfirmPage):
    query = queries.merge
    command = commands.undo_merge
    title = _("Undo the merge")
    submit_label = _("Undo it")
    intro = _(
        "The merged records stand on their own again, with what belonged to them. Changes made since stay as they are."
    )
    nav = "duplicates:queue"

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("duplicates:merge", args=[record.pk])

    def success_message(self, result: Any) -> str:
        n = len(result.left)
        if not n:
            return gettext("The merge is undone.")
        told = ngettext(
            "The merge is undone. %(n)d value was changed since and stays as it is.",
            "The merge is undone. %(n)d values were changed since and stay as they are.",
            n,
        )
        return told % {"n": n}

    def get_cancel_url(self) -> str:
        return reverse("duplicates:merge", args=[self.record.pk])
