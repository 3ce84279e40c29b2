from typing import Any
from uuid import UUID

from embudo.business.sales.events import LeadAssigned, LeadCreated
from embudo.business.sales.models import Lead, LeadSource, RoutingTurn
from embudo.business.sales.permissions import SUBMIT_LEAD
from embudo.business.sales.rules.enquiries import Enquiry, checked_enquiry, name_key, search_text
from embudo.business.sales.rules.leads import next_in_turn
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import active_members, organisation
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish

DEFAULT_ROLE = "seller"


@command(SUBMIT_LEAD)
def submit_lead(  # noqa: PLR0913 - one keyword a field
    actor: Actor,
    *,
    name: str,
    company_name: str = "",
    email: str = "",
    phone: str = "",
    message: str = "",
    job_title: str = "",
    country: str = "",
    source: LeadSource | None = None,
    owner: User | None = None,
    language: str = "",
    has_consented: bool = False,
    submission: str = "",
) -> Lead:
    """
    Makes a lead of an enquiry and gives it to `owner`, or to whoever's turn it is. Refuses (Invalid) a missing name,
    an address or phone that cannot be one, and from outside an enquiry that nobody could answer. The same
    `submission` of a form again gives the lead that it made the first time.
    """
    typed = {
        "name": name, "company_name": company_name, "job_title": job_title, "email": email, "phone": phone,
        "message": message,
    }  # fmt: skip
    enquiry = checked_enquiry(
        country=country or _home_country(source, phone), must_be_reachable=source is not None, **typed
    )
    turn = None if owner else _locked_turn(source)
    known = Lead.objects.filter(submission=submission).first() if submission else None
    if known is not None:
        return known  # type: ignore[no-any-return]
    owner_id = owner.pk if owner else _next_owner(turn, source)
    lead = create(
        Lead(
            **enquiry.values(),
            raw={key: text for key, text in typed.items() if text and text != getattr(enquiry, key)},
            source=source,
            owner_id=owner_id,
            language=language[:5],
            submission=submission or None,
            **_consent(source, has_consented=has_consented),
            **found_by(enquiry),
        )
    )
    publish(LeadCreated(lead.id, source.id if source else None), lead)
    if owner_id is not None:
        publish(LeadAssigned(lead.id, owner_id, actor.id if owner else None), lead)
    return lead


def found_by(enquiry: Enquiry) -> dict[str, str]:
    """The columns that lists and the search for duplicates look into."""
    words = search_text(enquiry.name, enquiry.company_name, enquiry.email, enquiry.phone)
    return {"search": words, "name_key": name_key(enquiry.name)}


def _home_country(source: LeadSource | None, phone: str) -> str:
    """How a number without a country code is meant; asked for only when there is one."""
    if source is not None and source.country:
        return source.country
    return organisation().country if phone and not phone.lstrip().startswith("+") else ""


def _consent(source: LeadSource | None, *, has_consented: bool) -> dict[str, Any]:
    if not has_consented:
        return {}
    return {"consented": clock.now(), "consent_text": source.consent if source else ""}


def _locked_turn(source: LeadSource | None) -> RoutingTurn:
    """The pool's row, locked: those who come at the same time wait here, so nobody is left out or taken twice."""
    role = source.route_role if source and source.route_role else DEFAULT_ROLE
    team = source.route_team_id if source else None
    return RoutingTurn.objects.select_for_update().get_or_create(pool=f"{role}:{team or ''}")[0]


def _next_owner(turn: RoutingTurn | None, source: LeadSource | None) -> UUID | None:
    """Moves the turn on; None when nobody active is in the pool, then the lead waits among the unassigned."""
    if turn is None:
        return None
    role, _colon, _team = turn.pool.partition(":")
    members = active_members(role)
    if source and source.route_team_id:
        members = members.filter(team=source.route_team_id)
    chosen = next_in_turn(list(members.values_list("pk", flat=True)), turn.last)
    if chosen is not None:
        RoutingTurn.objects.filter(pk=turn.pk).update(last=chosen)
    return chosen
