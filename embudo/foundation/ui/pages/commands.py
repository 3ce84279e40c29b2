import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.forms import Form as DjangoForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.ui.access_marks import is_for_everyone, is_public
from embudo.foundation.ui.forms.base import EmptyForm, Form
from embudo.foundation.ui.pages.base import Page, plain
from embudo.foundation.ui.pages.records import fetched
from embudo.foundation.ui.uploads import fields_dropped, too_large_text
from embudo.kernel.command import Command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.kind import kind_of
from embudo.kernel.record import Record


class CommandPage(Page):
    """
    A form that runs one command. Name `command`, `form_class`, and `query(actor, id)` when it acts on a record. Opened
    by a link with `data-dialog` it is a dialog, else a page; it works without script. Invalid and Refused answer 422 with the
    form, its texts and what was typed. The command's permission guards the page.
    """

    template_name = "ui/command.html"
    width = "narrow"
    command: ClassVar[Any]
    form_class: ClassVar[type[DjangoForm]] = EmptyForm
    submit_label: ClassVar[Any] = _("Save")
    again_label: ClassVar[Any] = ""  # a second button: save and start another
    cancel_url: ClassVar[Any] = ""
    intro: ClassVar[Any] = ""
    is_danger: ClassVar[bool] = False
    too_large: ClassVar[Any] = ""  # what is said of a file that was dropped for its size
    stays: ClassVar[bool] = (
        False  # a dialog closes and the page below is loaded again, instead of going elsewhere
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        act = plain(cls, "command")
        if (
            "permission" not in cls.__dict__
            and isinstance(act, Command)
            and not is_public(cls)
            and not is_for_everyone(cls)
        ):
            cls.permission = act.permission

    # --- what a subclass may override ---

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        """Runs the command with the cleaned data as keywords, after the record if there is one."""
        act = plain(type(self), "command")
        return act(actor, **data) if record is None else act(actor, record, **data)

    def success_url(self, result: Any, record: Any) -> str:
        """Where to go afterwards: the result's page, else the record's."""
        for found in (result, record):
            if isinstance(found, Record):
                return kind_of(found).url(found.pk)
        return self.cancel_url or "/"

    def success_message(self, result: Any) -> str:
        return gettext("Saved.")

    def undo_url(self, result: Any) -> str:
        """Where a POST takes the act back; shown as "Undo" in the message."""
        return ""

    def initial(self, record: Any) -> Mapping[str, Any]:
        """What stands in the fields at first: by default the record's values of the same name."""
        if record is None:
            return {
                key: self.request.GET[key] for key in self.form_class.base_fields if key in self.request.GET
            }
        return {key: getattr(record, key, None) for key in self.form_class.base_fields}

    def get_form(self, data: Any = None, files: Any = None) -> DjangoForm:
        given: dict[str, Any] = {"initial": self.initial(self.record)}
        if issubclass(self.form_class, Form):
            given |= {"actor": self.actor, "record": self.record}
        return self.form_class(data, files, **given)

    def get_cancel_url(self) -> str:
        if self.cancel_url or not isinstance(self.record, Record):
            return str(self.cancel_url)
        return kind_of(self.record).url(self.record.pk)

    # --- the flow ---

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._record: Any = None
        return super().dispatch(request, *args, **kwargs)

    @property
    def record(self) -> Any:
        if self._record is None:
            self._record = fetched(self)
        return self._record

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request.POST, request.FILES)
        if not is_complete(form, request, self.too_large):
            return self.show(form, status=422)
        try:
            result = self.perform(self.actor, self.record, dict(form.cleaned_data) | self.version_typed())
        except Invalid as fault:
            add_errors(form, fault.errors)
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            return self.succeed(result)
        return self.show(form, status=422)

    def takes_version(self) -> bool:
        act = plain(type(self), "command")
        return isinstance(act, Command) and "version" in act.signature.parameters

    def version_typed(self) -> dict[str, int]:
        """The version the person saw, for commands that refuse a stale one."""
        typed = self.request.POST.get("version", "")
        if not self.takes_version() or "version" in self.form_class.base_fields:
            return {}
        fresh = self.record.version if isinstance(self.record, Record) else 0
        return {"version": int(typed) if typed.isdecimal() and len(typed) < 10 else fresh}

    def version_shown(self) -> str:
        if not self.takes_version() or not isinstance(self.record, Record):
            return ""
        return self.request.POST.get("version", "") or str(self.record.version)

    def succeed(self, result: Any) -> HttpResponse:
        said, undo = self.success_message(result), self.undo_url(result)
        again = self.again_label and "again" in self.request.POST
        if self.stays and self.htmx_target:
            say = {"text": said, "toast": True, "undo": undo}
            return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"say": say, "done": {}})})
        if said:
            messages.success(self.request, said, extra_tags=undo)
        goal = self.request.get_full_path() if again else self.success_url(result, self.record)
        if self.htmx_target:
            return HttpResponse(status=204, headers={"HX-Redirect": goal})
        return HttpResponseRedirect(goal)

    def show(self, form: DjangoForm, *, status: int = 200) -> HttpResponse:
        return self.render(self.get_context() | self.form_context(form), status=status)

    def form_context(self, form: DjangoForm) -> dict[str, Any]:
        return {
            "form": form,
            "record": self.record,
            "submit_label": self.submit_label,
            "again_label": self.again_label,
            "cancel_url": self.get_cancel_url(),
            "intro": self.intro,
            "is_danger": self.is_danger,
            "version": self.version_shown(),
            "errors": error_links(form),
            "error_heading": error_heading(form),
        }


def is_complete(form: DjangoForm, request: HttpRequest, too_large: Any = "") -> bool:
    """Whether the form is valid and none of its files was dropped for its size."""
    form.is_valid()
    for name in fields_dropped(request) & set(form.fields):
        form.errors.pop(name, None)  # "choose a file" would be said as well
        form.add_error(name, str(too_large) or too_large_text())
    return form.is_valid()


class ConfirmPage(CommandPage):
    """A question before an act without input: the record's name, what will happen (`intro`), and one button."""

    form_class = EmptyForm
    template_name = "ui/confirm.html"


class FormPage(CommandPage):
    """
    A form that runs no command of ours (sign-in, a search form): name a `permission` or a mark, and override
    `perform(actor, record, data)` and `success_url`.
    """

    command = None


def add_errors(form: DjangoForm, errors: Mapping[str, list[Any]]) -> None:
    """Puts a command's Invalid on the fields it names; on the whole form when the form has no such field."""
    for field, texts in errors.items():
        for one in texts:
            is_seen = field in form.fields and not form[field].is_hidden
            form.add_error(field if is_seen else None, str(one))


def error_links(form: DjangoForm) -> list[tuple[str, str]]:
    """(id of the field, its text) for the summary."""
    return [
        (bound.id_for_label or bound.auto_id, str(bound.errors[0]))
        for bound in form
        if bound.errors and not bound.is_hidden
    ]


def error_heading(form: DjangoForm) -> str:
    n = len(error_links(form))
    return (
        ngettext("%(n)d field needs a correction", "%(n)d fields need a correction", n) % {"n": n}
        if n
        else ""
    )
