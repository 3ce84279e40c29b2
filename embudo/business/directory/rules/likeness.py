from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz

from embudo.business.directory.rules.keys import company_key, email_domain, name_start, person_key, tax_key

ALIKE = 84  # of 100: below it two names are different names


@dataclass(frozen=True)
class Sought:
    """What one is about to write, in the form in which records are compared."""

    company_key: str = ""
    person_key: str = ""
    starts: tuple[str, ...] = ()  # of people's last names: any word may be it
    email: str = ""
    domain: str = ""
    phone: str = ""
    tax_key: str = ""

    @property
    def start(self) -> str:
        return name_start(self.company_key)


@dataclass(frozen=True)
class Known:
    """A record that may be meant."""

    name_key: str
    email: str = ""
    domain: str = ""
    phones: tuple[str, ...] = ()
    tax_key: str = ""


@dataclass(frozen=True)
class Likeness:
    score: float
    reason: Any


def sought(*, name: str = "", email: str = "", phone: str = "", tax_id: str = "") -> Sought:
    person = person_key("", name)
    return Sought(
        company_key=company_key(name) if name.strip() else "",
        person_key=person,
        starts=tuple(dict.fromkeys(name_start(word) for word in person.split() if len(word) > 1)),
        email=email.strip().lower(),
        domain=email_domain(email.strip()) if "@" in email else "",
        phone=phone,
        tax_key=tax_key(tax_id),
    )


def likeness(asked: Sought, known: Known, *, is_person: bool) -> Likeness | None:
    """How surely the record is the one meant, and why; None when nothing speaks for it."""
    name = fuzz.token_sort_ratio(asked.person_key if is_person else asked.company_key, known.name_key)
    has_name = bool(asked.company_key) and name >= ALIKE
    if asked.tax_key and asked.tax_key == known.tax_key:
        return Likeness(100, _("Same tax number"))
    if asked.email and asked.email == known.email:
        return Likeness(98, _("Same e-mail address"))
    if asked.phone and asked.phone in known.phones:
        return Likeness(97 if has_name else 85, _("Same phone number"))
    if not has_name:
        is_same_house = bool(asked.domain) and asked.domain == known.domain
        return Likeness(60, _("Same e-mail domain")) if is_same_house else None
    if asked.tax_key and known.tax_key:
        return Likeness(40, _("Similar name, but another tax number"))
    return Likeness(95, _("Same name")) if name == 100 else Likeness(name - 10, _("Similar name"))
