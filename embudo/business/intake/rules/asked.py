from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.intake.rules.states import Subject
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.kernel.errors import Invalid

MOST_ASKED = 100
LONGEST_HELP = 300
_ADDRESS = ("street", "number", "postcode", "town", "region", "country")
_SOURCES = ("source1", "source2", "source3", "source4", "remarks")
# The standard attributes in the order in which they are offered.
STANDARD: Mapping[str, tuple[str, ...]] = {
    Subject.COMPANY: (
        "name", "tax_id", "vat_id", "regon", "krs", "siret", "pkd", "pkd_others", *_ADDRESS, "activity", "sector",
        "website", "email", "phone", "mobile", "fax", "employees", "size", "founded", *_SOURCES,
    ),
    Subject.PERSON: (
        "first_name", "last_name", "job_title", "email", "phone", "mobile", *_ADDRESS, *_SOURCES,
    ),
}  # fmt: skip
NAMING: Mapping[str, tuple[str, ...]] = {Subject.COMPANY: ("name",), Subject.PERSON: ("last_name",)}
FIRST_ASKED: Mapping[str, tuple[str, ...]] = {
    Subject.COMPANY: (
        "name", "tax_id", "pkd", "street", "number", "postcode", "town", "region", "website", "email", "phone", "source1",
    ),
    Subject.PERSON: ("first_name", "last_name", "job_title", "email", "phone", "source1"),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """
    One attribute that an assignment asks for, by its name in forms ("tax_id", "custom_meat"). `is_kept` offers the value
    of the last record again; `is_unique` within the assignment; `is_double` has it entered a second time by somebody else.
    """

    name: str
    is_required: bool = False
    help: str = ""
    is_kept: bool = False
    is_unique: bool = False
    is_double: bool = False

    @property
    def key(self) -> str:
        """The custom attribute's key; "" for a standard one."""
        return self.name.removeprefix(PREFIX) if self.name.startswith(PREFIX) else ""

    def stored(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Asked":
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})


def first_asked(subject: str) -> list[dict[str, Any]]:
    """What a new assignment asks for until somebody chooses."""
    return [Asked(name, name in NAMING[subject]).stored() for name in FIRST_ASKED[subject]]


def checked_asked(
    subject: str, given: Sequence[Mapping[str, Any]], custom_keys: Iterable[str]
) -> list[dict[str, Any]]:
    """
    As stored: in the order given, each known and once. What names the record is always asked for and required. Refuses
    (Invalid, field "asked") unknown ones, repetitions, and help that is too long.
    """
    known = {*STANDARD[subject], *(f"{PREFIX}{key}" for key in custom_keys)}
    found: dict[str, Asked] = {}
    for one in given:
        name = str(one.get("name", ""))
        if name not in known or name in found:
            raise Invalid(
                {"asked": [_("“%(name)s” is unknown here, or asked for twice.") % {"name": name[:60]}]}
            )
        help_text = " ".join(str(one.get("help", "")).split())
        if len(help_text) > LONGEST_HELP:
            raise Invalid({"asked": [_("Use at most %(n)d characters of help.") % {"n": LONGEST_HELP}]})
        flags = {flag: bool(one.get(flag)) for flag in ("is_required", "is_kept", "is_unique", "is_double")}
        if name in NAMING[subject]:
            flags |= {"is_required": True, "is_double": False}
        found[name] = Asked(name, help=help_text, **flags)
    if len(found) > MOST_ASKED:
        raise Invalid({"asked": [_("Ask for at most %(n)d attributes.") % {"n": MOST_ASKED}]})
    missing = [Asked(name, is_required=True) for name in NAMING[subject] if name not in found]
    return [one.stored() for one in (*missing, *found.values())]
