from collections.abc import Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.attributes import commands, queries
from embudo.foundation.attributes.forms import DefaultForm, ViewForm
from embudo.foundation.ui.forms import EmptyForm
from embudo.foundation.ui.pages import CommandPage, ConfirmPage


def view_address(view: Any) -> str:
    try:
        return f"{reverse(view.list_key)}?view={view.pk}"
    except NoReverseMatch:  # the list is no longer there
        return "/"


class ViewAct(CommandPage):
    query = queries.view

    def get_cancel_url(self) -> str:
        return view_address(self.record)

    def success_url(self, result: Any, record: Any) -> str:
        return view_address(record)


class ChangeView(ViewAct):
    command, form_class = commands.change_view, ViewForm
    title = _("Name and sharing")


class DeleteView(ViewAct, ConfirmPage):
    template_name = ConfirmPage.template_name
    command, form_class, is_danger = commands.delete_view, EmptyForm, True
    title, submit_label = _("Delete the view"), _("Delete")
    intro = _("The records stay. Whoever has pinned the view loses it from the sidebar.")

    def success_url(self, result: Any, record: Any) -> str:
        return view_address(record).partition("?")[0]

    def success_message(self, result: Any) -> str:
        return gettext("The view is gone.")


class PinView(ViewAct, ConfirmPage):
    template_name = ConfirmPage.template_name
    command, form_class = commands.pin_view, EmptyForm
    title, submit_label = _("Pin the view to the sidebar"), _("Pin")

    def success_message(self, result: Any) -> str:
        return gettext("The view stands in your sidebar.")


class UnpinView(ViewAct, ConfirmPage):
    template_name = ConfirmPage.template_name
    command, form_class = commands.unpin_view, EmptyForm
    title, submit_label = _("Take the view out of the sidebar"), _("Take out")

    def success_message(self, result: Any) -> str:
        return gettext("The view is out of your sidebar.")


class SetDefault(ViewAct):
    command, form_class = commands.set_default_view, DefaultForm
    title = _("What roles see first")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"roles": record.default_roles}
