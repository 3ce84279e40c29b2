from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import queries
from embudo.business.directory.models import Company, Person
from embudo.business.directory.permissions import VIEW_COMPANIES, VIEW_PEOPLE
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, register_menu
from embudo.kernel.kind import RecordKind, SearchText, register_kind
from embudo.kernel.wording import register_event_text


def company_url(company_id: UUID) -> str:
    return reverse("directory:company", args=[company_id])


def person_url(person_id: UUID) -> str:
    return reverse("directory:person", args=[person_id])


def _words(*words: str) -> tuple[str, ...]:
    return tuple(filter(None, words))


def company_search(company: Company) -> SearchText:
    subtitle = " · ".join(_words(company.town, company.tax_id))
    words = _words(
        company.name,
        company.tax_id,
        company.regon,
        company.krs,
        company.email,
        company.phone,
        company.mobile,
        company.town,
    )
    return SearchText(company.name, subtitle, words)


def person_search(person: Person) -> SearchText:
    house = person.company.name if person.company else ""
    words = _words(person.name, person.email, person.phone, person.mobile, house)
    return SearchText(person.name, " · ".join(_words(person.job_title, house)), words)


def register_kinds() -> None:
    register_kind(
        RecordKind(
            model=Company,
            label=_("company"),
            plural=_("companies"),
            icon="building-2",
            title=lambda company: company.name,
            url=company_url,
            fetch=queries.company,
            search=company_search,
        )
    )
    register_kind(
        RecordKind(
            model=Person,
            label=_("person"),
            plural=_("people"),
            icon="user",
            title=lambda person: person.name,
            url=person_url,
            fetch=queries.person,
            search=person_search,
        )
    )


def register() -> None:
    register_kinds()
    register_menu(MenuEntry(_("Companies"), "directory:companies", "building-2", VIEW_COMPANIES, 40))
    register_menu(MenuEntry(_("People"), "directory:people", "users-round", VIEW_PEOPLE, 41))
    for page in ("companies", "company", "company_new", "people", "person", "person_new"):
        register_help(f"directory:{page}", _("Companies and people"), "directory/help.html")
    register_event_text("directory.CompanyRegistered", _("registered the company"), "plus")
    register_event_text("directory.CompanyChanged", _("changed the company"), "pencil")
    register_event_text("directory.CompanyOwnerChanged", _("changed the company's owner"), "user-cog")
    register_event_text("directory.PersonRegistered", _("registered the person"), "plus")
    register_event_text("directory.PersonChanged", _("changed the person"), "pencil")
    register_event_text("directory.PersonOwnerChanged", _("changed the person's owner"), "user-cog")
    register_event_text("directory.PersonLinked", _("linked the person to the company"), "link")
    register_event_text("directory.AffiliationEnded", _("ended the person's time at the company"), "log-out")
