from datetime import date
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import events, rules
from embudo.business.directory.commands.given import UNCHANGED
from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.permissions import LINK_PERSON
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@command(LINK_PERSON)
def link_person_to_company(
    actor: Actor, person: Person, *, company: Company, role: str = "", since: date | None = None
) -> Affiliation:
    """Says that a person works at a company, which becomes their present one. Refuses what already stands."""
    person = lock(person)
    _check_only_one(person, company)
    link = create(Affiliation(person=person, company=company, role=_checked_role(role), since=since))
    update(person, company=company)
    publish(events.PersonLinked(person.id, company.id), person, company, link)
    return link


@command(LINK_PERSON)
def change_affiliation(
    actor: Actor,
    affiliation: Affiliation,
    *,
    role: str = UNCHANGED,
    since: date | None = UNCHANGED,
    until: date | None = UNCHANGED,
    version: int | None = None,
) -> Affiliation:
    """
    Mends role or days; without a last day the person works there again. Refuses (Invalid) an end before the start, a
    stale version, and a second affiliation of today with the same company.
    """
    link = lock(affiliation, version=version)
    given: dict[str, Any] = {"role": role, "since": since, "until": until}
    values = {name: value for name, value in given.items() if value is not UNCHANGED}
    if "role" in values:
        values["role"] = _checked_role(role)
    _check_days(values.get("since", link.since), values.get("until", link.until))
    if link.until and "until" in values and until is None:
        _check_only_one(link.person, link.company)
    before, ended = link.version, bool(link.until)
    update(link, **values)
    if link.version != before:
        _follow(link, has_turned=ended != bool(link.until))
        publish(events.AffiliationChanged(link.person_id, link.company_id), link.person, link.company, link)
    return link


@command(LINK_PERSON)
def end_affiliation(actor: Actor, affiliation: Affiliation, *, until: date | None = None) -> Affiliation:
    """Ends a person's time at a company, today if no day is named. Refuses one that has ended, and a day before its start."""
    link = lock(affiliation)
    if link.until:
        raise Refused("directory.already_ended", _("This affiliation has already ended."))
    day = until or clock.today()
    _check_days(link.since, day)
    update(link, until=day)
    _follow(link, has_turned=True)
    publish(events.AffiliationEnded(link.person_id, link.company_id), link.person, link.company, link)
    return link


def _checked_role(role: str) -> str:
    checked: str = rules.checked_person({"job_title": role})["job_title"]
    return checked


def _check_days(since: date | None, until: date | None) -> None:
    if since and until and until < since:
        raise Invalid({"until": [_("Enter a day that is not before the start.")]})


def _check_only_one(person: Person, company: Company) -> None:
    if Affiliation.objects.filter(person=person, company=company, until=None).exists():
        raise Refused("directory.already_linked", _("This person already works at this company."))


def _follow(link: Affiliation, *, has_turned: bool) -> None:
    """The person's present company after an affiliation has ended, or stands again."""
    if not has_turned:
        return
    person = lock(link.person)
    if link.until is None:
        update(person, company=link.company)
    elif person.company_id == link.company_id:
        others = Affiliation.objects.filter(person=person, until=None).order_by(
            F("since").desc(nulls_last=True), "-id"
        )
        still = others.select_related("company").first()
        update(person, company=still.company if still else None)
