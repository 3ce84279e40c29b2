"""Opportunities come from files as if somebody had opened, changed and moved them one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.directory.models import Company, Person
from embudo.business.sales.commands.opportunities import person_acting
from embudo.business.sales.events import (
    OpportunityChanged,
    OpportunityLost,
    OpportunityMoved,
    OpportunityOpened,
    OpportunityWon,
)
from embudo.business.sales.models import Opportunity, Stage, StageStay
from embudo.business.sales.permissions import EDIT_OPPORTUNITY, MOVE_OPPORTUNITY, OPEN_OPPORTUNITY
from embudo.business.sales.queries.import_opportunities import Places, check_lost
from embudo.business.sales.rules import pipelines as rules
from embudo.business.sales.rules.enquiries import search_text
from embudo.business.sales.rules.pipelines import StageKind
from embudo.foundation.access.queries import organisation
from embudo.foundation.attributes.queries import custom_values, default_values
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create_all, update_all
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import Event, publish
from embudo.kernel.importing import GONE, Plan, write_rows
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.money import Money
from embudo.kernel.prepared import made
from embudo.kernel.record import Record

Row = Mapping[str, Any]
IDS = ("company_id", "person_id", "product_id")
NEVER_EMPTY = ("value", "currency", "pipeline", "stage", "outcome", "lost_reason", "lost_note")
NOBODY = UUID(int=0)
NOT_MOVING = _("You may not move, win or lose this opportunity. Leave its stage out.")


@command(OPEN_OPPORTUNITY)
def import_opportunities(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """
    Opens, changes, moves, wins and loses opportunities as the checked rows of a file say; new ones belong to the owner named, else
    to the actor, and nobody is told. Rows about closed ones, and about those that the actor may not change, fail by themselves.
    """
    named = [_typed(row) for row in rows]
    writing = _Writing(actor, named)
    plan = Plan(
        Opportunity,
        EDIT_OPPORTUNITY,
        writing.build,
        writing.revise,
        made=lambda found: OpportunityOpened(found.pk, found.stage_id),
        changed=writing.changed,
        made_about=_concerned,
    )
    written = write_rows(actor, named, plan)
    writing.note_stays([record for record in written.records if isinstance(record, Opportunity)])
    return written.results


def _typed(row: ImportRow) -> ImportRow:
    """As columns hold it; what an opportunity always has is nothing to be filled in."""
    is_filling = row.only_empty and row.record_id is not None
    said = {name: value for name, value in row.values.items() if not (is_filling and name in NEVER_EMPTY)}
    said |= {name: UUID(str(said[name])) for name in IDS if said.get(name)}
    if said.get("closes"):
        said["closes"] = date.fromisoformat(str(said["closes"]))
    return replace(row, values=said)


def _concerned(found: Opportunity) -> Sequence[Record]:
    house = [Company(pk=found.company_id)] if found.company_id else []
    person = [Person(pk=found.person_id)] if found.person_id else []
    return (found, *house, *person)


class _Writing:
    """What one chunk needs to know, and the moves that its rows come to."""

    def __init__(self, actor: Actor, rows: Sequence[ImportRow]) -> None:
        self.actor, self.now = actor, clock.now()
        self.places, self.usual = Places(actor), default_values(Opportunity)
        self.currency = organisation().currency
        named = {name: {row.values[name] for row in rows if row.values.get(name)} for name in IDS}
        houses = Company.objects.visible_to(actor).filter(pk__in=named["company_id"])
        self.houses: dict[UUID, str] = dict(houses.values_list("pk", "name"))
        people = Person.objects.visible_to(actor).filter(pk__in=named["person_id"])
        self.people = set(people.values_list("pk", flat=True))
        ids = [row.record_id for row in rows if row.record_id]
        mine = Opportunity.objects.within(actor, MOVE_OPPORTUNITY).filter(pk__in=ids)
        self.movable = set(mine.values_list("pk", flat=True))
        self.left: dict[UUID, UUID] = {}  # known opportunities that moved, and the stages they came from
        self.known: set[UUID] = set(ids)

    def build(self, values: Row) -> Opportunity:
        self._check_there(values)
        stage = self.places.stage(values) or self.places.first(values)
        money = rules.checked_value(
            self._money(values, self.currency) or Money(0, values.get("currency", self.currency))
        )
        more = values.get("custom")
        said = {
            "title": values["title"],
            **{name: values.get(name) for name in (*IDS, "closes")},
            "pipeline_id": stage.pipeline_id, "stage_id": stage.pk, "stage_since": self.now,
            "value_minor": money.minor, "currency": money.currency,
            "owner_id": values.get("owner") or person_acting(self.actor),
            "search": search_text(values["title"], self.houses.get(values.get("company_id") or NOBODY, "")),
            "custom": custom_values(self.actor, Opportunity, more, has_no_files=True) if more else dict(self.usual),
        }  # fmt: skip
        if stage.kind != StageKind.OPEN and not self.actor.may(MOVE_OPPORTUNITY):
            raise Invalid({"stage": [NOT_MOVING]})
        return made(Opportunity, said | self._ending(stage, values))

    def revise(self, found: Opportunity, values: Row) -> dict[str, Any]:
        """The owner of a known opportunity stays: it is handed over by assigning it."""
        self._check_there(values)
        said = {name: values[name] for name in ("title", *IDS, "closes") if name in values}
        money = self._money(values, found.currency)
        if money is not None and money != found.value:
            checked = rules.checked_value(money)
            said |= {"value_minor": checked.minor, "currency": checked.currency}
        if more := values.get("custom"):
            custom = custom_values(self.actor, Opportunity, more, record=found)
            said |= {"custom": custom} if custom != found.custom else {}
        said |= self._moved(found, values)
        if not said:
            return {}
        rules.check_closable(found.state)
        if "title" in said or "company_id" in said:
            said["search"] = self._search(found, said)
        if "stage_id" in said:
            self.left[found.pk] = found.stage_id
        return said

    def _search(self, found: Opportunity, said: Row) -> str:
        house = self.houses.get(said["company_id"], "") if "company_id" in said else _house(found)
        return search_text(said.get("title", found.title), house)

    def _check_there(self, values: Row) -> None:
        """Deleted since the file was checked, or out of sight."""
        if values.get("company_id") and values["company_id"] not in self.houses:
            raise Invalid({"company": [GONE]})
        if values.get("person_id") and values["person_id"] not in self.people:
            raise Invalid({"person": [GONE]})

    def _money(self, values: Row, usual: str) -> Money | None:
        if "value" not in values:
            return None
        try:
            return Money.of(Decimal(values["value"]), values.get("currency") or usual)
        except ValueError:
            raise Invalid({"value": [_("Enter an amount, such as 1200.50.")]}) from None

    def _moved(self, found: Opportunity, values: Row) -> dict[str, Any]:
        stage = self.places.stage(values, found.pipeline_id)
        if stage is None and values.get("outcome", found.state) != found.state:
            rules.check_closable(found.state)
        home = stage.pipeline_id if stage else UUID(values.get("pipeline") or str(found.pipeline_id))
        if home != found.pipeline_id:
            raise Refused(
                "sales.other_pipeline",
                _("This stage belongs to another pipeline. Choose a stage of its own."),
            )
        if stage is None or stage.pk == found.stage_id:
            return {}
        rules.check_closable(found.state)
        if found.pk not in self.movable:
            raise Invalid({"stage": [NOT_MOVING]})
        return {"stage_id": stage.pk, "stage_since": self.now, **self._ending(stage, values)}

    def _ending(self, stage: Stage, values: Row) -> dict[str, Any]:
        if stage.kind == StageKind.OPEN:
            return {"state": stage.kind}
        note = check_lost(values) if stage.kind == StageKind.LOST else ""
        reason = values["lost_reason"] if stage.kind == StageKind.LOST else ""
        return {"state": stage.kind, "closed": self.now, "lost_reason": reason, "lost_note": note}

    def changed(self, found: Opportunity) -> Event:
        came_from = self.left.get(found.pk)
        return (
            OpportunityMoved(found.pk, came_from, found.stage_id)
            if came_from
            else OpportunityChanged(found.pk)
        )

    def note_stays(self, records: Sequence[Opportunity]) -> None:
        """Where each came to stand, and what was won or lost by it."""
        moved = [found for found in records if found.pk in self.left or found.pk not in self.known]
        open_stays = StageStay.objects.filter(opportunity__in=list(self.left), left=None) if self.left else ()
        update_all((stay, self._end(stay)) for stay in open_stays)
        by = person_acting(self.actor)
        create_all(
            [
                made(
                    StageStay,
                    {
                        "opportunity_id": one.pk,
                        "stage_id": one.stage_id,
                        "entered": self.now,
                        "moved_by_id": by,
                    },
                )
                for one in moved
            ]
        )
        for found in moved:
            if found.state == StageKind.WON:
                publish(OpportunityWon(found.pk, found.company_id, found.value_minor, found.currency), found)
            elif found.state == StageKind.LOST:
                publish(OpportunityLost(found.pk, found.lost_reason), found)

    def _end(self, stay: StageStay) -> dict[str, Any]:
        left = max(self.now, stay.entered)
        return {"left": left, "seconds": int((left - stay.entered).total_seconds())}


def _house(found: Opportunity) -> str:
    return found.company.name if found.company else ""
