import re
from collections.abc import Iterator, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from lxml import etree

from embudo.business.directory.rules.activities import dotted
from embudo.business.directory.rules.choices import Outcome
from embudo.business.directory.rules.registers.base import Answer, Asked, Numbers, Register, unknown
from embudo.kernel.outbound import Reply, UnreachableError, post

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
BIR = "http://CIS/BIR/PUBL/2014/07"
DATA = "http://CIS/BIR/PUBL/2014/07/DataContract"
PORT = f"{BIR}/IUslugaBIRzewnPubl"
NOT_FOUND = "4"
LEGAL, NATURAL = "P", "F"
# attribute of a company -> element of the search's answer
FOUND: Mapping[str, str] = {
    "name": "Nazwa", "regon": "Regon", "tax_id": "Nip", "region": "Wojewodztwo", "town": "Miejscowosc",
    "postcode": "KodPocztowy", "street": "Ulica",
}  # fmt: skip
# attribute -> element of the full report of a legal person
REPORTED: Mapping[str, str] = {
    "krs": "praw_numerWRejestrzeEwidencji", "phone": "praw_numerTelefonu", "email": "praw_adresEmail",
    "website": "praw_adresStronyinternetowej", "fax": "praw_numerFaksu",
}  # fmt: skip


class UnreadableError(Exception):
    """What came back is no answer of this service; `reason` is a short code."""

    def __init__(self, reason: str = "unreadable") -> None:
        self.reason = reason
        super().__init__(reason)


def number_of(numbers: Numbers) -> str:
    """NIP, else REGON, else KRS, marked by what it is; for companies of Poland."""
    if numbers.country not in ("", "PL"):
        return ""
    known = (("nip", _nip(numbers)), ("regon", numbers.regon), ("krs", numbers.krs))
    return next((f"{kind} {number}" for kind, number in known if number), "")


def _nip(numbers: Numbers) -> str:
    plain = numbers.tax_id.removeprefix("PL") or numbers.vat_id.removeprefix("PL")
    return plain if plain.isdigit() and len(plain) == 10 else ""


# --- what is written ---


def envelope(action: str, fields: Mapping[str, str], *, search: Mapping[str, str] | None = None) -> bytes:
    """One call: a WS-Addressing header and the operation with its parameters."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "wsa": WSA, "ns": BIR, "dat": DATA})
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    for name, text in (
        ("To", settings.REGON_URL),
        ("Action", f"{PORT}/{action}"),
        ("MessageID", f"uuid:{uuid4()}"),
    ):
        etree.SubElement(header, f"{{{WSA}}}{name}").text = text
    call = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{BIR}}}{action}")
    for name, text in fields.items():
        etree.SubElement(call, f"{{{BIR}}}{name}").text = text
    if search:
        asked = etree.SubElement(call, f"{{{BIR}}}pParametryWyszukiwania")
        for name, text in search.items():
            etree.SubElement(asked, f"{{{DATA}}}{name}").text = text
    return bytes(etree.tostring(root, encoding="utf-8"))


# --- what is read ---


def parsed(text: bytes) -> Any:
    """XML without entities, DTD or network. Refuses (UnreadableError) anything else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise UnreadableError from None
    if root.getroottree().docinfo.doctype:
        raise UnreadableError
    return root


def envelope_in(reply: Reply) -> bytes:
    """The SOAP message, which comes as the first part of a multipart answer, or bare."""
    if not reply.content_type.lower().startswith("multipart/"):
        return reply.body
    head = f"Content-Type: {reply.content_type}\r\n\r\n".encode("latin-1", "replace")
    parts = BytesParser(policy=HTTP).parsebytes(head + reply.body).get_payload()
    if not isinstance(parts, list) or not parts:
        raise UnreadableError
    first: Any = parts[0]
    return bytes(first.get_payload(decode=True) or b"")


def result(reply: Reply, action: str) -> str:
    """The text that the operation gave back. Refuses (UnreadableError) faults and anything unexpected."""
    if reply.status >= 500 and b"Envelope" not in reply.body:
        raise UnreadableError("server")
    root = parsed(envelope_in(reply))
    if root.find(f".//{{{SOAP}}}Fault") is not None:
        raise UnreadableError("server")
    found = root.find(f".//{{{BIR}}}{action}Result")
    if found is None:
        raise UnreadableError
    return str(found.text or "")


def rows(text: str) -> list[dict[str, str]]:
    """The records of a result, which is XML once more."""
    if not text.strip():
        return []
    root = parsed(text.encode())
    return [
        {
            etree.QName(cell).localname: (cell.text or "").strip()
            for cell in record
            if isinstance(cell.tag, str)
        }
        for record in root.iter("dane")
    ]


# --- the talk ---


class Session:
    """Signed in for one question, and out again."""

    def __init__(self) -> None:
        self.sid = ""

    def call(self, action: str, fields: Mapping[str, str], search: Mapping[str, str] | None = None) -> str:
        action_type = f'application/soap+xml; charset=utf-8; action="{PORT}/{action}"'
        headers = {"Content-Type": action_type, **({"sid": self.sid} if self.sid else {})}
        body, seconds = envelope(action, fields, search=search), settings.REGISTER_SECONDS
        return result(post(settings.REGON_URL, body, headers, seconds=seconds), action)

    def __enter__(self) -> Self:
        self.sid = self.call("Zaloguj", {"pKluczUzytkownika": settings.REGON_KEY})
        if not self.sid:
            raise UnreadableError("key")
        return self

    def __exit__(self, *_fault: object) -> None:
        try:
            self.call("Wyloguj", {"pIdentyfikatorSesji": self.sid})
        except (UnreachableError, UnreadableError):
            return  # the session ends by itself

    def found(self, kind: str, number: str) -> list[dict[str, str]]:
        return rows(self.call("DaneSzukajPodmioty", {}, {kind.capitalize(): number}))

    def report(self, regon: str, name: str) -> list[dict[str, str]]:
        """A full report; what it adds is welcome, and its absence no reason to know nothing."""
        try:
            return rows(self.call("DanePobierzPelnyRaport", {"pRegon": regon, "pNazwaRaportu": name}))
        except (UnreachableError, UnreadableError):
            return []


def ask(asked: Asked) -> Answer:
    kind, _space, number = asked.number.partition(" ")
    try:
        with Session() as session:
            return _answer(session, session.found(kind, number))
    except (UnreachableError, UnreadableError) as fault:
        return unknown(fault.reason, is_final=fault.reason == "key")


def _answer(session: Session, found: list[dict[str, str]]) -> Answer:
    if not found:
        return unknown("unreadable")
    code = found[0].get("ErrorCode")
    if code:
        return Answer(Outcome.INVALID, reason="not_found") if code == NOT_FOUND else unknown("server")
    # of several (a company and its places) the one that stands for the whole has the short REGON
    row = min(found, key=lambda one: len(one.get("Regon", "")) or 99)
    if not row.get("Regon"):
        return unknown("unreadable")
    values = {name: row.get(element, "") for name, element in FOUND.items()} | {"country": "PL"}
    values["number"] = "/".join(filter(None, (row.get("NrNieruchomosci"), row.get("NrLokalu"))))
    values |= dict(_reported(session, row))
    kept = {name: value for name, value in values.items() if value}
    ended = bool(row.get("DataZakonczeniaDzialalnosci"))
    return Answer(Outcome.INVALID if ended else Outcome.VALID, reason="closed" if ended else "", values=kept)


def _reported(session: Session, row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    regon, is_legal = row["Regon"], row.get("Typ") == LEGAL
    if is_legal:
        for record in session.report(regon, "BIR11OsPrawna")[:1]:
            yield from ((name, record.get(element, "")) for name, element in REPORTED.items())
    if is_legal or row.get("Typ") == NATURAL:
        codes = session.report(regon, "BIR11OsPrawnaPkd" if is_legal else "BIR11OsFizycznaPkd")
        yield from _codes(
            codes,
            ("praw_pkdKod", "praw_pkdPrzewazajace") if is_legal else ("fiz_pkd_Kod", "fiz_pkd_Przewazajace"),
        )


def _codes(found: list[dict[str, str]], elements: tuple[str, str]) -> Iterator[tuple[str, str]]:
    code, is_main = elements
    known = {dotted(re.sub(r"\W", "", row.get(code, ""))): row.get(is_main) == "1" for row in found}
    known.pop("", None)
    yield "pkd", next((one for one, is_first in known.items() if is_first), "")
    yield "pkd_others", ", ".join(one for one, is_first in known.items() if not is_first)


REGON = Register(
    code="regon",
    label=_("REGON"),
    about=_("Poland's register of companies: name, address, REGON, KRS, PKD codes by NIP, REGON or KRS."),
    number_of=number_of,
    ask=ask,
    is_ready=lambda: bool(settings.REGON_KEY),
    setting="REGON_KEY",
)
