from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import commands, queries, rules
from embudo.business.directory.forms import (
    AddressForm,
    ContactForm,
    KindsForm,
    NewEmailForm,
    NewPhoneForm,
    country_name,
    organisation_country,
)
from embudo.business.directory.models import Address, Company, Person
from embudo.business.directory.permissions import CHANGE_CONTACTS, VIEW_COMPANIES, VIEW_PEOPLE
from embudo.business.directory.views.parts import PlacesPage
from embudo.foundation.ui.access_marks import guarded
from embudo.foundation.ui.forms import phone_text
from embudo.foundation.ui.pages import CommandPage, ConfirmPage
from embudo.foundation.ui.parts import Action
from embudo.kernel.actor import Actor

MAIL_AND_PHONES = ("email", "phone", "mobile", "fax")


@dataclass(frozen=True)
class Shown:
    """A phone number, mail or postal address as the page lists it; a preferred one stands in the record itself."""

    medium: Any
    kind: Any
    lines: tuple[str, ...]
    href: str = ""
    note: str = ""
    pk: UUID | None = None
    urls: str = ""  # "contact" or "address": whose pages change it

    @property
    def is_preferred(self) -> bool:
        return self.pk is None

    @property
    def spoken(self) -> str:
        return " ".join(self.lines)


def _point(medium: str, kind: str, value: str, **more: Any) -> Shown:
    label, shown = rules.Kind(kind).label, value if medium == "email" else phone_text(value)
    href = f"mailto:{value}" if medium == "email" else f"tel:{value}"
    return Shown(rules.Medium(medium).label, label, (shown,), href, **more)


def _preferred_points(holder: Company | Person) -> Iterable[Shown]:
    for column in MAIL_AND_PHONES:
        value = getattr(holder, column, "")
        if value:
            kept = rules.kind_in(column)
            medium = "email" if column == "email" else "phone"
            yield _point(medium, getattr(holder, kept) if kept else column, value)


def _place(kind: str, place: Company | Person | Address, **more: Any) -> Shown:
    lines = (*place.address_lines, country_name(place.country))
    return Shown(_("address"), rules.Kind(kind).label, tuple(filter(None, lines)), **more)


def shown_contacts(actor: Actor, holder: Company | Person) -> list[Shown]:
    """All phones, mail and postal addresses, the preferred one of each first. Two statements."""
    points = [
        _point(one.medium, one.kind, one.value, note=one.note, pk=one.pk, urls="contact")
        for one in queries.contacts_of(actor, holder)
    ]
    places = [
        _place(one.kind, one, note=one.note, pk=one.pk, urls="address")
        for one in queries.addresses_of(actor, holder)
    ]
    own = [_place(holder.address_kind, holder)] if holder.address_lines else []
    found = [*_preferred_points(holder), *points, *own, *places]
    order = {"email": 0, "phone": 1}
    return sorted(
        found, key=lambda one: order.get("email" if "mailto" in one.href else "phone" if one.href else "", 2)
    )


def contacts_context(actor: Actor, holder: Company | Person) -> dict[str, Any]:
    """What "directory/contacts.html" needs."""
    may = holder.is_within(actor, CHANGE_CONTACTS)
    side = "company" if isinstance(holder, Company) else "person"
    adds = (("phone", _("Add a phone")), ("email", _("Add an e-mail")), ("address", _("Add an address")))
    buttons = [
        Action(label, reverse(f"directory:{side}_{what}_new", args=[holder.pk]), "plus", dialog=True)
        for what, label in adds
    ]
    kinds = Action(
        _("Kinds of the preferred"),
        reverse(f"directory:{side}_kinds", args=[holder.pk]),
        "pencil",
        dialog=True,
    )
    contacts = shown_contacts(actor, holder)
    offered = [*buttons, *([kinds] if contacts else [])]
    return {
        "contacts": contacts,
        "may_change_contacts": may,
        "contact_actions": offered if may else [],
    }


class UndoablePage(CommandPage):
    """What one did to phones and addresses can be taken back from its message."""

    stays = True

    def undo_url(self, result: Any) -> str:
        act = queries.newest_contacts_act(self.actor, result)
        side = "company" if isinstance(result, Company) else "person"
        return reverse(f"directory:{side}_contacts_undo", args=[result.pk, act]) if act else ""


class HolderPage(UndoablePage):
    """A command that names the company or the person by keyword."""

    query: ClassVar[Any]
    side = "company"
    medium = ""

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        given = {**data, self.side: record} | ({"medium": self.medium} if self.medium else {})
        return super().perform(actor, None, given)

    def initial(self, record: Any) -> dict[str, Any]:
        kind = "home" if self.side == "person" else "work"
        return {"kind": kind, "country": record.country or organisation_country()}


class NewCompanyPhone(HolderPage):
    query: ClassVar[Any] = queries.company
    command = commands.add_contact
    form_class = NewPhoneForm
    medium = "phone"
    title = _("Add a phone")
    nav = "directory:companies"


class NewCompanyEmail(HolderPage):
    query: ClassVar[Any] = queries.company
    command = commands.add_contact
    form_class = NewEmailForm
    medium = "email"
    title = _("Add an e-mail")
    nav = "directory:companies"


class NewCompanyAddress(PlacesPage, HolderPage):
    query: ClassVar[Any] = queries.company
    command = commands.add_address
    form_class = AddressForm
    template_name = "directory/address.html"
    places_url = reverse_lazy("directory:company_places")
    width = "narrow"
    title = _("Add an address")
    nav = "directory:companies"


class CompanyKinds(HolderPage):
    query: ClassVar[Any] = queries.company
    command = commands.name_preferred_kinds
    form_class = KindsForm
    title = _("Kinds of what is preferred")
    nav = "directory:companies"

    def initial(self, record: Any) -> dict[str, Any]:
        return {name: getattr(record, name) for name in KindsForm.base_fields}


class NewPersonPhone(NewCompanyPhone):
    query = queries.person
    side = "person"
    nav = "directory:people"


class NewPersonEmail(NewCompanyEmail):
    query = queries.person
    side = "person"
    nav = "directory:people"


class NewPersonAddress(NewCompanyAddress):
    query = queries.person
    places_url = reverse_lazy("directory:person_places")
    side = "person"
    nav = "directory:people"


class PersonKinds(CompanyKinds):
    query = queries.person
    side = "person"
    nav = "directory:people"


class PartPage(UndoablePage):
    """A page about a further phone or address leads back to the company or the person."""

    def get_cancel_url(self) -> str:
        holder = self.record.holder
        return reverse(
            "directory:company" if isinstance(holder, Company) else "directory:person", args=[holder.pk]
        )


def _company_of(actor: Actor, company_id: UUID, _act_id: UUID) -> Company:
    return queries.company(actor, company_id)


def _person_of(actor: Actor, person_id: UUID, _act_id: UUID) -> Person:
    return queries.person(actor, person_id)


class UndoCompanyContacts(ConfirmPage):
    query: ClassVar[Any] = _company_of
    command = commands.undo_contacts
    side = "company"
    title = _("Undo the change of phones and addresses")
    submit_label = _("Undo")
    nav = "directory:companies"

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        return super().perform(actor, None, {"act": self.kwargs["act_id"], self.side: record})


class UndoPersonContacts(UndoCompanyContacts):
    query = _person_of
    side = "person"
    nav = "directory:people"


class ChangeContact(PartPage):
    query = queries.contact
    command = commands.change_contact
    form_class = ContactForm
    title = _("Change the phone or e-mail")


class RemoveContact(PartPage, ConfirmPage):
    query = queries.contact
    command = commands.remove_contact
    title = _("Remove the phone or e-mail")
    submit_label = _("Remove")
    intro = _("It leaves this list and is no longer found by the search.")
    is_danger = True


class PreferContact(PartPage, ConfirmPage):
    query = queries.contact
    command = commands.prefer_contact
    title = _("Make it the preferred one")
    submit_label = _("Prefer it")
    intro = _("Lists, mails and invoices use the preferred one; the one before stays in the list.")


class ChangeAddress(PlacesPage, PartPage):
    query = queries.address
    command = commands.change_address
    form_class = AddressForm
    template_name = "directory/address.html"
    width = "narrow"
    title = _("Change the address")

    def form_context(self, form: Any) -> dict[str, Any]:
        side = "company" if isinstance(self.record.holder, Company) else "person"
        return super().form_context(form) | {"places_url": reverse(f"directory:{side}_places")}


class RemoveAddress(PartPage, ConfirmPage):
    query = queries.address
    command = commands.remove_address
    title = _("Remove the address")
    submit_label = _("Remove")
    intro = _("It leaves this list.")
    is_danger = True


class PreferAddress(PartPage, ConfirmPage):
    query = queries.address
    command = commands.prefer_address
    title = _("Make it the preferred one")
    submit_label = _("Prefer it")
    intro = _("Lists, mails and invoices use the preferred one; the one before stays in the list.")


def _hint(request: HttpRequest) -> HttpResponse:
    """What a Polish postcode says about town and voivodeship, while one types; nothing for other countries."""
    typed = {
        name: request.GET.get(name, "").replace("\0", "")[:80]
        for name in ("postcode", "town", "region", "country")
    }
    country = typed.pop("country") or organisation_country()
    return render(request, "directory/places.html", rules.place_hints(country, **typed))


company_places = guarded(VIEW_COMPANIES)(_hint)
person_places = guarded(VIEW_PEOPLE)(_hint)
