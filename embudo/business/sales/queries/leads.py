from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import queries as directory
from embudo.business.sales import permissions
from embudo.business.sales.models import Lead, LeadQuerySet, LeadSource
from embudo.business.sales.rules.enquiries import name_key
from embudo.business.sales.rules.leads import LeadStatus, SourceKind
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Scope
from embudo.kernel.prepared import PreparedSight, found_one
from embudo.kernel.record import RecordQuerySet

MOST_MATCHES = 5


@dataclass(frozen=True)
class Match:
    """A record that may be the same: `kind` as in RecordKind, `score` from 0 to 100, `reason` in words."""

    kind: str
    id: UUID
    title: str
    subtitle: str
    score: int
    reason: Any


def leads(
    actor: Actor,
    *,
    q: str = "",
    status: str = "",
    owner: UUID | None = None,
    source: UUID | None = None,
    email: str = "",
    created_since: datetime | None = None,
) -> LeadQuerySet:
    """The leads the actor sees, narrowed by what is given."""
    exact = {"status": status, "owner_id": owner, "source_id": source, "email": email.lower()}
    found: Any = Lead.objects.visible_to(actor).filter(**{name: one for name, one in exact.items() if one})
    if created_since:
        found = found.filter(created__gte=created_since)
    return found.matching(q) if q else found  # type: ignore[no-any-return]


def lead(actor: Actor, lead_id: UUID) -> Lead:
    """One lead with what its page shows; NotFound outside the actor's sight."""
    return found_one(ONE_LEAD.seen(actor, lead_id=lead_id))  # type: ignore[no-any-return]


ONE_LEAD = PreparedSight(
    permissions.VIEW_LEADS,
    lambda actor, lead_id: (
        leads(actor).filter(pk=lead_id).select_related("source", "owner", "company", "person")
    ),
)


NEW = PreparedSight(
    permissions.VIEW_LEADS,
    lambda actor, holder: (
        leads(actor, status=LeadStatus.NEW, owner=holder)
        .order_by()
        .values("owner")
        .annotate(n=Count("*"))
        .values_list("n")
    ),
)


def new_leads_count(actor: Actor) -> int:
    """How many leads of the actor's own nobody has looked at."""
    found = NEW.seen(actor, holder=actor.id) if actor.id else []
    return int(found[0][0]) if found else 0


def leads_about_company(actor: Actor, company_id: UUID) -> LeadQuerySet:
    return leads(actor).filter(company=company_id).select_related("owner").order_by("-created", "-id")


def lead_sources(actor: Actor) -> RecordQuerySet[LeadSource]:
    return LeadSource.objects.visible_to(actor)


def lead_source(actor: Actor, source_id: UUID) -> LeadSource:
    return LeadSource.objects.select_related("route_team").one(actor, source_id)


def source_with_key(actor: Actor, key: str) -> LeadSource:
    """The active source that a program names by its key."""
    found = lead_sources(actor).filter(key=key, is_active=True).first()
    if found is None:
        raise NotFound
    return found


def key_holder(key: str, *, origin: str = "form", request_id: str = "") -> tuple[Actor, LeadSource]:
    """Who acts by a source's key, and the source: the key is all that a stranger needs to send leads."""
    grants = {permissions.SUBMIT_LEAD.code: Scope.ALL, permissions.VIEW_SOURCES.code: Scope.ALL}
    actor = Actor(ActorKind.FORM, grants=grants, origin=origin, request_id=request_id)
    source = source_with_key(actor, key)
    return replace(actor, name=source.name), source


def form_source(key: str, request_id: str = "") -> tuple[Actor, LeadSource]:
    """The same for a hosted form; sources of another kind have none."""
    actor, source = key_holder(key, request_id=request_id)
    if source.kind != SourceKind.WEB_FORM:
        raise NotFound
    return actor, source


def _same(actor: Actor, *, but: UUID, **values: str) -> Any:
    """One branch an index, as in directory's search for the same."""
    terms = [{column: value} for column, value in values.items() if value]
    seen = leads(actor).exclude(pk=but)
    if not terms:
        return seen.none()
    first, *others = (leads(actor).filter(**term).order_by().values("pk") for term in terms)
    same = seen.filter(pk__in=first.union(*others) if others else first)
    return same.values_list("pk", "name", "company_name", "email", "phone")[: 4 * MOST_MATCHES]


SAME = PreparedSight(permissions.VIEW_LEADS, _same)


def lead_duplicates(actor: Actor, lead: Lead) -> list[Match]:
    """Other leads in sight with the same e-mail, phone or name, the surest first."""
    rows = SAME.seen(actor, but=lead.pk, name_key=lead.name_key, email=lead.email, phone=lead.phone)
    matches = [_match(lead, *row) for row in rows]
    return sorted(matches, key=lambda match: -match.score)[:MOST_MATCHES]


def _match(lead: Lead, pk: UUID, name: str, company_name: str, email: str, phone: str) -> Match:
    is_same_company = bool(lead.company_name) and name_key(lead.company_name) == name_key(company_name)
    if lead.email and email == lead.email:
        score, reason = 95, _("Same e-mail address")
    elif lead.phone and phone == lead.phone:
        score, reason = 90, _("Same phone")
    elif is_same_company:
        score, reason = 85, _("Same name and company")
    else:
        score, reason = 60, _("Same name")
    return Match("sales.lead", pk, name, company_name, score, reason)


def known_matches(actor: Actor, lead: Lead, *kinds: str) -> list[Match]:
    """Companies and people (of `kinds`) that may be the lead's, the surest first."""
    found = directory.possible_duplicates(
        actor,
        name=lead.name,
        company_name=lead.company_name or lead.name,
        email=lead.email,
        phone=lead.phone,
        kinds=kinds,
    )
    return [Match(one.kind, one.id, one.title, one.subtitle, round(one.score), one.reason) for one in found]


def possible_duplicates(actor: Actor, lead: Lead) -> list[Match]:
    """Leads, companies and people that may be the same as this lead's, the surest first."""
    known = known_matches(actor, lead, directory.COMPANY, directory.PERSON)
    others = [match for match in known if match.id not in (lead.company_id, lead.person_id)]
    return sorted([*lead_duplicates(actor, lead), *others], key=lambda match: -match.score)
