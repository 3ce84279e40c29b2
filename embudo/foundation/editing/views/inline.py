"""A value's form, where it is read: a cell of a list, a fact on a record's page, or a page of its own without script."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.editing.commands import inline as commands
from embudo.foundation.editing.forms import RestoreForm, ValueForm
from embudo.foundation.editing.queries import inline as queries
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage
from embudo.foundation.ui.pages.lists import CAME_FROM
from embudo.foundation.ui.pages.neighbours import list_came_from
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.kind import ImportField, kind_of

CELL = "cell"  # in addresses: the column that the value stands in; "" on a record's page


class ValuePage(CommandPage):
    """What the pages of one value share: its record, its description, and what happens when somebody was faster."""

    query = queries.record_with_value
    theirs = ""  # what somebody else has set meanwhile

    @cached_property
    def field(self) -> ImportField:
        return queries.field_named(self.actor, self.record, self.kwargs["name"])

    @property
    def label(self) -> str:
        """Names the attribute and the record, for whoever hears the form alone."""
        name = kind_of(self.record).title(self.record)
        return gettext("%(attribute)s of %(record)s") % {
            "attribute": _with_capital(self.field.label),
            "record": name,
        }

    def said(self, value: Any) -> str:
        return queries.shown_value(self.actor, self.record, self.field, value)

    def get_title(self) -> Any:
        return self.label

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not queries.may_set(self.actor, self.record, self.kwargs["name"]):
            raise Forbidden(self.permission.code if self.permission else "")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form: Any = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            return self.succeed(self.perform(self.actor, self.record, form.cleaned_data))
        except Invalid as fault:
            for one in (one for texts in fault.errors.values() for one in texts):
                form.add_error("value" if "value" in form.fields else None, str(one))
        except Refused as refusal:
            if refusal.code == "editing.changed":
                return self.ask_again(refusal.facts["now"])
            form.add_error(None, str(refusal.message))
        return self.show(form, status=422)

    def ask_again(self, now: Any) -> HttpResponse:
        """Shows what somebody else has set, and keeps what was typed: whoever sends it once more has seen it."""
        data = self.request.POST.copy()
        data["was"] = json.dumps(now)
        self.theirs = self.said(now)
        form = self.get_form(data)
        text = gettext("Somebody else has changed this value in the meantime. It is now: %(theirs)s")
        form.add_error(None, text % {"theirs": self.theirs})
        return self.show(form, status=422)

    def takes_version(self) -> bool:
        return False

    def undo_url(self, result: Any) -> str:
        if result.act is None:
            return ""
        record = self.record
        address = reverse("editing:undo_value", args=[record.kind_name(), record.pk, result.act])
        given = {key: value for key in (CAME_FROM, CELL) if (value := self.request.GET.get(key))}
        return f"{address}?{urlencode(given, safe=':/?')}" if given else address

    def success_message(self, result: Any) -> str:
        return gettext("Saved.") if result.act else gettext("Nothing was changed.")

    def success_url(self, result: Any, record: Any) -> str:
        return kind_of(self.record).url(self.record.pk)

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"theirs": self.theirs, "label": self.label, "field": self.field}


class EditValue(ValuePage):
    """With `cell` in the address its answers are what stands in the cell: the form, and then the value anew."""

    command = commands.set_value
    form_class = ValueForm

    @property
    def is_cell(self) -> bool:
        return CELL in self.request.GET and self.request.headers.get("HX-Request") == "true"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_cell and "drawn" in request.GET:
            return HttpResponse(self.drawn())
        return super().get(request, *args, **kwargs)

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        held = queries.held_value(self.record, self.field.name)
        return ValueForm(
            data, field=self.field, held=held, label=self.label, actor=self.actor, record=self.record,
            auto_id="cell-%s" if self.is_cell else "id_%s",
        )  # fmt: skip

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        form = self.get_form(self.request.POST)
        form.is_valid()
        seen = {"was": data["was"]} if "was" in self.request.POST else {}
        return commands.set_value(actor, record, name=self.field.name, value=form.as_json(), **seen)

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        if not self.is_cell:
            return super().show(form, status=status)
        return self.render(
            self.get_context() | self.form_context(form), status=status, template="editing/value_cell.html"
        )

    def succeed(self, result: Any) -> HttpResponse:
        if not self.is_cell:
            return super().succeed(result)
        self._record = result.record
        say = {"text": self.success_message(result), "toast": bool(result.act), "undo": self.undo_url(result)}
        told: dict[str, Any] = {"say": say}
        if self.list_page is None and result.act:
            told["done"] = {}  # the page's other parts may tell of it
        return HttpResponse(self.drawn(), headers={"HX-Trigger": json.dumps(told)})

    @cached_property
    def list_page(self) -> ListPage | None:
        """The list that the cell stands in; None on a record's page."""
        return list_came_from(self.request) if self.request.GET.get(CELL) else None

    def drawn(self) -> str:
        """The row as the list draws it, for other cells may follow from the value; elsewhere the value in words."""
        page, key = self.list_page, self.request.GET.get(CELL, "")
        if page is None or all(column.key != key for column in page.columns):
            return text(self.said(queries.held_value(self.record, self.field.name)))
        page.filters_in_use = page.chosen_filters()
        found = page.get_query().filter(pk=self.record.pk)
        row = (found.values("pk", *page.fields) if page.fields else found).first()
        if row is None:
            return text(self.said(queries.held_value(self.record, self.field.name)))
        page.prepare([row])
        if page.design:
            page.design.learn([row])
        return page.drawing([row]).rows([row])


def _with_capital(label: Any) -> str:
    words = str(label)
    return words[:1].upper() + words[1:]


class RestoreValue(ValuePage):
    """The value before a change that the history shows, beside the one that stands now."""

    command = commands.restore_value
    form_class = RestoreForm
    template_name = "editing/restore.html"
    submit_label = _("Restore this value")

    @cached_property
    def past(self) -> queries.PastValue:
        return queries.past_value(self.actor, self.record, self.kwargs["seq"], self.field.name)

    def get_title(self) -> Any:
        return gettext("Restore: %(label)s") % {"label": self.label}

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"was": queries.held_value(record, self.field.name)}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        return commands.restore_value(
            actor, record, seq=self.kwargs["seq"], name=self.field.name, was=data["was"]
        )

    def success_message(self, result: Any) -> str:
        return gettext("The value is restored.") if result.act else gettext("Nothing was changed.")

    def form_context(self, form: Any) -> dict[str, Any]:
        now = queries.held_value(self.record, self.field.name)
        past = self.past
        return super().form_context(form) | {
            "now": self.said(now),
            "then": self.said(past.before),
            "is_erased": past.is_erased,
            "is_so_already": queries.is_same(now, past.before),
            "was_changed_since": not past.is_erased and not queries.is_same(now, past.after),
        }


class UndoValue(ConfirmPage):
    query = queries.record_with_value
    command = commands.undo_value
    title = _("Undo the edit")
    submit_label = _("Undo")
    intro = _("The value becomes what it was before your edit.")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        return commands.undo_value(actor, record, act=self.kwargs["act_id"])

    def success_url(self, result: Any, record: Any) -> str:
        """Back to where it was edited: in a cell of the list, or on the record's page."""
        page = list_came_from(self.request)
        if page is None or not self.request.GET.get(CELL):
            asked = self.request.GET.get(CAME_FROM)
            query = "?" + urlencode({CAME_FROM: asked}, safe=":/?") if asked else ""
            return f"{kind_of(self.record).url(self.record.pk)}{query}"
        page.filters_in_use = page.chosen_filters()
        return page.url(after=page.given_cursor("after"), before=page.given_cursor("before"))

    def success_message(self, result: Any) -> str:
        return gettext("The edit was undone.")
