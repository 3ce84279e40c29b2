import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms as django_forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.access import commands, forms, permissions, queries
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import arranging
from embudo.foundation.access.queries.arranging import Arrangement, Row
from embudo.foundation.access.views.people import USERS
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import CommandPage, ListPage, Page
from embudo.foundation.ui.pages.commands import is_complete
from embudo.foundation.ui.parts import Action, Crumb
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, Refused

TREE = Crumb(_("Who reports to whom"), reverse_lazy("access:tree"))


class Tree(Page):
    permission = permissions.VIEW_USERS
    title = _("Who reports to whom")
    template_name = "access/tree.html"
    crumbs = (USERS,)
    actions = (
        Action(_("Export"), reverse_lazy("access:tree_file"), "download", permissions.MANAGE_USERS),
        Action(_("Import"), reverse_lazy("access:tree_import"), "upload", permissions.MANAGE_USERS),
    )

    def get_context(self) -> dict[str, Any]:
        rows = queries.tree(self.actor)
        return super().get_context() | {
            "nodes": queries.nested(rows),
            "may_move": self.actor.may(permissions.MANAGE_ROLES),
        }


class ReportTo(CommandPage):
    """Puts somebody under somebody else; dragging in the tree sends the same form."""

    query, command, form_class = queries.user, commands.report_to, forms.ReportToForm
    submit_label = _("Move")
    crumbs = (USERS, TREE)
    cancel_url = reverse_lazy("access:tree")

    def get_title(self) -> str:
        return gettext("Whom %(name)s reports to") % {"name": self.record.name}

    def initial(self, record: User) -> Mapping[str, Any]:
        return {"manager": str(record.manager_id or "")}

    def success_url(self, result: User, record: Any) -> str:
        return reverse("access:tree")

    def success_message(self, result: User) -> str:
        if result.manager is None:
            return gettext("%(name)s reports to nobody now.") % {"name": result.name}
        return gettext("%(name)s reports to %(manager)s now.") % {
            "name": result.name, "manager": result.manager.name,
        }  # fmt: skip


class ArrangeUsers(CommandPage):
    """A file, then what it would change, then all of it or nothing."""

    command, form_class = commands.arrange_users, forms.ArrangeForm
    template_name = "access/arrange.html"
    title, submit_label = _("Import users and who reports to whom"), _("Look at the changes")
    crumbs = (USERS, TREE)
    cancel_url = reverse_lazy("access:tree")
    width = ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form: Any = self.get_form(request.POST, request.FILES)
        if not is_complete(form, request):
            return self.show(form, status=422)
        try:
            rows = self._rows(form.cleaned_data)
            if form.cleaned_data["digest"] and not form.cleaned_data["file"]:
                return self._applied(form, rows)
        except Invalid as fault:
            for text in [text for texts in fault.errors.values() for text in texts]:
                form.add_error("file", str(text))
            return self.show(form, status=422)
        return self._preview(rows)

    def _rows(self, data: Mapping[str, Any]) -> list[Row]:
        if data["file"]:
            if ListPage.exporter is None:
                raise Http404
            return arranging.rows_by_field(ListPage.exporter.read(data["file"], arranging.MOST_ROWS + 1))
        try:
            return [(int(number), _texts(cells)) for number, cells in json.loads(data["rows"] or "null")]
        except (ValueError, TypeError, AttributeError):
            raise Invalid({"file": [_("Choose a file.")]}) from None

    def _applied(self, form: Any, rows: Sequence[Row]) -> HttpResponse:
        try:
            count = commands.arrange_users(self.actor, rows=rows, digest=form.cleaned_data["digest"])
        except (Invalid, Refused) as problem:
            told = str(problem.message) if isinstance(problem, Refused) else ""
            return self._preview(rows, told)
        return self.succeed(count)

    def _preview(self, rows: Sequence[Row], problem: str = "") -> HttpResponse:
        """What would happen, with the rows and a mark of just these changes in hidden fields."""
        found = commands.rehearsal(self.actor, rows)
        kept = {"rows": json.dumps(rows, ensure_ascii=False), "digest": found.digest}
        form = forms.ArrangeForm(initial=kept, actor=self.actor)
        is_ready = found.changed and not found.faults
        if is_ready:
            form.fields["file"].widget = django_forms.HiddenInput()
        context = self.get_context() | self.form_context(form) | _shown(found) | {"problem": problem}
        if is_ready:
            n = len(found.changed)
            told = ngettext("Change %(n)d person", "Change %(n)d people", n) % {"n": n}
            context |= {"submit_label": told, "is_ready": True}
        return self.render(context, status=422 if found.faults or problem else 200)

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("access:tree")

    def success_message(self, result: Any) -> str:
        return ngettext("%(n)d person changed.", "%(n)d people changed.", result) % {"n": result}


def _texts(cells: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(cells[name]) for name in arranging.HEADINGS if name in cells} | {
        "email": str(cells.get("email", ""))
    }


def _shown(found: Arrangement) -> dict[str, Any]:
    names = {one.email: one.name or (one.user.name if one.user else "") for one in found.wishes}
    return {
        "found": found,
        "faults": found.faults,
        "changes": [(one.number, names[one.email] or one.email, one.changes) for one in found.changed],
        "same": found.rows - len(found.changed),
    }


@guarded(permissions.MANAGE_USERS)
def tree_file(request: HttpRequest) -> HttpResponse:
    """All users with whom they report to, as a workbook that the import takes again."""
    if ListPage.exporter is None:
        raise Http404
    actor: Actor = actor_of(request)
    answer: HttpResponse = ListPage.exporter.table(
        actor, gettext("Users"), request.path, arranging.user_headings(), arranging.user_rows(actor)
    )
    return answer
