from typing import Any

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.directory import commands, queries
from embudo.business.directory.forms import (
    CompanyForm,
    NewCompanyForm,
    OwnerForm,
    country_choices,
    country_name,
)
from embudo.business.directory.permissions import (
    CHANGE_COMPANY,
    CHANGE_OWNER,
    REGISTER_COMPANY,
    REGISTER_PERSON,
    VIEW_COMPANIES,
)
from embudo.business.directory.views.parts import TABS, RegisterPage, customer_badge
from embudo.foundation.ui.forms import phone_text
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
        Column("phone", _("Phone"), cell=lambda row: phone_text(row["phone"]) if row["phone"] else "—"),
        Column("is_customer", _("State"), cell=customer_badge),
        Column("owner__name", _("Owner"), kind="person"),
        Column("updated", _("Changed"), kind="datetime", sort="updated", descends_first=True),
    )
    tabs = TABS
    filters = (Filter("country", _("Country"), lambda _actor: country_choices()[1:], "country"),)
    search = lambda found, words: found.matching(words)  # noqa: E731 - one expression, as the page wants it
    default_sort = "-updated"
    actions = (
        Action(
            _("New company"), reverse_lazy("directory:company_new"), "plus", REGISTER_COMPANY, primary=True
        ),
    )
    empty_title = _("No companies yet")
    empty_text = _("They come with converted leads, or enter one.")

    def row_url(self, row: Any) -> str:
        return reverse("directory:company", args=[row["pk"]])

    def row_sub(self, row: Any) -> Any:
        return row["email"]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s company", "%(n)s companies", n) % {"n": self.count_shown(n)}


class CompanyPage(RecordPage):
    permission = VIEW_COMPANIES
    query = queries.company
    template_name = "directory/company.html"
    nav = "directory:companies"

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
        return [act for act, need in offered if need is None or self.record.is_within(self.actor, need)]

    def get_context(self) -> dict[str, Any]:
        links = list(queries.affiliations_at(self.actor, self.record)[: MOST_PEOPLE + 1])
        return super().get_context() | {
            "links": links[:MOST_PEOPLE],
            "has_more": len(links) > MOST_PEOPLE,
            "country": country_name(self.record.country),
            "state": customer_badge(self.record),
            "phone": phone_text(self.record.phone),
            "mobile": phone_text(self.record.mobile),
        }


class RegisterCompany(RegisterPage):
    command = commands.register_company
    form_class = NewCompanyForm
    title = _("New company")
    submit_label = _("Register the company")
    cancel_url = reverse_lazy("directory:companies")
    nav = "directory:companies"
    duplicates_url = reverse_lazy("directory:company_duplicates")
    watched = "#id_name, #id_email, #id_phone, #id_tax_id"

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was registered.") % {"name": result.name}


class ChangeCompany(CommandPage):
    query = queries.company
    command = commands.change_company
    form_class = CompanyForm
    template_name = "directory/change.html"
    title = _("Edit the company")
    width = ""
    nav = "directory:companies"


class ChangeCompanyOwner(CommandPage):
    query = queries.company
    command = commands.change_company_owner
    form_class = OwnerForm
    title = _("Change owner")
    nav = "directory:companies"

    def initial(self, record: Any) -> dict[str, Any]:
        return {"owner": str(record.owner_id or "")}
