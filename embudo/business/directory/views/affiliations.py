from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import commands, queries
from embudo.business.directory.forms import AffiliationForm, EndForm, LinkForm, LinkPersonForm
from embudo.foundation.ui.pages import CommandPage


class LinkPerson(CommandPage):
    query = queries.person
    command = commands.link_person_to_company
    form_class = LinkForm
    title = _("Add a company")
    submit_label = _("Add the company")
    nav = "directory:people"

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("directory:person", args=[record.pk])

    def initial(self, record: Any) -> dict[str, Any]:
        return {}


class LinkPersonHere(CommandPage):
    """The same from the company's side: a person who is known already."""

    query = queries.company
    command = commands.link_person_to_company
    form_class = LinkPersonForm
    title = _("Add a person who is known")
    submit_label = _("Add the person")
    nav = "directory:companies"
    stays = True

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        given = dict(data)
        return super().perform(actor, given.pop("person"), {**given, "company": record})

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("directory:company", args=[record.pk])

    def initial(self, record: Any) -> dict[str, Any]:
        return {}


class AffiliationPage(CommandPage):
    """Back to the person; a dialog closes, and the page below shows the change."""

    query = queries.affiliation
    nav = "directory:people"
    stays = True

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("directory:person", args=[record.person_id])

    def get_cancel_url(self) -> str:
        return reverse("directory:person", args=[self.record.person_id])


class ChangeAffiliation(AffiliationPage):
    command = commands.change_affiliation
    form_class = AffiliationForm
    title = _("Change the affiliation")


class EndAffiliation(AffiliationPage):
    command = commands.end_affiliation
    form_class = EndForm
    title = _("End the affiliation")
    submit_label = _("End it")
