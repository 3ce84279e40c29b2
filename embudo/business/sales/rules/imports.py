from django.utils.translation import gettext_lazy as _

from embudo.business.directory.rules.imports import ID, OWNER, WORDS, field
from embudo.kernel.kind import ImportField, ImportKey

LEAD_FIELDS = (
    ImportField("name", _("name"), "text", WORDS["full_name"] + WORDS["last_name"], is_required=True),
    field("company_name", _("company")),
    field("job_title", _("job title")),
    field("email", _("e-mail address"), "email"),
    field("phone", _("phone"), "phone"),
    field("country", _("country"), "country"),
    ImportField(
        "message", _("message"), "long_text", ("message", "wiadomosc", "tresc", "mensaje", *WORDS["remarks"])
    ),
    OWNER,
    ID,
)
LEAD_KEYS = (
    ImportKey("id", _("ID in Embudo"), ("id",)),
    ImportKey("email", _("e-mail address"), ("email",)),
    ImportKey("phone", _("phone"), ("phone",)),
    ImportKey("name_company", _("name and company"), ("name", "company_name")),
)
