import re
from functools import lru_cache

from embudo.kernel.fold import fold

# Legal forms say nothing about who a company is; people leave them out and spell them in many ways.
LEGAL_FORMS = frozenset([
    "ab", "ag", "aps", "as", "asa", "bv", "bvba", "co", "company", "corp", "corporation", "doo", "eg",
    "eirl", "eurl", "ev", "fhu", "gbr", "gmbh", "group", "holding", "inc", "incorporated", "kft", "kg",
    "kgaa", "limited", "llc", "llp", "lp", "ltd", "ltda", "mbh", "nv", "ohg", "oy", "oyj", "phu", "plc",
    "pphu", "pte", "pty", "sa", "sab", "sagl", "sapi", "sarl", "sas", "sasu", "sc", "scrl", "sdn", "se",
    "sl", "slu", "sll", "snc", "spa", "spj", "spk", "spolka", "srl", "sro", "ug", "zoo", "zphu",
])  # fmt: skip
LEGAL_PHRASES = re.compile(
    r"\b(?:sp(?:olka)? z (?:o ?o|ograniczona odpowiedzialnoscia)|spolka (?:akcyjna|jawna|komandytowa|cywilna|partnerska)"
    r"|sp (?:j|k|p)|s de r l(?: de c v)?|sociedad (?:anonima|limitada)|societe (?:anonyme|a responsabilite limitee)|de c v"
    r"|gesellschaft mit beschrankter haftung|s (?:a|l|c|a s|r l|a r l)(?= *$))\b"
)
# At these anybody has a mailbox: the same domain means nothing.
MAIL_PROVIDERS = frozenset([
    "aol.com", "free.fr", "gazeta.pl", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com",
    "hotmail.com", "hotmail.es", "hotmail.fr", "icloud.com", "interia.pl", "laposte.net", "live.com",
    "mail.com", "me.com", "o2.pl", "onet.pl", "op.pl", "orange.fr", "outlook.com", "outlook.fr",
    "poczta.fm", "proton.me", "protonmail.com", "sfr.fr", "telefonica.net", "tlen.pl", "vp.pl",
    "wanadoo.fr", "web.de", "wp.pl", "yahoo.com", "yahoo.es", "yahoo.fr", "yandex.com",
])  # fmt: skip
WORD = re.compile(r"[^\W_]+")
ABBREVIATION = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # dots inside one join ("S.A." -> "sa")
NOT_PLAIN = re.compile(r"[^0-9A-Z]")
NOT_DIGIT = re.compile(r"\D")
LATIN = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфхцыэіґαβγδεζηικλμνοπρσςτυφω", "abvgdezijklmnoprstufhcyeigabgdezeiklmnoprsstufo", strict=True))
    | {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ё": "e", "ь": "", "ъ": "", "є": "ie", "ї": "i",
       "θ": "th", "ξ": "x", "χ": "ch", "ψ": "ps"}
)  # fmt: skip
LONGEST = 160


def company_key(name: str) -> str:
    """The name as it is compared: folded, without punctuation and legal form; "ACME, Sp. z o.o." -> "acme"."""
    plain = fold(name)
    words = " ".join(WORD.findall(ABBREVIATION.sub("", plain) if "." in plain else plain))
    kept = [word for word in LEGAL_PHRASES.sub(" ", words).split() if word not in LEGAL_FORMS]
    return " ".join(kept or words.split())[:LONGEST]


def person_key(first_name: str, last_name: str) -> str:
    """The words of the name in alphabetical order, so that "Kowalska Anna" is "Anna Kowalska"."""
    return " ".join(sorted(WORD.findall(fold(f"{first_name} {last_name}"))))[:LONGEST]


def latin(text: str) -> str:
    """Folded, in Latin letters, an umlaut like the two letters that stand for it: "Müller", "Mueller" -> "muller"."""
    return latin_letters(fold(text))


def latin_letters(plain: str) -> str:
    """The same for a text that is folded already."""
    if not plain.isascii():
        plain = plain.translate(LATIN)
    if "e" in plain:
        plain = plain.replace("ue", "u").replace("oe", "o").replace("ae", "a")
    return plain


@lru_cache(maxsize=20_000)  # towns, streets and first names come again and again
def words_of(text: str) -> str:
    """A name or place as compared: Latin words parted by single spaces."""
    return " ".join(WORD.findall(latin(text))) if text else ""


def email_domain(email: str) -> str:
    """Whose mail server it is; nothing for the providers where anybody has an address."""
    domain = email.rpartition("@")[2].lower()
    return "" if domain in MAIL_PROVIDERS else domain


def mailbox(email: str) -> str:
    """Lower case, without what comes after a plus sign."""
    local, at, domain = email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}" if at else ""


def web_domain(website: str) -> str:
    """ "https://www.Acme.com/shop" -> "acme.com"."""
    host = website.lower().partition("://")[2] or website.lower()
    return host.partition("/")[0].partition(":")[0].removeprefix("www.")


def tax_key(tax_id: str) -> str:
    """Digits and letters only, without the country in front: "PL 526-025-02-74" -> "5260250274"."""
    plain = NOT_PLAIN.sub("", tax_id.upper())
    return plain[2:] if plain[:2].isalpha() and plain[2:].isdigit() else plain


def tax_country(tax_id: str) -> str:
    """The country that stands in front of the number, "" without one."""
    plain = NOT_PLAIN.sub("", tax_id.upper())
    return plain[:2] if plain[:2].isalpha() and plain[2:].isdigit() else ""


def phone_digits(phone: str) -> str:
    """Of a number as it is stored (E.164) its last nine digits: with and without the country they are the same."""
    return NOT_DIGIT.sub("", phone)[-9:] if phone else ""
