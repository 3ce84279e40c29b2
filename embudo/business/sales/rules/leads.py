from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid, Refused

UNDO_WITHIN = timedelta(days=30)
NOTE_LIMIT = 1000


class LeadStatus(TextChoices):
    NEW = "new", _("New")
    WORKING = "working", _("Working")
    QUALIFIED = "qualified", _("Qualified")
    DISQUALIFIED = "disqualified", _("Disqualified")
    CONVERTED = "converted", _("Converted")


OPEN = (LeadStatus.NEW, LeadStatus.WORKING, LeadStatus.QUALIFIED)


class DisqualifyReason(TextChoices):
    NO_NEED = "no_need", _("No need")
    NO_BUDGET = "no_budget", _("No budget")
    NO_ANSWER = "no_answer", _("Cannot be reached")
    WRONG_FIT = "wrong_fit", _("We do not offer that")
    COMPETITOR = "competitor", _("Chose another supplier")
    DUPLICATE = "duplicate", _("Known already")
    SPAM = "spam", _("Advertising or abuse")
    OTHER = "other", _("Other")


class SourceKind(TextChoices):
    WEB_FORM = "web_form", _("Web form")
    API = "api", _("API")
    PARTNER = "partner", _("Partner")


def check_open(status: str) -> None:
    """Refuses what only an open lead allows."""
    if status == LeadStatus.CONVERTED:
        raise Refused(
            "sales.lead_already_converted",
            _("This lead is converted. Go on with its opportunity, or undo the conversion."),
        )
    if status == LeadStatus.DISQUALIFIED:
        raise Refused("sales.lead_disqualified", _("This lead is disqualified. Reopen it first."))


def check_startable(status: str) -> None:
    check_open(status)
    if status != LeadStatus.NEW:
        raise Refused("sales.lead_already_started", _("Work on this lead has already started."))


def check_qualifiable(status: str) -> None:
    check_open(status)
    if status == LeadStatus.QUALIFIED:
        raise Refused("sales.lead_already_qualified", _("This lead is already qualified. Convert it next."))


def check_reopenable(status: str) -> None:
    if status == LeadStatus.CONVERTED:
        check_open(status)
    if status not in (LeadStatus.DISQUALIFIED, LeadStatus.QUALIFIED):
        raise Refused("sales.lead_is_open", _("This lead is open already."))


def check_convertible(status: str) -> None:
    if status == LeadStatus.CONVERTED:
        check_open(status)
    if status != LeadStatus.QUALIFIED:
        raise Refused("sales.lead_not_qualified", _("Qualify the lead before you convert it."))


def check_undoable(converted: datetime | None, now: datetime) -> None:
    if converted is None:
        raise Refused(
            "sales.lead_not_converted", _("This lead is not converted, so there is nothing to undo.")
        )
    if now - converted > UNDO_WITHIN:
        raise Refused("sales.conversion_too_old", _("A conversion can be undone within 30 days only."))


def check_reason(reason: str, note: str, reasons: type[TextChoices]) -> str:
    """The tidy note. Refuses (Invalid) an unknown reason, "other" without words, and too long a note."""
    tidy = note.replace("\0", "").strip()
    if reason not in reasons.values:
        raise Invalid({"reason": [_("Choose a reason from the list.")]})
    if reason == "other" and not tidy:
        raise Invalid({"note": [_("Say in a few words what the reason is.")]})
    if len(tidy) > NOTE_LIMIT:
        raise Invalid({"note": [_("Shorten the note to 1,000 characters.")]})
    return tidy


def split_name(name: str) -> tuple[str, str]:
    """("Anna Maria", "Kowalska") of "Anna Maria Kowalska" and of "Kowalska, Anna Maria"; one word is a last name."""
    last, comma, first = name.partition(",")
    if comma and first.strip():
        return first.strip(), last.strip()
    words = name.replace(",", " ").split()
    return " ".join(words[:-1]), words[-1] if words else ""
