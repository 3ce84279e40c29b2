from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.assignments import BindForm, BindGroupForm, PartForm
from embudo.business.intake.views.assignments import ASSIGNMENTS, NAV
from embudo.business.intake.views.ordering import OfAssignment
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage
from embudo.foundation.ui.parts import Crumb
from embudo.kernel.errors import Forbidden


class Binding(OfAssignment):
    """Whoever may bind nobody here gets no form for it."""

    def initial(self, record: Any) -> Mapping[str, Any]:
        if not queries.duties_to_bind(self.actor, record):
            raise Forbidden(str(self.permission))
        return {"target": 0}

    def success_url(self, result: Any, record: Any) -> str:
        return record_url("intake:assignment", record.pk)


class Bind(Binding):
    command = commands.bind_person
    form_class = BindForm
    title = _("Bind a person")
    submit_label = _("Bind")
    again_label = _("Bind and go on")

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s is bound.") % {"name": result.person}


class BindGroup(Binding):
    command = commands.bind_group
    form_class = BindGroupForm
    title = _("Bind a group")
    submit_label = _("Bind the group")
    intro = _("Everybody of the group who is not bound yet. Again later, it binds who has joined since.")

    def success_message(self, result: Any) -> str:
        n = len(result)
        return ngettext("%(n)d person is bound.", "%(n)d people are bound.", n) % {"n": n}


class OfBinding(CommandPage):
    """An act on somebody's part; it leads back to the assignment."""

    query = queries.binding
    nav = NAV
    command: ClassVar[Any] = None

    def home(self) -> str:
        return record_url("intake:assignment", self.record.assignment_id)

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ASSIGNMENTS, Crumb(self.record.assignment.title, self.home()))

    def get_cancel_url(self) -> str:
        return self.home()

    def success_url(self, result: Any, record: Any) -> str:
        return self.home()


class EditBinding(OfBinding):
    command = commands.change_binding
    form_class = PartForm

    def get_title(self) -> str:
        return gettext("Part of %(name)s") % {"name": self.record.person}

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {
            "supervisor": str(record.supervisor_id or ""),
            "target": record.target,
            "starts": record.starts,
            "ends": record.ends,
        }

    def success_message(self, result: Any) -> str:
        return gettext("The part of %(name)s was changed.") % {"name": result.person}


class Unbind(OfBinding, ConfirmPage):
    command = commands.unbind_person
    form_class, template_name = ConfirmPage.form_class, ConfirmPage.template_name
    submit_label = _("Unbind")
    is_danger = True

    def get_title(self) -> str:
        return gettext("Unbind %(name)s") % {"name": self.record.person}

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s is not bound any more.") % {"name": self.record.person}
