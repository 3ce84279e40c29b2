import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.conflict import Conflict, shown_values
from embudo.business.intake.forms.entering import EntryForm, Verdict, initial_of
from embudo.business.intake.models import Assignment, Binding, Draft, Entry
from embudo.business.intake.rules.policies import Policy
from embudo.business.intake.rules.states import EntryState
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage
from embudo.foundation.ui.parts import Crumb
from embudo.kernel import clock
from embudo.kernel.errors import Stale
from embudo.kernel.kind import kind_of
from embudo.kernel.record import new_id

MOST_SECONDS = 100_000_000_000


def work_url(assignment: Assignment) -> str:
    return f"{reverse('intake:my_work')}?assignment={assignment.pk}"


def uuid_of(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def whole(typed: str) -> int:
    return min(int(typed), MOST_SECONDS) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0


def records_shown(known: queries.Known | None) -> list[tuple[Any, str]]:
    """Records of the directory with their pages."""
    return [(one, kind_of(one).url(one.pk)) for one in known.records] if known else []


class EnteringPage(CommandPage):
    """The form that an assignment asks for. What is typed is kept as a draft; `?draft=` opens one again."""

    template_name = "intake/entering.html"
    form_class = EntryForm
    nav = "intake:my_work"
    entry: Entry | None = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.posted: QueryDict = request.POST

    # --- what it is about ---

    @property
    def assignment(self) -> Assignment:
        raise NotImplementedError

    @cached_property
    def part(self) -> Binding | None:
        return queries.part_with_assignment(self.actor, self.assignment.pk)

    @cached_property
    def hindrance(self) -> str:
        return queries.hindrance(self.part)

    @cached_property
    def draft(self) -> Draft | None:
        """The one that is opened again."""
        asked = uuid_of(self.request.GET.get("draft", ""))
        found = queries.draft(self.actor, asked) if asked else None
        return found if found and found.assignment_id == self.assignment.pk else None

    @cached_property
    def draft_id(self) -> UUID:
        typed = uuid_of(self.posted.get("draft", ""))
        if typed:
            return typed
        if self.draft:
            return self.draft.pk
        asked = uuid_of(self.request.GET.get("draft", ""))
        # what a browser kept on its own comes back under the id that the form had
        return asked if asked and queries.is_free_draft(asked) else new_id()

    @property
    def kept(self) -> Mapping[str, Any]:
        return self.draft.values if self.draft and self.request.method == "GET" else {}

    @property
    def seconds(self) -> int:
        """So long somebody was at it: what an earlier sitting took, and since the form was opened."""
        given = self.posted
        began = whole(given.get("began", ""))
        now = int(clock.now().timestamp())
        return whole(given.get("spent", "")) + (max(0, now - began) if began else 0)

    def get_crumbs(self) -> tuple[Crumb, ...]:
        return (Crumb(_("My work"), work_url(self.assignment)),)

    def get_cancel_url(self) -> str:
        return work_url(self.assignment)

    def success_url(self, result: Any, record: Any) -> str:
        return work_url(self.assignment)

    # --- the form ---

    def get_form(self, data: Any = None, files: Any = None) -> EntryForm:
        form = EntryForm(
            data, files, actor=self.actor, record=self.entry, assignment=self.assignment,
            initial=self.initial(self.record),
        )  # fmt: skip
        if self.kept:
            form.restore(self.kept)
        return form

    def given(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The command's keywords, from what was cleaned."""
        names = {one.name for one in self.assignment.attributes if not one.key}
        return {
            "values": {name: value for name, value in data.items() if name in names},
            "custom": dict(data.get("custom", {})),
            "seconds": self.seconds,
            "draft": self.draft_id,
            "is_handed_in": "hand_in" in self.request.POST,
        }

    def hidden(self, form: EntryForm) -> dict[str, Any]:
        """What the form carries along unseen."""
        posted, kept = self.posted, self.kept
        return {
            "draft": self.draft_id,
            "began": posted.get("began") or int(clock.now().timestamp()),
            "spent": posted.get("spent") or whole(str(kept.get("spent", ""))),
        }

    def known(self, form: EntryForm) -> queries.Known | None:
        """What may be the same, where the command asked whether it is."""
        if not form.is_bound or "is_another" not in form.errors:
            return None
        typed = {name: form.data.get(name, "") for name in form.asked if not name.startswith("custom_")}
        return queries.known_like(self.actor, self.assignment, typed, self.entry.pk if self.entry else None)

    def form_context(self, form: Any) -> dict[str, Any]:
        known = self.known(form)
        return super().form_context(form) | {
            "assignment": self.assignment,
            "entry": self.entry,
            "hindrance": self.hindrance,
            "draft": self.draft,
            "draft_id": self.draft_id,
            "sequence": self.draft.sequence if self.draft else 0,
            "hidden": self.hidden(form),
            "known": known,
            "records": records_shown(known),
            "may_hand_in": self.assignment.policy != Policy.OFF,
            "action": f"{self.request.path}?draft={self.draft_id}",
            "save_url": reverse("intake:draft_save", args=[self.assignment.pk, self.draft_id]),
            "check_url": reverse("intake:entry_check", args=[self.assignment.pk]),
        }


def saved_text(entry: Entry) -> str:
    if entry.state == EntryState.ACCEPTED:
        return gettext("%(name)s was saved and accepted.") % {"name": entry.name}
    if entry.state == EntryState.HANDED_IN:
        return gettext("%(name)s was saved and handed in.") % {"name": entry.name}
    return gettext("%(name)s was saved.") % {"name": entry.name}


class EntryNew(EnteringPage):
    """One record after another: saving opens the next empty form, with the focus in its first field."""

    query: ClassVar[Any] = queries.assignment
    command = commands.enter_entry
    title = _("New record")

    @property
    def assignment(self) -> Assignment:
        found: Assignment = self.record
        return found

    def initial(self, record: Any) -> dict[str, Any]:
        return {}

    @property
    def keeps(self) -> bool:
        """Whether the values to be kept come from the last record; remembered until it is unticked."""
        if self.request.method == "POST":
            return "keep" in self.request.POST
        return str(self.assignment.pk) in self.request.session.get("intake_keep", [])

    def remember(self) -> None:
        chosen: list[str] = self.request.session.get("intake_keep", [])
        pk = str(self.assignment.pk)
        if self.keeps != (pk in chosen):
            others = [one for one in chosen if one != pk][-50:]
            self.request.session["intake_keep"] = [*others, pk] if self.keeps else others

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if form.kept and self.keeps and not self.draft:
            form.offer(queries.last_entry(self.actor, self.assignment))
        form.focus()
        return self.show(form)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        given = self.given(data) | {"is_another": data.get("is_another", False)}
        return commands.enter_entry(actor, record, **given)

    def success_message(self, result: Any) -> str:
        today, _all = queries.own_counts(self.actor, self.assignment)
        n = today.entered
        count = ngettext("%(n)d record today.", "%(n)d records today.", n) % {"n": n}
        return f"{saved_text(result)} {count}"

    def succeed(self, result: Any) -> HttpResponse:
        if self.assignment.attributes and any(one.is_kept for one in self.assignment.attributes):
            self.remember()
        said = self.success_message(result)
        if not self.htmx_target:
            messages.success(self.request, said)
            return HttpResponseRedirect(self.request.path)
        response = self.next_form(result)
        say = {"text": said, "toast": True}
        response.headers["HX-Trigger"] = json.dumps({"say": say})
        response.headers["HX-Replace-Url"] = self.request.path
        return response

    def next_form(self, result: Entry) -> HttpResponse:
        """As if it had just been opened."""
        self.posted = QueryDict()
        self.__dict__["draft"], self.__dict__["draft_id"] = None, new_id()
        form = self.get_form()
        if self.keeps:
            form.offer(result)
        form.focus()
        return self.show(form)

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"keeps": self.keeps}


class EntryCorrect(EnteringPage):
    """The same form for a record that is, or came back to be, the operator's, with the verifier's verdict at each field."""

    query: ClassVar[Any] = queries.entry
    command = commands.correct_entry

    @property
    def assignment(self) -> Assignment:
        found: Assignment = self.record.assignment
        return found

    def get_title(self) -> Any:
        return gettext("Correct %(name)s") % {"name": self.record.name}

    @property
    def entry(self) -> Entry:  # type: ignore[override]
        found: Entry = self.record
        return found

    @cached_property
    def draft(self) -> Draft | None:
        """Also without being asked for: what was typed to correct this record is gone on with."""
        asked = uuid_of(self.request.GET.get("draft", ""))
        found = queries.draft(self.actor, asked) if asked else None
        if found and found.entry_id == self.entry.pk:
            return found
        return queries.draft_of_entry(self.actor, self.entry)

    @cached_property
    def verdict(self) -> Any:
        """Why it came back; nothing for a record that was never looked at."""
        return queries.rejections([self.entry]).get(self.entry.pk)

    def initial(self, record: Any) -> dict[str, Any]:
        return initial_of(record, [one.name for one in self.assignment.attributes])

    def get_form(self, data: Any = None, files: Any = None) -> EntryForm:
        form = super().get_form(data, files)
        if self.verdict:
            form.verdicts = {
                point.name: Verdict(point) for point in self.verdict.judged if point.name in form.fields
            }
        return form

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not queries.is_to_correct(self.actor, self.entry):
            return HttpResponseRedirect(record_url("intake:entry", self.entry.pk))
        form = self.get_form()
        form.focus(next((name for name, one in form.verdicts.items() if one.is_wrong), ""))
        return self.show(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not queries.is_own(
            self.actor, self.entry
        ):  # who sees it without having entered it has no form to send
            return HttpResponseRedirect(record_url("intake:entry", self.entry.pk))
        return super().post(request, *args, **kwargs)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        try:
            return commands.correct_entry(actor, record, **self.given(data), version=data["version"])
        except Stale:
            self.is_stale = True
            raise

    is_stale = False

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        """Of what somebody else changed meanwhile nothing is lost, and nothing of what is typed here: one chooses."""
        if self.is_stale:
            texts = [str(text) for text in form.non_field_errors()]
            self._record = None
            self.__dict__.pop("verdict", None)
            if queries.is_with_operator(self.entry):
                conflict = Conflict(self.get_form(), form.data, self.seen(form.data))
                form = self.get_form(conflict.data)
                form.changes = conflict.changes
                form.is_valid()
            self.seen_now = shown_values(self.get_form())
            for text in texts:
                form.add_error(None, text)
        return super().show(form, status=status)

    seen_now: Mapping[str, Any] | None = None

    def seen(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they stood when the form was opened."""
        try:
            found = json.loads(data.get("seen", ""))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def version_shown(self) -> str:
        if self.is_stale:
            return str(self.record.version)
        return str(self.kept.get("version") or super().version_shown())

    def hidden(self, form: EntryForm) -> dict[str, Any]:
        more = super().hidden(form)
        if self.seen_now is not None:
            return more | {"seen": json.dumps(self.seen_now)}
        posted = self.posted.get("seen")
        return more | {"seen": posted or self.kept.get("seen") or json.dumps(shown_values(self.fresh_form()))}

    def fresh_form(self) -> EntryForm:
        """With the record's own values, whatever is typed."""
        return EntryForm(
            actor=self.actor, record=self.entry, assignment=self.assignment, initial=self.initial(self.record)
        )

    def success_message(self, result: Any) -> str:
        return saved_text(result)

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {
            "verdict": self.verdict,
            "entry_url": record_url("intake:entry", self.entry.pk),
            "is_rejected": self.entry.state == EntryState.REJECTED,
        }
