"""The dialogs of the bar: what is to be done to the rows that were picked, or to all that match the list's filters."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.attributes.commands import add_choice
from embudo.foundation.attributes.permissions import DEFINE_ATTRIBUTES
from embudo.foundation.editing import commands, queries
from embudo.foundation.editing.commands import BulkAct
from embudo.foundation.editing.forms import NOBODY, VALUE, AssignForm, EditForm, TagForm
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.rules import AT_ONCE, MOST, What, check_count
from embudo.foundation.editing.views.runs import address_of
from embudo.foundation.editing.views.shown import done_text
from embudo.foundation.ui.forms import EmptyForm
from embudo.foundation.ui.pages import CommandPage, ListPage
from embudo.foundation.ui.pages.opened import list_page
from embudo.foundation.ui.picking import PICKED, WHOLE, picked_ids
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound
from embudo.kernel.kind import ImportField, RecordKind, kind_named

FIELD, MORE = "field", "more"  # in addresses: what is to be edited, and what was chosen just now


class PickedPage(CommandPage):
    """A change of many: the address says of which list, in which state, and which of its rows."""

    command = commands.change_many
    what: ClassVar[What]
    own_keys: ClassVar[tuple[str, ...]] = (PICKED, WHOLE)
    stays = False

    @property
    def record(self) -> Any:
        return None

    @cached_property
    def source(self) -> ListPage:
        """The list as its address said, without what was picked."""
        given = QueryDict(mutable=True)
        for key, values in self.request.GET.lists():
            if key not in self.own_keys and not key.startswith(VALUE):
                given.setlist(key, values)
        found = list_page(self.kwargs["list_key"], self.request, given)
        found.filters_in_use = found.chosen_filters()
        return found

    @cached_property
    def matching(self) -> Any:
        page = self.source
        return page.narrowed(page.get_query(), page.tab or next(iter(page.get_tabs()), None))

    @cached_property
    def kind(self) -> RecordKind:
        """Refuses (NotFound, Forbidden) lists of records that cannot be changed so, or not by this person."""
        found = kind_named(self.matching.model._meta.label_lower)
        if found is None or queries.permission_for(found, self.what) is None:
            raise NotFound
        if not queries.may(self.actor, found, self.what):
            raise Forbidden("editing.change_many")
        return found

    @property
    def is_whole(self) -> bool:
        return WHOLE in self.request.GET

    @cached_property
    def ids(self) -> list[UUID]:
        if not self.is_whole:
            return picked_ids(self.request.GET)
        return list(self.matching.order_by("pk").values_list("pk", flat=True)[: MOST + 1])

    @cached_property
    def count(self) -> int:
        return self.matching.order_by()[: MOST + 1].count() if self.is_whole else len(self.ids)

    @property
    def count_said(self) -> str:
        self.source.count, self.source.is_capped = self.count, False
        return self.source.count_text(self.count)

    def get_title(self) -> Any:
        self.kind  # noqa: B018 - refuses before anything is shown
        return str(self.title) % {"count": self.count_said}

    def get_cancel_url(self) -> str:
        return self.source.url()

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"intro": self.get_intro()}

    def get_intro(self) -> str:
        if self.count > AT_ONCE:
            return gettext(
                "This is done in the background; you can watch it, cancel it, and undo it afterwards."
            )
        return ""

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> BulkRun:
        check_count(self.count)
        values = self.values(data)
        act = BulkAct(self.kind.name, self.what, values, str(self.source.get_title()), self.source.url())
        try:
            return commands.change_many(actor, act=act, ids=self.ids)
        except Invalid as fault:
            raise Invalid(self.named(fault)) from None

    def values(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return data

    def named(self, fault: Invalid) -> dict[str, Any]:
        """The faults by the names of the form's fields."""
        return fault.errors

    def is_settled(self, run: BulkRun) -> bool:
        return run.total <= AT_ONCE and not run.failed_count

    def success_url(self, result: BulkRun, record: Any) -> str:
        """Back to the list when all went well; else there is something to look at."""
        return self.source.url() if self.is_settled(result) else address_of(result)

    def success_message(self, result: BulkRun) -> str:
        return done_text(result, self.source) if result.total <= AT_ONCE else ""

    def undo_url(self, result: BulkRun) -> str:
        is_over = result.total <= AT_ONCE and result.changed_count
        return reverse("editing:run_undo", args=[result.pk]) if is_over else ""


class EditPicked(PickedPage):
    what = What.EDIT
    title = _("Edit: %(count)s")
    form_class = EditForm
    template_name = "editing/edit.html"
    submit_label = _("Change them")
    own_keys = (PICKED, WHOLE, FIELD, MORE)

    @cached_property
    def fields(self) -> list[ImportField]:
        """Those that make sense on many at once."""
        return [
            one
            for one in queries.fields_of(self.actor, self.kind)
            if not one.is_unique and not one.is_single and one.name != "owner"
        ]

    @cached_property
    def chosen(self) -> list[ImportField]:
        given = self.request.GET
        asked = dict.fromkeys([*given.getlist(FIELD), *given.getlist(MORE)])
        known = {one.name: one for one in self.fields}
        return [known[name] for name in asked if name in known]

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form = EditForm(data, files, initial=self.request.GET.dict(), actor=self.actor)
        form.offer(self.chosen)
        if data is None and MORE in self.request.GET and self.chosen:
            form.fields[VALUE + self.chosen[-1].name].widget.attrs["data-focus-now"] = ""
        return form

    def form_context(self, form: Any) -> dict[str, Any]:
        taken = {one.name for one in self.chosen}
        return super().form_context(form) | {
            "choices": [(one.name, _capital(one.label)) for one in self.fields if one.name not in taken],
            "chosen": [one.name for one in self.chosen],
            "base": self.base,
            "kept": self.kept,
        }

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the address says but for the values typed so far: those come from the form."""
        given = self.request.GET
        pairs = [(key, value) for key, values in given.lists() for value in values]
        plain = [one for one in pairs if one[0] not in (FIELD, MORE) and not one[0].startswith(VALUE)]
        return [*plain, *((FIELD, one.name) for one in self.chosen)]

    @property
    def base(self) -> str:
        return f"{self.request.path}?{urlencode(self.kept)}"

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> BulkRun:
        form = self.get_form(self.request.POST)
        form.is_valid()
        return super().perform(actor, record, form.values())

    def named(self, fault: Invalid) -> dict[str, Any]:
        return {VALUE + name if name else name: texts for name, texts in fault.errors.items()}


def _capital(label: Any) -> str:
    text = str(label)
    return f"{text[:1].upper()}{text[1:]}"


class AssignPicked(PickedPage):
    what = What.ASSIGN
    title = _("Assign: %(count)s")
    form_class = AssignForm
    submit_label = _("Assign them")

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form: Any = super().get_form(data, files)
        owner = next((one for one in queries.fields_of(self.actor, self.kind) if one.name == "owner"), None)
        if owner is not None and not owner.is_required:
            form.offer_nobody()
        return form

    def values(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"owner": None if data["owner"] == NOBODY else data["owner"]}


class TagPicked(PickedPage):
    what = What.TAG
    title = _("Tag: %(count)s")
    template_name = "editing/tag.html"
    submit_label = _("Change the tags")
    own_keys = (PICKED, WHOLE, "attribute")

    @cached_property
    def known(self) -> list[ImportField]:
        return queries.tag_fields(self.actor, self.kind)

    @cached_property
    def chosen(self) -> ImportField | None:
        asked = self.request.POST.get("attribute") or self.request.GET.get("attribute")
        return next((one for one in self.known if one.name == asked), next(iter(self.known), None))

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        if self.chosen is None:
            return EmptyForm(data, actor=self.actor)
        form = TagForm(data, files, actor=self.actor)
        form.offer(self.known, self.chosen, may_define=self.may_define)
        return form

    @property
    def may_define(self) -> bool:
        return self.actor.may(DEFINE_ATTRIBUTES)

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {
            "has_tags": bool(self.known),
            "may_define": self.may_define,
            "kind_plural": str(self.kind.plural),
        }

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> BulkRun:
        if self.chosen is None:
            raise Invalid({"": [_("There are no tags for these records yet.")]})
        return super().perform(actor, record, data)

    def values(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        add: Sequence[str] = data.get("add") or []
        if data.get("new") and self.chosen:
            attribute = queries.attribute_named(self.kind, self.chosen)
            add = [*add, add_choice(self.actor, attribute, label=data["new"])]
        return {"attribute": data["attribute"], "add": add, "remove": data.get("remove") or []}


class DeletePicked(PickedPage):
    what = What.DELETE
    title = _("Delete: %(count)s")
    form_class = EmptyForm
    template_name = "ui/confirm.html"
    submit_label = _("Delete them")
    is_danger = True

    def get_intro(self) -> str:
        told = gettext(
            "They go to the recycle bin with all that is about them, and can be restored from there for 30 days."
            " Records that something else still needs stay, and are listed."
        )
        return f"{told} {super().get_intro()}".strip()
