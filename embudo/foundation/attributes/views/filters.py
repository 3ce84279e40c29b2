from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy as _, pgettext

from embudo.foundation.attributes.forms.builder import (
    Draft,
    draft_of,
    draft_posted,
    operator_for,
    tree_of,
    worked,
)
from embudo.foundation.attributes.queries import reference_options, user_options
from embudo.foundation.attributes.rules import AttributeType, ListAttribute, parsed
from embudo.foundation.attributes.rules.operands import ME, MY_TEAM
from embudo.foundation.attributes.rules.operators import OPERATORS, Operator, Takes
from embudo.foundation.attributes.rules.periods import PERIODS
from embudo.foundation.attributes.rules.tree import plain_text
from embudo.foundation.attributes.views.tools import ListTool
from embudo.foundation.ui.forms import EmptyForm
from embudo.kernel.errors import Invalid
from embudo.kernel.money import Money

INPUTS: Mapping[AttributeType, str] = {
    AttributeType.DATE: "date",
    AttributeType.DATETIME: "date",
}


class BuildFilter(ListTool):
    """
    The filter of a list, condition by condition. Every button sends the whole form and gets it back with a line more or
    less, so it needs no script; with script a changed attribute or comparison does the same by itself.
    """

    title = _("Filter")
    form_class = EmptyForm
    template_name = "attributes/filter.html"
    submit_label = _("Show the records")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show_draft(draft_of(self.design.node))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft, act = draft_posted(request.POST), request.POST.get("do", "apply")
        if act == "clear":
            return self.succeed(self.list.url(filter=self.without()))
        if draft is None:
            faults = [gettext("The filter did not arrive whole. Build it again.")]
            return self.show_draft(draft_of(None), faults=faults, status=422)
        if act != "apply":
            return self.show_draft(worked(draft, act))
        try:
            node = parsed(tree_of(draft, self.design.filterable), self.design.filterable)
        except Invalid as wrong:
            texts = [str(text) for texts in wrong.errors.values() for text in texts]
            return self.show_draft(draft, faults=texts, status=422)
        return self.succeed(self.list.url(filter=plain_text(node) or self.without()))

    def without(self) -> str:
        """No filter; an empty one where the view would bring its own back."""
        view = self.design.view
        return "{}" if view and view.filter else ""

    def show_draft(self, draft: Draft, *, faults: list[str] | None = None, status: int = 200) -> HttpResponse:
        form = self.get_form()
        shown = self.form_context(form) | {"draft": self.drawn(draft), "faults": faults or []}
        return self.render(self.get_context() | shown, status=status)

    # --- the draft as the template draws it

    def drawn(self, draft: Draft) -> dict[str, Any]:
        if draft.word:
            return {
                "path": draft.path, "is_group": True, "word": draft.word, "is_not": draft.is_not,
                "may_nest": draft.may_nest, "parts": [self.drawn(part) for part in draft.parts],
                "is_top": draft.path == "0", "name": self.place(draft),
            }  # fmt: skip
        attribute = self.design.filterable.get(draft.attribute)
        operator = operator_for(draft, self.design.filterable)
        return {
            "path": draft.path, "attribute": draft.attribute, "name": self.place(draft),
            "attributes": [(key, str(one)) for key, one in self.design.filterable.items()],
            "op": operator.code if operator else "",
            "operators": [(one.code, one.words) for one in OPERATORS[attribute.type]] if attribute else [],
            **(self.value(attribute, operator, draft.values) if attribute and operator else {"widget": ""}),
        }  # fmt: skip

    def place(self, draft: Draft) -> str:
        """ "condition 1.2", spoken with each of its parts."""
        numbers = ".".join(str(int(part) + 1) for part in draft.path.split("-")[1:]) or "1"
        text = gettext("group %(place)s") if draft.word else gettext("condition %(place)s")
        return text % {"place": numbers}

    def value(self, one: ListAttribute, operator: Operator, values: list[str]) -> dict[str, Any]:
        """What the value is entered with: widget, options, what stands in it."""
        takes = operator.takes
        if takes is Takes.NOTHING:
            return {"widget": ""}
        if takes is Takes.PERIOD:
            return {"widget": "select", "options": list(PERIODS.items()), "values": values}
        if takes is Takes.DAYS:
            return {"widget": "number", "values": values[:1] or ["7"]}
        options = self.offered(one, values)
        if options is not None:
            widget = "many" if takes is Takes.MANY else "select"
            return {"widget": widget, "options": options, "values": values, "size": min(6, len(options))}
        typed = [self.typed(one, value) for value in values]
        if takes is Takes.TWO:
            return {"widget": "two", "input": INPUTS.get(one.type, "text"), "values": [*typed, "", ""][:2]}
        return {"widget": INPUTS.get(one.type, "text"), "values": typed[:1] or [""]}

    def typed(self, one: ListAttribute, value: str) -> str:
        """An amount stands in its field as people write it."""
        if (
            one.type is not AttributeType.MONEY
            or not value.lstrip("-").isdecimal()
            or self.request.method == "POST"
        ):
            return value
        return str(Money(int(value), one.currency or "EUR").major)

    def offered(self, one: ListAttribute, values: list[str]) -> list[tuple[str, Any]] | None:
        if one.choices:
            return [(key, label) for key, label in one.choices]
        if one.type is AttributeType.USER:
            own = [(ME, pgettext("filter", "me")), (MY_TEAM, pgettext("filter", "my team"))]
            return [*own, *user_options(self.actor)]
        if one.type is AttributeType.REFERENCE:
            found = reference_options(self.actor, one.related)
            known = {key for key, _label in found}
            return [
                *((value, self.design.name_of(one, value)) for value in values if value not in known),
                *found,
            ]
        return None
