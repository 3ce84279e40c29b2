"""What the rows of a file about opportunities mean: which company, person, stage and product they name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.directory.models import Company, Person
from embudo.business.directory.rules import company_key, tax_key
from embudo.business.sales.models import Opportunity, Pipeline, Stage
from embudo.business.sales.rules import pipelines as rules
from embudo.business.sales.rules.amounts import amount_of, currency_of
from embudo.business.sales.rules.enquiries import search_text
from embudo.business.sales.rules.leads import check_reason
from embudo.business.sales.rules.pipelines import LostReason, StageKind
from embudo.business.sales.rules.spoken import choice_words, names_of
from embudo.business.supply.models import Product
from embudo.foundation.access.queries import organisation
from embudo.foundation.attributes.queries import parted_rows, with_custom
from embudo.kernel.actor import Actor
from embudo.kernel.editing import day
from embudo.kernel.errors import Invalid
from embudo.kernel.fold import fold

Row = Mapping[str, Any]
SEVERAL_COMPANIES = _(
    "Several companies are called so. Give the tax number or the ID of the one meant in a column of its own."
)
UNKNOWN_TAX = _(
    "No company has this tax number. Import or register the company first, or correct the number."
)
UNKNOWN_ID = _("No company has this ID. Leave the ID as the export wrote it.")
SEVERAL_PEOPLE = _("Several people have this e-mail address. Merge them, or leave the cell empty.")
UNKNOWN_PERSON = _("Nobody known has this e-mail address. Import or register the person first.")
UNKNOWN_PRODUCT = _("There is no such product. Write its code or its name as in Embudo.")
SEVERAL_PIPELINES = _(
    "Several pipelines have this stage. Say in a column of its own which pipeline is meant."
)
CONTRADICTION = _("The stage says something else than whether it is open, won or lost. Correct one of them.")
NO_PIPELINE = _("Define a pipeline first.")


def checked_opportunities(actor: Actor, rows: Sequence[Row]) -> list[Row | Invalid]:
    """Each row's values as they are stored, or what is wrong with them."""
    parted = parted_rows(actor, Opportunity.kind_name(), rows, country=organisation().country)
    meant = Meant(actor, [row for row, _custom in parted])
    return [with_custom(meant.checked(row), custom) for row, custom in parted]


class Meant:
    """What a chunk's rows name, looked up at once."""

    def __init__(self, actor: Actor, rows: Sequence[Row]) -> None:
        self.houses, self.people = Houses(actor, rows), _People(actor, rows)
        self.places, self.products = Places(actor), _Products(actor, rows)

    def checked(self, row: Row) -> Row | Invalid:
        """All faults of the row at once."""
        kept: dict[str, Any] = {name: row[name] for name in ("owner", "id") if row.get(name)}
        faults: dict[str, list[Any]] = {}
        for read in (self._title, self.houses.of, self._closes, self._money, self._place, self.products.of):
            _add(kept, faults, read, row)
        _add(kept, faults, lambda one: self.people.of(one, kept.get("company_id")), row)
        return Invalid(faults) if faults else kept

    def _title(self, row: Row) -> Row:
        return {"title": rules.checked_title(str(row["title"]))} if row.get("title") else {}

    def _closes(self, row: Row) -> Row:
        return {"closes": day(row["closes"], "closes").isoformat()} if row.get("closes") else {}

    def _money(self, row: Row) -> Row:
        said = {"currency": currency_of(str(row["currency"]))} if row.get("currency") else {}
        if not row.get("value"):
            return said
        number, beside = amount_of(str(row["value"]))
        if beside and said.get("currency", beside) != beside:
            raise Invalid({"currency": [_("The amount is in another currency. Correct one of them.")]})
        return {"value": str(number), **({"currency": beside} if beside else said)}

    def _place(self, row: Row) -> Row:
        """Whether there is such a stage at all; which one it is depends on the pipeline that a known record is in."""
        said = place_said(row)
        if "pipeline" in said:
            said["pipeline"] = str(self.places.pipeline_named(said["pipeline"]).pk)
        stage = self.places.stage(said)
        if stage is not None and stage.kind == StageKind.LOST and not row.get("id"):
            check_lost(said)
        return said


def _add(kept: dict[str, Any], faults: dict[str, list[Any]], read: Callable[[Row], Row], row: Row) -> None:
    try:
        kept.update(read(row))
    except Invalid as fault:
        faults.update(fault.errors)


def place_said(row: Row) -> dict[str, Any]:
    """Where the row says that the opportunity stands. Refuses (Invalid) words that mean nothing."""
    said = {name: str(row[name]) for name in ("pipeline", "stage", "lost_note") if row.get(name)}
    for name, choices, fault in (
        ("outcome", StageKind, _("Write open, won or lost.")),
        ("lost_reason", LostReason, _("Choose a reason from the list.")),
    ):
        if row.get(name):
            found = choice_words(choices).get(fold(str(row[name])))
            if found is None:
                raise Invalid({name: [fault]})
            said[name] = found
    return said


def check_lost(said: Row) -> str:
    """The tidy note. Refuses (Invalid) a loss without a reason."""
    if not said.get("lost_reason"):
        raise Invalid({"lost_reason": [_("Say why it was lost in a column of its own.")]})
    try:
        return check_reason(said["lost_reason"], said.get("lost_note", ""), LostReason)
    except Invalid as fault:
        raise Invalid({f"lost_{name}": texts for name, texts in fault.errors.items()}) from None


class Houses:
    """Companies by ID, tax number or their exact name; several of one name are told apart by the number only."""

    def __init__(self, actor: Actor, rows: Sequence[Row]) -> None:
        names = {str(row["company"]) for row in rows if row.get("company")}
        taxes = {tax_key(text) for text in names if any(sign.isdigit() for sign in text)}
        taxes |= {tax_key(str(row["company_tax_id"])) for row in rows if row.get("company_tax_id")}
        ids = {str(row["company_id"]) for row in rows if row.get("company_id")} | set(filter(_is_id, names))
        seen = Company.objects.visible_to(actor)
        self.ids = {str(pk) for pk in seen.filter(pk__in=ids).values_list("pk", flat=True)} if ids else set()
        self.taxes = (
            _each(seen.filter(tax_key__in=taxes - {""}).values_list("tax_key", "pk")) if taxes else {}
        )
        keys = {company_key(name) for name in names}
        named = seen.filter(name_key__in=keys).values_list("name", "pk") if keys else ()
        self.names = _each((fold(name), pk) for name, pk in named)

    def of(self, row: Row) -> Row:
        for name, find in (
            ("company_id", self._by_id),
            ("company_tax_id", self._by_tax),
            ("company", self._by_any),
        ):
            if row.get(name):
                return {"company_id": find(str(row[name]), name)}
        return {}

    def _by_id(self, text: str, name: str) -> str:
        if text not in self.ids:
            raise Invalid({name: [UNKNOWN_ID]})
        return text

    def _by_tax(self, text: str, name: str) -> str:
        return _only(self.taxes.get(tax_key(text), []), name, UNKNOWN_TAX, SEVERAL_COMPANIES)

    def _by_any(self, text: str, name: str) -> str:
        if text in self.ids:
            return text
        unknown = gettext(
            "No company is called “%(name)s”. Import or register it first, or write its name as in Embudo."
        )
        found = self.names.get(fold(text)) or self.taxes.get(tax_key(text), [])
        return _only(found, name, unknown % {"name": text[:80]}, SEVERAL_COMPANIES)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _each(pairs: Iterable[tuple[str, UUID]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, pk in pairs:
        found.setdefault(text, []).append(str(pk))
    return found


def _only(found: Sequence[str], name: str, unknown: Any, several: Any) -> str:
    if len(found) != 1:
        raise Invalid({name: [several if found else unknown]})
    return found[0]


class _People:
    """People by their address; where several share one, the company tells who is meant."""

    def __init__(self, actor: Actor, rows: Sequence[Row]) -> None:
        mails = {str(row["person"]).strip().lower() for row in rows if row.get("person")}
        seen = Person.objects.visible_to(actor).filter(email_key__in=mails)
        self.found: dict[str, list[tuple[str, str]]] = {}
        for mail, pk, house in seen.values_list("email_key", "pk", "company_id") if mails else ():
            self.found.setdefault(mail, []).append((str(pk), str(house)))

    def of(self, row: Row, house: str | None) -> Row:
        if not row.get("person"):
            return {}
        known = self.found.get(str(row["person"]).strip().lower(), [])
        there = [pk for pk, at in known if house and at == house]
        found = there if len(known) > 1 and there else [pk for pk, _at in known]
        return {"person_id": _only(found, "person", UNKNOWN_PERSON, SEVERAL_PEOPLE)}


class _Products:
    def __init__(self, actor: Actor, rows: Sequence[Row]) -> None:
        self.found: dict[str, list[str]] = {}
        texts = {fold(str(row["product"])) for row in rows if row.get("product")}
        known: Any = Product.objects.visible_to(actor).values_list("pk", "code", "name")
        for pk, code, name in known.iterator() if texts else ():
            for text in {fold(code), fold(name)} & texts:
                self.found.setdefault(text, []).append(str(pk))

    def of(self, row: Row) -> Row:
        if not row.get("product"):
            return {}
        found = self.found.get(fold(str(row["product"])), [])
        return {"product_id": _only(found, "product", UNKNOWN_PRODUCT, UNKNOWN_PRODUCT)}


class Places:
    """Pipelines and their stages, by their names in any language."""

    def __init__(self, actor: Actor) -> None:
        found = (
            Pipeline.objects.visible_to(actor)
            .prefetch_related("stages")
            .order_by("-is_default", "name", "id")
        )
        self.stages: dict[UUID, list[Stage]] = {}
        self.pipelines: dict[UUID, Pipeline] = {}
        for one in found:
            self.pipelines[one.pk] = one
            self.stages[one.pk] = sorted(one.stages.all(), key=lambda stage: stage.order)

    def pipeline_named(self, text: str) -> Pipeline:
        """Refuses (Invalid) a name that none has, or several."""
        found = [one for one in self.pipelines.values() if fold(text) in names_of(one.name)]
        exact = [one for one in found if fold(one.name) == fold(text)]
        if len(found) != 1 and len(exact) != 1:
            names = ", ".join(str(one) for one in self.pipelines.values())[:300]
            raise Invalid({"pipeline": [gettext("Write one of: %(choices)s.") % {"choices": names}]})
        return exact[0] if len(exact) == 1 else found[0]

    def stage(self, said: Row, held: UUID | None = None) -> Stage | None:
        """
        The stage meant, in the pipeline said, else in that of the known opportunity (`held`), else in the default one; None
        where nothing is said. Refuses (Invalid) what does not fit together.
        """
        named = self._named(said, held) if said.get("stage") else None
        outcome = said.get("outcome")
        if named is None and outcome in (None, StageKind.OPEN):
            return None
        if named is not None and outcome in (None, named.kind):
            return named
        if named is not None and named.kind != StageKind.OPEN:
            raise Invalid({"outcome": [CONTRADICTION]})
        home = named.pipeline_id if named else self._home(said, held)
        return next(stage for stage in self.stages[home] if stage.kind == outcome)

    def first(self, said: Row) -> Stage:
        """Where a new one begins of which nothing is said."""
        return next(stage for stage in self.stages[self._home(said, None)] if stage.kind == StageKind.OPEN)

    def _home(self, said: Row, held: UUID | None) -> UUID:
        home = UUID(said["pipeline"]) if said.get("pipeline") else held or next(iter(self.pipelines), None)
        if home is None or home not in self.stages:
            raise Invalid({"pipeline": [NO_PIPELINE]})
        return home

    def _named(self, said: Row, held: UUID | None) -> Stage:
        home = self._home(said, held)
        found = self._stages_named(said["stage"], [home])
        if not found and not said.get("pipeline") and held is None:
            found = self._stages_named(said["stage"], self.pipelines)
        if len(found) == 1:
            return found[0]
        if found:
            raise Invalid({"stage": [SEVERAL_PIPELINES]})
        names = ", ".join(str(one) for one in self.stages[home])[:300]
        raise Invalid({"stage": [gettext("Write one of: %(choices)s.") % {"choices": names}]})

    def _stages_named(self, text: str, pipelines: Iterable[UUID]) -> list[Stage]:
        word = fold(text)
        stages = [stage for home in pipelines for stage in self.stages[home]]
        exact = [stage for stage in stages if fold(stage.name) == word]
        return exact or [stage for stage in stages if word in names_of(stage.name)]


def opportunity_key(key: str, values: Row) -> str:
    if key == "id":
        return str(values.get("id") or "")
    return f"{fold(values['title'])}\n{values.get('company_id', '')}" if values.get("title") else ""


def opportunities_by_key(actor: Actor, key: str, texts: Sequence[str]) -> dict[str, UUID | None]:
    """The opportunities in sight by what they are recognised by; None where several are alike."""
    seen = Opportunity.objects.visible_to(actor)
    if key == "id":
        return {str(pk): pk for pk in seen.filter(pk__in=texts).values_list("pk", flat=True)}
    parts = [text.split("\n") for text in texts]
    homeless = [search_text(title) for title, house in parts if not house]
    found = _each(
        (f"{fold(title)}\n{house or ''}", pk)
        for rows in (
            seen.filter(company__in={house for _title, house in parts if house}),
            seen.filter(company=None, search__in=homeless),
        )
        for title, house, pk in rows.values_list("title", "company_id", "pk")
    )
    return {text: UUID(pks[0]) if len(pks) == 1 else None for text, pks in found.items()}
