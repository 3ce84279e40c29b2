from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import commands, queries
from embudo.business.directory.commands.editing import COMPANY_EDITING, PERSON_EDITING
from embudo.business.directory.commands.import_companies import (
    checked_companies,
    companies_by_key,
    company_key_of,
)
from embudo.business.directory.commands.import_people import checked_people, people_by_key, person_key_of
from embudo.business.directory.commands.merged import COMPANY_MATCHING, PERSON_MATCHING
from embudo.business.directory.commands.recycled import COMPANY_RECYCLING, PERSON_RECYCLING
from embudo.business.directory.models import Company, Person
from embudo.business.directory.permissions import (
    MANAGE_REGISTERS,
    REGISTER_COMPANY,
    REGISTER_PERSON,
    VIEW_COMPANIES,
    VIEW_PEOPLE,
)
from embudo.business.directory.rules.imports import (
    COMPANY_FIELDS,
    COMPANY_KEYS,
    PERSON_FIELDS,
    PERSON_KEYS,
)
from embudo.foundation.attributes.queries import by_unique_attributes, import_fields
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, register_menu, register_panel
from embudo.kernel.kind import Importing, RecordKind, SearchText, register_kind
from embudo.kernel.wording import register_event_text


def company_url(company_id: UUID) -> str:
    return reverse("directory:company", args=[company_id])


def person_url(person_id: UUID) -> str:
    return reverse("directory:person", args=[person_id])


def company_group_url(company_id: UUID) -> str:
    return reverse("directory:company_group", args=[company_id])


def _words(*words: str) -> tuple[str, ...]:
    return tuple(filter(None, words))


def company_search(company: Company) -> SearchText:
    subtitle = " · ".join(_words(company.town, company.tax_id))
    words = _words(
        company.name,
        company.tax_id,
        company.vat_id,
        company.regon,
        company.krs,
        company.siret,
        company.email,
        company.phone,
        company.mobile,
        company.town,
        *company.further.split(),
    )
    return SearchText(company.name, subtitle, words)


def person_search(person: Person) -> SearchText:
    house = person.company.name if person.company else ""
    words = _words(person.name, person.email, person.phone, person.mobile, house, *person.further.split())
    return SearchText(person.name, " · ".join(_words(person.job_title, house)), words)


COMPANIES_FROM_FILES = Importing(
    permission=REGISTER_COMPANY,
    fields=lambda actor: (*COMPANY_FIELDS, *import_fields(actor, Company.kind_name())),
    keys=COMPANY_KEYS,
    check=checked_companies,
    key_of=company_key_of,
    find=companies_by_key,
    write=lambda actor, rows: commands.import_companies(actor, rows=rows),
    alike=lambda actor, rows: queries.rows_alike(actor, queries.COMPANY, rows),
)
PEOPLE_FROM_FILES = Importing(
    permission=REGISTER_PERSON,
    fields=lambda actor: (*PERSON_FIELDS, *import_fields(actor, Person.kind_name())),
    keys=PERSON_KEYS,
    check=checked_people,
    key_of=person_key_of,
    find=people_by_key,
    write=lambda actor, rows: commands.import_people(actor, rows=rows),
    alike=lambda actor, rows: queries.rows_alike(actor, queries.PERSON, rows),
)


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
            matching=COMPANY_MATCHING,
            recycling=COMPANY_RECYCLING,
            importing=by_unique_attributes(COMPANIES_FROM_FILES, Company),
            editing=COMPANY_EDITING,
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
            matching=PERSON_MATCHING,
            recycling=PERSON_RECYCLING,
            importing=by_unique_attributes(PEOPLE_FROM_FILES, Person),
            editing=PERSON_EDITING,
            search_with=("company",),
        )
    )


def register() -> None:
    register_kinds()
    register_menu(MenuEntry(_("Companies"), "directory:companies", "building-2", VIEW_COMPANIES, 40))
    register_menu(MenuEntry(_("People"), "directory:people", "users-round", VIEW_PEOPLE, 41))
    register_menu(
        MenuEntry(
            _("Public registers"), "directory:registers", "landmark", MANAGE_REGISTERS, 560, _("Settings")
        )
    )
    register_panel(
        Panel(
            "directory.company", "side", _("Group"), company_group_url, VIEW_COMPANIES, order=40, statements=4
        )
    )
    for page in ("companies", "company", "company_new", "people", "person", "person_new"):
        register_help(f"directory:{page}", _("Companies and people"), "directory/help.html")
    register_event_text("directory.CompanyRegistered", _("registered the company"), "plus")
    register_event_text("directory.CompanyChanged", _("changed the company"), "pencil")
    register_event_text("directory.CompanyOwnerChanged", _("changed the company's owner"), "user-cog")
    register_event_text("directory.PersonRegistered", _("registered the person"), "plus")
    register_event_text("directory.PersonChanged", _("changed the person"), "pencil")
    register_event_text("directory.PersonOwnerChanged", _("changed the person's owner"), "user-cog")
    register_event_text("directory.PersonLinked", _("linked the person to the company"), "link")
    register_event_text(
        "directory.AffiliationChanged", _("changed the person's role or time there"), "pencil"
    )
    register_event_text("directory.ContactsChanged", _("changed phones or addresses"), "phone")
    register_event_text("directory.RegisterAsked", _("asked a public register"), "landmark")
    register_event_text("directory.RegisterAnswered", _("wrote down a register's answer"), "landmark")
    register_event_text("directory.ActivityListTaken", _("took in a list of activities"), "upload")
    register_event_text("directory.RegisterSwitched", _("set whether a register is asked"), "landmark")
    register_event_text("directory.AffiliationEnded", _("ended the person's time at the company"), "log-out")
