from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.transfer import commands, queries
from embudo.foundation.transfer.forms import ChoiceForm
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.rules.steps import Alike, rule_of
from embudo.foundation.transfer.views.imports import CRUMB
from embudo.foundation.ui.pages import CommandPage
from embudo.foundation.ui.parts import Crumb
from embudo.kernel.actor import Actor


class ChooseRows(CommandPage):
    """What becomes of each row that looks like a known record."""

    query, command, form_class = queries.import_, commands.choose_rows, ChoiceForm
    template_name = "transfer/alike.html"
    title, submit_label = _("Rows that look like known records"), _("Save the choices")
    nav = "transfer:imports"
    help_key = "transfer:import"
    width = ""

    def get_crumbs(self) -> Sequence[Crumb]:
        return (CRUMB, Crumb(self.record.name, reverse("transfer:import", args=[self.record.pk])))

    def get_cancel_url(self) -> str:
        return reverse("transfer:import", args=[self.record.pk])

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {f"row_{number}": choice for number, choice in record.choices.items()}

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        self.shown: Any = super().get_form(data, files)
        return self.shown

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> Import:
        return commands.choose_rows(actor, record, choices=self.shown.choices())

    def form_context(self, form: Any) -> dict[str, Any]:
        found = self.record
        places = queries.addresses(self.actor, found.kind, {row[2] for row in found.alike_rows})
        rows = [
            {"number": row[0], "said": row[1], "place": places.get(row[2]), "percent": row[3], "field": field}
            for row, field in form.rows
        ]
        further = found.alike - len(rows)
        told = ngettext("%(n)d more row follows the rule.", "%(n)d more rows follow the rule.", further)
        return super().form_context(form) | {
            "rows": rows,
            "usual": Alike(rule_of(found.rule)["alike"]).label,
            "further": told % {"n": further} if further > 0 else "",
        }

    def success_url(self, result: Import, record: Any) -> str:
        return reverse("transfer:import", args=[result.pk])

    def success_message(self, result: Any) -> str:
        return gettext("The choices are kept.")
