from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.attributes import commands
from embudo.foundation.attributes.forms import ColumnsForm, GroupForm, SaveViewForm, SortForm
from embudo.foundation.attributes.permissions import USE_VIEWS
from embudo.foundation.attributes.views.design import Design
from embudo.foundation.attributes.views.groups import GROUPED
from embudo.foundation.ui.forms import EmptyForm
from embudo.foundation.ui.pages import CommandPage, ListPage
from embudo.foundation.ui.pages.opened import list_page
from embudo.kernel.errors import NotFound, Refused


class ListTool(CommandPage):
    """A dialog that changes how a list looks; its answer is the list's new address, so it works without script."""

    permission = USE_VIEWS
    command: ClassVar[Any] = None
    width = ""
    submit_label = _("Apply")

    @cached_property
    def list(self) -> ListPage:
        found = list_page(self.kwargs["list_key"], self.request)
        found.filters_in_use = found.chosen_filters()
        return found

    @property
    def design(self) -> Design:
        found = self.list.design
        if not isinstance(found, Design):
            raise NotFound
        return found

    @property
    def record(self) -> Any:
        return None

    def get_cancel_url(self) -> str:
        return self.list.url()

    def get_title(self) -> Any:
        return self.title % {"list": self.list.get_title()} if "%(list)s" in str(self.title) else self.title

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def success_message(self, result: Any) -> str:
        return ""

    def success_url(self, result: Any, record: Any) -> str:
        return str(result)


class ChooseColumns(ListTool):
    title = _("Columns")
    form_class = ColumnsForm
    template_name = "attributes/columns.html"

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"density": self.design.density}

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form: Any = super().get_form(data, files)
        design = self.design
        first = design.own_columns[0].key
        known = [(key, str(one.label)) for key, one in design.catalogue.items() if key != first]
        shown = {
            column.key: (place, design.widths.get(column.key, 0))
            for place, column in enumerate([one for one in self.list.columns if one.key != first], 1)
        }
        form.offer(known, shown)
        return form

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"first_label": self.design.own_columns[0].label}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("reset"):
            return self.succeed(self.list.url(columns="", density=""))
        return super().post(request, *args, **kwargs)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        form = self.get_form(self.request.POST)
        form.is_valid()
        first = self.design.own_columns[0].key
        chosen = [f"{key}:{width}" if width else key for key, width in form.chosen()]
        own = [column.key for column in self.design.own_columns]
        columns = [first, *chosen]
        density = data.get("density") or ""
        return self.list.url(columns="" if columns == own else ",".join(columns), density=density)


class ChooseSorts(ListTool):
    title = _("Sort")
    form_class = SortForm
    template_name = "attributes/sort.html"

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form: Any = super().get_form(data, files)
        design = self.design
        own = {column.sort: str(column.label) for column in design.own_columns if column.sort}
        more = {key: str(one) for key, one in design.attributes.items() if design.is_sortable(key)}
        form.offer(list((more | own).items()), design.sorts or [self.list.default_sort])
        return form

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        form = self.get_form(self.request.POST)
        form.is_valid()
        sorts = ",".join(form.chosen())
        return self.list.url(sort="" if sorts == self.list.default_sort else sorts)


class ChooseGroup(ListTool):
    title = _("Group")
    form_class = GroupForm
    width = "narrow"

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        form: Any = super().get_form(data, files)
        known = self.design.attributes.items()
        form.offer([(key, str(one)) for key, one in known if one.type in GROUPED], self.design.group)
        return form

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        form = self.get_form(self.request.POST)
        form.is_valid()
        return self.list.url(group=form.cleaned_data.get("by") or self.design.no_group)


class SaveView(ListTool):
    title = _("Save as a view")
    form_class = SaveViewForm
    command: ClassVar[Any] = commands.create_view
    template_name = CommandPage.template_name
    width = "narrow"
    submit_label = _("Save the view")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"scope": "private"}

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"intro": self.design.said}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        state = self.design.view_state()
        view = commands.create_view(actor, list_key=self.design.list_key, state=state, **data)
        return self.design.view_url(view)

    def success_message(self, result: Any) -> str:
        return gettext("The view is saved.")


class UpdateView(ListTool):
    """Keeps how the list looks now under the view's old name."""

    title = _("Keep the changes in this view")
    form_class = EmptyForm
    command: ClassVar[Any] = commands.change_view
    template_name = "ui/confirm.html"
    width = "narrow"
    submit_label = _("Keep the changes")

    def takes_version(self) -> bool:
        return False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without a view there is nothing to change: it becomes a new one."""
        return (
            super().get(request) if self.design.view else HttpResponseRedirect(self.design.tool_url("save"))
        )

    def form_context(self, form: Any) -> dict[str, Any]:
        names = (self.design.view.name if self.design.view else "", self.design.said)
        return super().form_context(form) | {"intro": ": ".join(filter(None, names))}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        view = self.design.view
        if view is None:
            raise Refused("attributes.no_view", _("Open the view that you want to change first."))
        commands.change_view(actor, view, state=self.design.view_state())
        return self.design.view_url(view)

    def success_message(self, result: Any) -> str:
        return gettext("The view is saved.")
