import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import rules as directory
from embudo.business.intake import commands, queries
from embudo.business.intake.forms.entering import WATCHED
from embudo.business.intake.permissions import ENTER
from embudo.business.intake.rules.drafts import OVER
from embudo.business.intake.views.entering import records_shown, uuid_of, work_url
from embudo.foundation.access.queries import organisation
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.lookup import lookup_options
from embudo.foundation.ui.pages import ConfirmPage
from embudo.kernel.errors import Invalid

LONGEST_NAME = 80


@guarded(ENTER)
def draft_save(request: HttpRequest, assignment_id: UUID, draft_id: UUID) -> HttpResponse:
    """Called every few seconds by everybody who types: few statements. GET gives a page that signed in again its new token."""
    if request.method != "POST":
        queries.check_form(actor_of(request), assignment_id, draft_id)
        return JsonResponse({"token": get_token(request)})
    try:
        given = _given(request.body)
        values = _values(given.get("values"))
    except Invalid:  # of a form that is nobody's business here nothing is said
        queries.check_form(actor_of(request), assignment_id, draft_id)
        raise
    title = values.get("name") or f"{values.get('first_name', '')} {values.get('last_name', '')}"
    entry = given.get("entry")
    kept = commands.save_draft(
        actor_of(request), assignment=assignment_id, draft=draft_id, values=values, title=str(title),
        sequence=_number(given.get("sequence")), entry=uuid_of(str(entry)) if entry else None,
    )  # fmt: skip
    return JsonResponse(
        {
            "saved": f"{timezone.localtime(kept.saved):%H:%M}",
            "closed": kept.after_closing,
            "over": kept.sequence == OVER,
        }
    )


def _given(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid({"": [_("This is no JSON object.")]})
    return found


def _values(given: Any) -> dict[str, Any]:
    """Texts and lists of texts by the names of fields, as controls hold them."""
    if not isinstance(given, dict):
        raise Invalid({"values": [_("This is no JSON object.")]})
    return {
        str(name).replace("\0", "")[:LONGEST_NAME]: [_text(one) for one in value]
        if isinstance(value, list)
        else _text(value)
        for name, value in given.items()
    }


def _text(value: Any) -> str:
    """Half of a pair of surrogates is nothing that can be stored."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value < OVER else 0


class DiscardDraft(ConfirmPage):
    """A question first: what was typed is gone for good."""

    query = queries.own_draft
    command = commands.discard_draft
    title = _("Discard what was typed")
    submit_label = _("Discard")
    intro = _("The unfinished record is forgotten. This can't be undone.")
    is_danger = True
    nav = "intake:my_work"

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        return commands.discard_draft(actor, draft=record.pk)

    def get_cancel_url(self) -> str:
        return work_url(self.record.assignment)

    def success_url(self, result: Any, record: Any) -> str:
        return work_url(record.assignment)

    def success_message(self, result: Any) -> str:
        return str(_("Discarded."))


@guarded(ENTER)
def entry_check(request: HttpRequest, assignment_id: UUID) -> HttpResponse:
    """While one types: what is known already. Of what others entered only that it is there."""
    actor = actor_of(request)
    assignment = queries.assignment(actor, assignment_id)
    names = {one.name for one in assignment.attributes} & {*WATCHED, "country"}
    typed = {name: request.GET.get(name, "").replace("\0", "")[:254] for name in names}
    but = uuid_of(request.GET.get("but", ""))
    known = queries.known_like(actor, assignment, typed, but)
    context = {"known": known, "records": records_shown(known), "entry": but}
    return render(request, "intake/entering_alike.html", context)


@guarded(ENTER)
def activity_options(request: HttpRequest) -> HttpResponse:
    """PKD codes by code or words."""
    found = directory.activities(request.GET.get("q", "").replace("\0", "")[:60])
    return lookup_options(request, [(one.code, str(one), one.list_name) for one in found])


@guarded(ENTER)
def places(request: HttpRequest) -> HttpResponse:
    """What a postcode says about town and region."""
    typed = {
        name: request.GET.get(name, "").replace("\0", "")[:80]
        for name in ("postcode", "town", "region", "country")
    }
    about = uuid_of(request.GET.get("assignment", ""))
    part = queries.part_with_assignment(actor_of(request), about) if about else None
    home = queries.home_country(part.assignment) if part else organisation().country
    country = typed.pop("country") or home
    return render(request, "directory/places.html", directory.place_hints(country, **typed))
