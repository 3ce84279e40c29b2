from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from embudo.business.sales.events import LeadAssigned, LeadCreated
from embudo.business.sales.models import Lead, LeadSource, RoutingTurn
from embudo.business.sales.permissions import SUBMIT_LEAD
from embudo.business.sales.rules.enquiries import Enquiry, checked_enquiry, name_key, search_text
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import active_members, organisation
from embudo.foundation.attributes.queries import custom_values
from embudo.kernel import clock
from embudo.kernel.act import finish_together, ready_key
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.prepared import PreparedUpdate

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
    if submission and (known := _made_before(submission, source)):
        return known
    raw = {key: text for key, text in typed.items() if text and text != getattr(enquiry, key)}
    lead = Lead(**enquiry.values(), raw=raw, source=source, language=language[:5], **extra)
    ready_key(lead)
    lead.owner_id = owner_id = owner.pk if owner else _next_owner(source)
    finish_together()  # others wait for the turn
    create(lead)
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


def _made_before(submission: str, source: LeadSource | None) -> Lead | None:
    """The lead that this form made already; whoever sends it twice at once waits here."""
    list(RoutingTurn.objects.select_for_update().filter(pool=_pool(source)))
    return Lead.objects.filter(submission=submission).first()


def _moved_on(pool: str, role: str, team: UUID | None) -> tuple[Any, dict[str, Any]]:
    """To the first by id after the last one, who may have left, else to the first of all; to nobody where the pool is empty."""
    members = active_members(role).filter(team=team) if team else active_members(role)
    in_order = members.order_by("pk").values("pk")
    following, first = in_order.filter(pk__gt=OuterRef("last"))[:1], in_order[:1]
    return RoutingTurn.objects.filter(pool=pool), {"last": Coalesce(Subquery(following), Subquery(first))}


MOVED_ON = PreparedUpdate(_moved_on)


def _role(source: LeadSource | None) -> str:
    return source.route_role if source and source.route_role else DEFAULT_ROLE


def _pool(source: LeadSource | None) -> str:
    """Those among whom it goes round: "seller:", or "seller:<team>"."""
    return f"{_role(source)}:{(source.route_team_id if source else None) or ''}"


def _next_owner(source: LeadSource | None) -> UUID | None:
    """
    Moves the turn on; None when nobody active is in the pool, then the lead waits among the unassigned. Those who come at
    the same time wait at the pool's row, so nobody is left out or taken twice: as late as can be, for they wait until the
    transaction ends.
    """
    asked = {
        "pool": _pool(source),
        "role": _role(source),
        "team": source.route_team_id if source else None,
    }
    found = MOVED_ON.changed("last", **asked)
    if not found:
        RoutingTurn.objects.get_or_create(pool=asked["pool"])
        found = MOVED_ON.changed("last", **asked)
    chosen: UUID | None = found[0]
    return chosen
