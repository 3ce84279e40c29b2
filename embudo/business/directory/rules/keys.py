import re
from collections.abc import Mapping
from typing import Any

from embudo.kernel.fold import fold

# Legal forms say nothing about who a company is; people leave them out and spell them in many ways.
LEGAL_FORMS = frozenset(
    [
        "ab",
        "ag",
        "aps",
        "as",
        "asa",
        "bv",
        "bvba",
        "co",
        "company",
        "corp",
        "corporation",
        "doo",
        "eirl",
        "eurl",
        "gbr",
        "gmbh",
        "group",
        "holding",
        "inc",
        "incorporated",
        "kft",
        "kg",
        "kgaa",
        "limited",
        "llc",
        "llp",
        "lp",
        "ltd",
        "ltda",
        "mbh",
        "nv",
        "ohg",
        "oy",
        "oyj",
        "plc",
        "pte",
        "pty",
        "sa",
        "sab",
        "sagl",
        "sapi",
        "sarl",
        "sas",
        "sasu",
        "sc",
        "scrl",
        "sdn",
        "se",
        "sl",
        "slu",
        "sll",
        "snc",
        "spa",
        "spj",
        "spk",
        "spolka",
        "srl",
        "sro",
        "ug",
        "zoo",
    ]
)
LEGAL_PHRASES = re.compile(
    r"\b(?:sp(?:olka)? z (?:o ?o|ograniczona odpowiedzialnoscia)|spolka akcyjna|sp (?:j|k|p)|s de r l(?: de c v)?"
    r"|sociedad (?:anonima|limitada)|societe anonyme|de c v)\b"
)
# At these anybody has a mailbox: the same domain means nothing.
MAIL_PROVIDERS = frozenset(
    [
        "aol.com",
        "free.fr",
        "gazeta.pl",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "hotmail.es",
        "hotmail.fr",
        "icloud.com",
        "interia.pl",
        "laposte.net",
        "live.com",
        "mail.com",
        "me.com",
        "o2.pl",
        "onet.pl",
        "op.pl",
        "orange.fr",
        "outlook.com",
        "outlook.fr",
        "poczta.fm",
        "proton.me",
        "protonmail.com",
        "sfr.fr",
        "telefonica.net",
        "tlen.pl",
        "vp.pl",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "yahoo.com",
        "yahoo.es",
        "yahoo.fr",
        "yandex.com",
    ]
)
WORD = re.compile(r"[^\W_]+")


def company_key(name: str) -> str:
    """The name as it is compared: folded, without punctuation and legal form; "ACME, Sp. z o.o." -> "acme"."""
    # dots inside an abbreviation join ("S.A." -> "sa"), other punctuation parts words
    words = " ".join(WORD.findall(re.sub(r"(?<=\b\w)\.(?=\w\b)", "", fold(name))))
    kept = [word for word in LEGAL_PHRASES.sub(" ", words).split() if word not in LEGAL_FORMS]
    return " ".join(kept or words.split())[:160]


def person_key(first_name: str, last_name: str) -> str:
    """The words of the name in alphabetical order, so that "Kowalska Anna" is "Anna Kowalska"."""
    return " ".join(sorted(WORD.findall(fold(f"{first_name} {last_name}"))))[:160]


def name_start(key: str) -> str:
    """What two spellings of one name very likely share: the first five letters."""
    return key.replace(" ", "")[:5]


def email_domain(email: str) -> str:
    """Whose mail server it is; nothing for the providers where anybody has an address."""
    domain = email.rpartition("@")[2].lower()
    return "" if domain in MAIL_PROVIDERS else domain


def tax_key(tax_id: str) -> str:
    """Digits and letters only, without the country in front: "PL 526-025-02-74" -> "5260250274"."""
    plain = re.sub(r"[^0-9A-Z]", "", tax_id.upper())
    return plain[2:] if plain[:2].isalpha() and plain[2:].isdigit() else plain


def company_keys(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The derived columns of a company: what duplicates and the list's search are found by."""
    key = company_key(values["name"])
    found = ("name", "tax_id", "regon", "krs", "email", "phone", "mobile", "town", "website")
    return {
        "name_key": key,
        "name_start": name_start(key),
        "email_domain": email_domain(values["email"]) or None,
        "tax_key": tax_key(values["tax_id"]) or None,
        **_contact_keys(values),
        "search": fold(" ".join(filter(None, (values[name] for name in found))))[:900],
    }


def _contact_keys(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {f"{name}_key": values[name] or None for name in ("email", "phone", "mobile")}


def person_keys(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The derived columns of a person."""
    key = person_key(values["first_name"], values["last_name"])
    name = f"{values['first_name']} {values['last_name']}".strip()
    found = (name, *(values[one] for one in ("email", "phone", "mobile", "job_title")))
    return {
        "name": name,
        "name_key": key,
        "name_start": name_start(fold(values["last_name"])),
        **_contact_keys(values),
        "search": fold(" ".join(filter(None, found)))[:900],
    }
