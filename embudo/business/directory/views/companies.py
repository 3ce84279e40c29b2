from functools import cached_property
from operator import itemgetter
from typing import Any

from django.urls import reverse, reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.directory import commands, queries, rules
from embudo.business.directory.forms import (
    CompanyForm,
    NewCompanyForm,
    OwnerForm,
    country_choices,
    country_name,
)
from embudo.business.directory.models import Company
from embudo.business.directory.permissions import (
    CHANGE_COMPANY,
    CHANGE_OWNER,
    LINK_PERSON,
    REGISTER_COMPANY,
    REGISTER_PERSON,
    VIEW_COMPANIES,
)
from embudo.business.directory.views.contacts import contacts_context
from embudo.business.directory.views.parts import TABS, ChangePage, RegisterPage, customer_badge
from embudo.business.directory.views.registers import Switches, check_actions, checks_shown
from embudo.foundation.transfer.permissions import IMPORT
from embudo.foundation.ui.forms import phone_text
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter

MOST_PEOPLE = 50


def town_of(row: Any) -> str:
    return ", ".join(filter(None, (row["town"], country_name(row["country"]))))


class Companies(ListPage):
    permission = VIEW_COMPANIES
    title = _("Companies")
    icon = "building-2"
    query = queries.companies
    fields = (
        "name", "town", "country", "sector", "phone", "email", "is_customer", "owner__name", "updated",
    )  # fmt: skip
    columns = (
        Column("name", _("Company"), kind="avatar", sort="name"),
        Column("town", _("Town"), cell=town_of),
        Column("sector", _("Sector")),
        Column(
            "phone",
            _("Phone"),
            cell=lambda row: phone_text(row["phone"]) if row["phone"] else "—",
            value=itemgetter("phone"),
        ),
        Column("is_customer", _("State"), cell=customer_badge),
        Column("owner__name", _("Owner"), kind="person"),
        Column("updated", _("Changed"), kind="datetime", sort="updated", descends_first=True),
    )
    tabs = TABS
    filters = (Filter("country", _("Country"), lambda _actor: country_choices()[1:], "country"),)
    search = lambda found, words: found.matching(words)  # noqa: E731 - one expression, as the page wants it
    board_by = "size"
    default_sort = "-updated"
    actions = (
        Action(
            _("New company"), reverse_lazy("directory:company_new"), "plus", REGISTER_COMPANY, primary=True
        ),
        Action(
            _("Import"),
            format_lazy("{}?kind=directory.company", reverse_lazy("transfer:import_new")),
            "upload",
            IMPORT,
        ),
    )
    empty_title = _("No companies yet")
    empty_text = _("They come with converted leads, or enter one.")

    def row_url(self, row: Any) -> str:
        return record_url("directory:company", row["pk"])

    def row_sub(self, row: Any) -> Any:
        return row["email"]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s company", "%(n)s companies", n) % {"n": self.count_shown(n)}


def activity_context(company: Company) -> dict[str, Any]:
    """Its PKD codes with their names."""
    codes = [code.strip() for code in (company.pkd, *company.pkd_others.split(",")) if code.strip()]
    return {
        "activities": [rules.activity(code) or code for code in codes],
        "sources": [
            one for one in (company.source1, company.source2, company.source3, company.source4) if one
        ],
        "section": rules.section_name(company.pkd) if company.pkd else "",
    }


class CompanyPage(RecordPage):
    permission = VIEW_COMPANIES
    query = queries.company
    template_name = "directory/company.html"
    nav = "directory:companies"

    @cached_property
    def switches(self) -> Switches:
        return queries.switches()

    def get_crumbs(self) -> tuple[Crumb, ...]:
        return (Crumb(_("Companies"), reverse("directory:companies")),)

    def get_actions(self) -> list[Action]:
        pk = self.record.pk
        person_new = f"{reverse('directory:person_new')}?company={pk}"
        offered = (
            (Action(_("Add a person"), person_new, "user-plus", REGISTER_PERSON), None),
            (
                Action(
                    _("Change owner"), reverse("directory:company_owner", args=[pk]), "user-cog", dialog=True
                ),
                CHANGE_OWNER,
            ),
            (
                Action(_("Edit"), reverse("directory:company_edit", args=[pk]), "pencil", primary=True),
                CHANGE_COMPANY,
            ),
        )
        # who may change companies may not change this one: the button would lead to a refusal
        own = [act for act, need in offered if need is None or self.record.is_within(self.actor, need)]
        return [*check_actions(self.actor, self.record, self.switches), *own]

    def get_context(self) -> dict[str, Any]:
        links = list(queries.affiliations_at(self.actor, self.record)[: MOST_PEOPLE + 1])
        more = contacts_context(self.actor, self.record) | activity_context(self.record)
        return (
            super().get_context()
            | more
            | {
                "links": links[:MOST_PEOPLE],
                "may_link": self.actor.may(LINK_PERSON),
                "checks": checks_shown(self.actor, self.record, self.switches),
                "has_more": len(links) > MOST_PEOPLE,
                "country": country_name(self.record.country),
                "state": customer_badge(self.record),
                "phone": phone_text(self.record.phone),
                "mobile": phone_text(self.record.mobile),
                "fax": phone_text(self.record.fax),
            }
        )


class RegisterCompany(RegisterPage):
    command = commands.register_company
    form_class = NewCompanyForm
    title = _("New company")
    submit_label = _("Register the company")
    cancel_url = reverse_lazy("directory:companies")
    nav = "directory:companies"
    duplicates_url = reverse_lazy("directory:company_duplicates")
    places_url = reverse_lazy("directory:company_places")
    watched = "#id_name, #id_email, #id_phone, #id_tax_id"

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was registered.") % {"name": result.name}


class ChangeCompany(ChangePage):
    query = queries.company
    command = commands.change_company
    form_class = CompanyForm
    places_url = reverse_lazy("directory:company_places")
    title = _("Edit the company")
    nav = "directory:companies"


class ChangeCompanyOwner(CommandPage):
    query = queries.company
    command = commands.change_company_owner
    form_class = OwnerForm
    title = _("Change owner")
    nav = "directory:companies"

    def initial(self, record: Any) -> dict[str, Any]:
        return {"owner": str(record.owner_id or "")}
