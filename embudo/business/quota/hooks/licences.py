from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.models import Licence
from embudo.business.quota.permissions import VIEW_LICENCES
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, record_url, register_menu
from embudo.kernel.kind import RecordKind, register_kind

HELPED = ("licences", "licence", "licence_new", "licence_end", "licence_suspend", "licence_restore")


def _url(licence_id: UUID) -> str:
    return record_url("quota:licence", licence_id)


def register() -> None:
    """Kind, menu and help of licences."""
    register_kind(
        RecordKind(
            Licence, _("quota licence"), _("quota licences"), "key-round", title=lambda one: one.person.name, url=_url,
            fetch=queries.licence,
        )
    )  # fmt: skip
    register_menu(
        MenuEntry(_("Quota licences"), "quota:licences", "key-round", VIEW_LICENCES, 87, _("Quotas"))
    )
    for page in HELPED:
        register_help(f"quota:{page}", _("Quota licences"), "quota/help_licences.html")
