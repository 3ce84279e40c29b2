from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Value, When

from embudo.business.sales.events import LeadAssigned, LeadCreated
from embudo.business.sales.models import Lead, LeadSource, RoutingTurn
from embudo.business.sales.permissions import SUBMIT_LEAD
from embudo.business.sales.rules.enquiries import Enquiry, checked_enquiry, name_key, search_text
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import active_members, organisation
from embudo.foundation.attributes.queries import custom_values
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.prepared import Prepared, PreparedUpdate

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
    custom: Mapping[str, Any] | None = None,
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
    extra = found_by(enquiry) | _consent(source, has_consented=has_consented)
    extra |= {"submission": submission or None, "custom": custom_values(actor, Lead, custom)}
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
            **extra,
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


def _in_turn(role: str, team: UUID | None, last: UUID | None) -> Any:
    """The first by id after `last`, who may have left, else the first of all."""
    members = active_members(role).filter(team=team) if team else active_members(role)
    is_round = Case(When(pk__gt=last, then=0), default=1) if last else Value(1)
    return members.order_by(is_round, "pk").values_list("pk")[:1]


IN_TURN = Prepared(_in_turn)
TURN = Prepared(lambda pool: RoutingTurn.objects.select_for_update().filter(pool=pool).values_list("last"))
MOVED_TURN = PreparedUpdate(lambda pool, last: (RoutingTurn.objects.filter(pool=pool), {"last": last}))


def _role(source: LeadSource | None) -> str:
    return source.route_role if source and source.route_role else DEFAULT_ROLE


def _pool(source: LeadSource | None) -> str:
    """Those among whom it goes round: "seller:", or "seller:<team>"."""
    return f"{_role(source)}:{(source.route_team_id if source else None) or ''}"


@dataclass(frozen=True)
class Turn:
    """Whose turn it was last in a pool, as it stands in the locked row."""

    pool: str
    last: UUID | None


def _locked_turn(source: LeadSource | None) -> Turn:
    """
    The pool's row, locked: those who come at the same time wait here, so nobody is left out or taken twice. As late as
    can be, for everybody else waits until the transaction ends.
    """
    pool = _pool(source)
    found = TURN.first(pool=pool)
    if found is None:
        found = (RoutingTurn.objects.select_for_update().get_or_create(pool=pool)[0].last,)
    return Turn(pool, found[0])


def _next_owner(turn: Turn | None, source: LeadSource | None) -> UUID | None:
    """Moves the turn on; None when nobody active is in the pool, then the lead waits among the unassigned."""
    if turn is None:
        return None
    team = source.route_team_id if source else None
    found = IN_TURN.first(role=_role(source), team=team, last=turn.last)
    if found is None:
        return None
    MOVED_TURN.run(pool=turn.pool, last=found[0])
    chosen: UUID = found[0]
    return chosen
