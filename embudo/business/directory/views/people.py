from operator import itemgetter
from typing import Any

from django.urls import reverse, reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.directory import commands, queries
from embudo.business.directory.forms import NewPersonForm, OwnerForm, PersonForm, country_name
from embudo.business.directory.permissions import (
    CHANGE_OWNER,
    CHANGE_PERSON,
    LINK_PERSON,
    REGISTER_PERSON,
    VIEW_PEOPLE,
)
from embudo.business.directory.views.contacts import contacts_context
from embudo.business.directory.views.parts import TABS, ChangePage, RegisterPage, customer_badge
from embudo.foundation.transfer.permissions import IMPORT
from embudo.foundation.ui.forms import phone_text
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb


class People(ListPage):
    permission = VIEW_PEOPLE
    title = _("People")
    icon = "users-round"
    query = queries.people
    fields = (
        "name", "company__name", "job_title", "email", "phone", "is_customer", "owner__name", "updated",
    )  # fmt: skip
    columns = (
        Column("name", _("Person"), kind="avatar", sort="name"),
        Column("company__name", _("Company")),
        Column("job_title", _("Job title")),
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
    search = lambda found, words: found.matching(words)  # noqa: E731 - one expression, as the page wants it
    default_sort = "-updated"
    actions = (
        Action(_("New person"), reverse_lazy("directory:person_new"), "plus", REGISTER_PERSON, primary=True),
        Action(
            _("Import"),
            format_lazy("{}?kind=directory.person", reverse_lazy("transfer:import_new")),
            "upload",
            IMPORT,
        ),
    )
    empty_title = _("No people yet")
    empty_text = _("They come with converted leads, or enter one.")

    def row_url(self, row: Any) -> str:
        return record_url("directory:person", row["pk"])

    def row_sub(self, row: Any) -> Any:
        return row["email"]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s person", "%(n)s people", n) % {"n": self.count_shown(n)}


class PersonPage(RecordPage):
    permission = VIEW_PEOPLE
    query = queries.person
    template_name = "directory/person.html"
    nav = "directory:people"

    def get_crumbs(self) -> tuple[Crumb, ...]:
        return (Crumb(_("People"), reverse("directory:people")),)

    def get_actions(self) -> list[Action]:
        pk = self.record.pk
        offered = (
            (
                Action(_("Add a company"), reverse("directory:person_link", args=[pk]), "link", dialog=True),
                LINK_PERSON,
            ),
            (
                Action(
                    _("Change owner"), reverse("directory:person_owner", args=[pk]), "user-cog", dialog=True
                ),
                CHANGE_OWNER,
            ),
            (
                Action(_("Edit"), reverse("directory:person_edit", args=[pk]), "pencil", primary=True),
                CHANGE_PERSON,
            ),
        )
        return [act for act, need in offered if self.record.is_within(self.actor, need)]

    def get_context(self) -> dict[str, Any]:
        return (
            super().get_context()
            | contacts_context(self.actor, self.record)
            | {
                "links": list(queries.affiliations_of(self.actor, self.record)),
                "may_link": self.record.is_within(self.actor, LINK_PERSON),
                "country": country_name(self.record.country),
                "state": customer_badge(self.record),
                "phone": phone_text(self.record.phone),
                "mobile": phone_text(self.record.mobile),
            }
        )


class RegisterPerson(RegisterPage):
    command = commands.register_person
    form_class = NewPersonForm
    title = _("New person")
    submit_label = _("Register the person")
    again_label = _("Register and enter another")
    cancel_url = reverse_lazy("directory:people")
    nav = "directory:people"
    duplicates_url = reverse_lazy("directory:person_duplicates")
    places_url = reverse_lazy("directory:person_places")
    watched = "#id_first_name, #id_last_name, #id_email, #id_phone"

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was registered.") % {"name": result.name}


class ChangePerson(ChangePage):
    query = queries.person
    command = commands.change_person
    form_class = PersonForm
    places_url = reverse_lazy("directory:person_places")
    title = _("Edit the person")
    nav = "directory:people"


class ChangePersonOwner(CommandPage):
    query = queries.person
    command = commands.change_person_owner
    form_class = OwnerForm
    title = _("Change owner")
    nav = "directory:people"

    def initial(self, record: Any) -> dict[str, Any]:
        return {"owner": str(record.owner_id or "")}
