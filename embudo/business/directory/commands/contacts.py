from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.directory import queries, rules
from embudo.business.directory.commands.given import UNCHANGED, home_country
from embudo.business.directory.events import ContactsChanged
from embudo.business.directory.models import Address, Company, ContactPoint, Person
from embudo.business.directory.permissions import CHANGE_CONTACTS
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock
from embudo.kernel.undoing import undo_changes

Holder = Company | Person
PLACE = tuple(rules.ADDRESS)


@command(CHANGE_CONTACTS)
def add_contact(
    actor: Actor,
    *,
    medium: str,
    value: str,
    kind: str = "work",
    note: str = "",
    company: Company | None = None,
    person: Person | None = None,
) -> Holder:
    """
    Adds a phone number or mail address to a company or a person; the first of its kind becomes the preferred one. Refuses
    (Invalid) wrong ones, and what already stands there.
    """
    holder = _holder(company, person)
    _check_kind(medium, kind, holder)
    values = rules.checked_contact(medium, value, note, _country(holder))
    column = rules.preferred_column(medium, kind)
    _check_new(holder, medium, values["value"])
    if getattr(holder, column):
        _check_room(ContactPoint, holder)
        create(ContactPoint(**_side(holder), medium=medium, kind=kind, **values))
    else:
        _set_preferred(holder, column, values["value"], kind)
    return _told(holder)


@command(CHANGE_CONTACTS)
def change_contact(
    actor: Actor,
    contact: ContactPoint,
    *,
    value: str = UNCHANGED,
    kind: str = UNCHANGED,
    note: str = UNCHANGED,
    version: int | None = None,
) -> Holder:
    """Changes a further phone number or mail address. Refuses (Invalid) wrong ones, and a stale version."""
    contact = lock(contact, version=version)
    holder = lock(contact.holder)
    kind = contact.kind if kind is UNCHANGED else kind
    _check_kind(contact.medium, kind, holder)
    typed = contact.value if value is UNCHANGED else value
    said = contact.note if note is UNCHANGED else note
    values = rules.checked_contact(contact.medium, typed, said, _country(holder))
    if values["value"] != contact.value:
        _check_new(holder, contact.medium, values["value"])
    before = contact.version
    update(contact, kind=kind, **values)
    return _told(holder) if contact.version != before else holder


@command(CHANGE_CONTACTS)
def remove_contact(actor: Actor, contact: ContactPoint, *, version: int | None = None) -> Holder:
    """Removes a further phone number or mail address. Refuses a stale version."""
    contact = lock(contact, version=version)
    holder = lock(contact.holder)
    delete(contact)
    return _told(holder)


@command(CHANGE_CONTACTS)
def prefer_contact(actor: Actor, contact: ContactPoint, *, version: int | None = None) -> Holder:
    """Makes it the preferred one; what was preferred takes its place. Refuses a stale version."""
    contact = lock(contact, version=version)
    holder = lock(contact.holder)
    column = rules.preferred_column(contact.medium, contact.kind)
    was, was_kind = getattr(holder, column), _kind_of(holder, column)
    _set_preferred(holder, column, contact.value, contact.kind)
    if was:
        update(contact, value=was, kind=was_kind, note="")
    else:
        delete(contact)
    return _told(holder)


@command(CHANGE_CONTACTS)
def name_preferred_kinds(
    actor: Actor,
    *,
    email_kind: str = UNCHANGED,
    phone_kind: str = UNCHANGED,
    address_kind: str = UNCHANGED,
    company: Company | None = None,
    person: Person | None = None,
) -> Holder:
    """Says what the preferred phone, mail address and postal address are for. Refuses (Invalid) kinds there are not."""
    holder = _holder(company, person)
    given = {"email_kind": email_kind, "phone_kind": phone_kind, "address_kind": address_kind}
    values = {name: kind for name, kind in given.items() if kind is not UNCHANGED}
    for name, kind in values.items():
        _check_kind(name.removesuffix("_kind"), kind, holder, field=name)
    before = holder.version
    update(holder, **values)
    return _told(holder) if holder.version != before else holder


@command(CHANGE_CONTACTS)
def add_address(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    *,
    kind: str = "work",
    note: str = "",
    street: str = "",
    number: str = "",
    postcode: str = "",
    town: str = "",
    region: str = "",
    country: str = "",
    company: Company | None = None,
    person: Person | None = None,
) -> Holder:
    """Adds a postal address; the first becomes the preferred one. Refuses (Invalid) wrong ones."""
    given = {name: value for name, value in locals().items() if name in PLACE}
    holder = _holder(company, person)
    _check_kind("address", kind, holder)
    values = rules.checked_address({**given, "note": note}, _country(holder))
    if any(getattr(holder, name) for name in ("street", "postcode", "town")):
        _check_room(Address, holder)
        create(Address(**_side(holder), kind=kind, **values))
    else:
        place = {name: values[name] for name in PLACE}
        update(holder, **place, address_kind=kind, **holder.derived(**place))
    return _told(holder)


@command(CHANGE_CONTACTS)
def change_address(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    address: Address,
    *,
    kind: str = UNCHANGED,
    note: str = UNCHANGED,
    street: str = UNCHANGED,
    number: str = UNCHANGED,
    postcode: str = UNCHANGED,
    town: str = UNCHANGED,
    region: str = UNCHANGED,
    country: str = UNCHANGED,
    version: int | None = None,
) -> Holder:
    """Changes a further postal address. Refuses (Invalid) wrong ones, and a stale version."""
    named = {
        name: value for name, value in locals().items() if name in (*PLACE, "note") and value is not UNCHANGED
    }
    address = lock(address, version=version)
    holder = lock(address.holder)
    kind = address.kind if kind is UNCHANGED else kind
    _check_kind("address", kind, holder)
    whole = {name: getattr(address, name) for name in (*PLACE, "note")} | named
    before = address.version
    update(address, kind=kind, **rules.checked_address(whole, _country(holder)))
    return _told(holder) if address.version != before else holder


@command(CHANGE_CONTACTS)
def remove_address(actor: Actor, address: Address, *, version: int | None = None) -> Holder:
    """Removes a further postal address. Refuses a stale version."""
    address = lock(address, version=version)
    holder = lock(address.holder)
    delete(address)
    return _told(holder)


@command(CHANGE_CONTACTS)
def prefer_address(actor: Actor, address: Address, *, version: int | None = None) -> Holder:
    """Makes it the preferred one; what was preferred takes its place. Refuses a stale version."""
    address = lock(address, version=version)
    holder = lock(address.holder)
    was, was_kind = {name: getattr(holder, name) for name in PLACE}, holder.address_kind
    place = {name: getattr(address, name) for name in PLACE}
    update(holder, **place, address_kind=address.kind, **holder.derived(**place))
    if any(was[name] for name in ("street", "postcode", "town")):
        update(address, **was, kind=was_kind, note="")
    else:
        delete(address)
    return _told(holder)


@command(CHANGE_CONTACTS)
def undo_contacts(
    actor: Actor, *, act: UUID, company: Company | None = None, person: Person | None = None
) -> Holder:
    """Takes back the last that one did to phones and addresses. Refuses any other act, and one that was changed since."""
    holder = _holder(company, person)
    if queries.newest_contacts_act(actor, holder) != act:
        raise Refused("directory.nothing_to_undo", _("There is nothing of yours to undo here."))
    if undo_changes(act).left:
        raise Refused("directory.changed_since", _("It was changed since: mend it by hand."))
    return _told(lock(holder))


def _holder(company: Company | None, person: Person | None) -> Holder:
    found: Any = company or person
    if found is None or (company and person):
        raise Refused("directory.one_holder", _("Name either a company or a person."))
    locked: Holder = lock(found)
    return locked


def _side(holder: Holder) -> dict[str, Holder]:
    return {"company" if isinstance(holder, Company) else "person": holder}


def _country(holder: Holder) -> str:
    return holder.country or home_country()


def _check_kind(what: str, kind: str, holder: Holder, *, field: str = "kind") -> None:
    if what not in rules.KINDS:
        raise Invalid({"medium": [_("Choose phone or e-mail.")]})
    known = rules.kinds_for(what, is_person=isinstance(holder, Person))
    if kind not in {code for code, _label in known}:
        raise Invalid({field: [_("Choose one of the kinds.")]})


def _check_new(holder: Holder, medium: str, value: str) -> None:
    columns = ("email",) if medium == rules.Medium.EMAIL else ("phone", "mobile", "fax")
    stands = {getattr(holder, column, "") for column in columns}
    if value in stands or ContactPoint.objects.of(holder).filter(medium=medium, value=value).exists():
        raise Invalid({"value": [_("This one is already here.")]})


def _check_room(model: type[ContactPoint | Address], holder: Holder) -> None:
    if model.objects.of(holder).count() >= rules.MOST_PARTS:
        raise Refused(
            "directory.too_many_contacts", _("There are too many already: remove what is out of date.")
        )


def _kind_of(holder: Holder, column: str) -> str:
    """Of what stands in the column; mobile and fax are kinds themselves."""
    kept = rules.kind_in(column)
    return getattr(holder, kept) if kept else column


def _set_preferred(holder: Holder, column: str, value: str, kind: str) -> None:
    kept = rules.kind_in(column)
    values = {column: value, **({kept: kind} if kept else {})}
    update(holder, **values, **holder.derived(**values))


def _told(holder: Holder) -> Holder:
    """Keeps the text of all further ones in step, by which lists and search find the record."""
    further = " ".join(ContactPoint.objects.of(holder).values_list("value", flat=True))
    update(holder, further=further, **holder.derived(further=further))
    publish(ContactsChanged(holder.id), holder)
    return holder
