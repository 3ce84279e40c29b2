"""
Fakes of the two public registers, for tests on loopback only. They say so in their Server header and answer nothing real:
the numbers of VIES's fake are those of the Commission's own test service (100 valid, 200 not valid, 201, 300 …).
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

ERRORS = {
    "201": "INVALID_INPUT", "202": "INVALID_REQUESTER_INFO", "300": "SERVICE_UNAVAILABLE", "301": "MS_UNAVAILABLE",
    "302": "TIMEOUT", "400": "VAT_BLOCKED", "401": "IP_BLOCKED", "500": "GLOBAL_MAX_CONCURRENT_REQ",
    "600": "MS_MAX_CONCURRENT_REQ",
}  # fmt: skip
BIR = "http://CIS/BIR/PUBL/2014/07"


class Fake(BaseHTTPRequestHandler):
    server_version = "EmbudoFakeForTests"
    sys_version = ""

    def log_message(self, *_args: Any) -> None:
        """Tests are quiet."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def told(self) -> Any:
        """What the test told the fake to do, and where it keeps what it was asked."""
        return self.server

    def misbehaves(self) -> bool:
        fault = self.told.fault
        if fault == "slow":
            time.sleep(1.0)
            self.close_connection = True
        elif fault == "dripping":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _piece in range(8):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.15)
        elif fault == "500":
            self.send(500, b"<html>out of order</html>", "text/html")
        elif fault == "redirect":
            self.send_response(302)
            self.send_header("Location", "http://example.com/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif fault == "huge":
            self.send(200, b" " * 3_000_000, "application/json")
        elif fault == "malformed":
            self.send(200, b"<a><b></a> {", "application/soap+xml")
        return fault in ("slow", "dripping", "500", "redirect", "huge", "malformed")


class FakeVies(Fake):
    """POST /check-vat-number; answers by number as the Commission's test service does."""

    def do_POST(self) -> None:
        asked = json.loads(self.body())
        self.told.asked.append(asked)
        if self.misbehaves():
            return
        number, base = (
            asked["vatNumber"],
            {"countryCode": asked["countryCode"], "vatNumber": asked["vatNumber"]},
        )
        error = self.told.errors.pop(0) if self.told.errors else ERRORS.get(number, "")
        if error:
            status = 400 if error == "INVALID_INPUT" else 500
            answer: Any = {"actionSucceed": False, "errorWrappers": [{"error": error}]}
            self.send(status, json.dumps(answer).encode(), "application/json")
            return
        is_valid = number != "200"
        answer = base | {
            "requestDate": "2026-11-22T08:00:00.000Z",
            "valid": is_valid,
            "requestIdentifier": "FAKE-0001" if asked.get("requesterNumber") else "",
            "name": "ACME SPÓŁKA Z O.O." if is_valid else "---",
            "address": "UL. PROSTA 51/2\n00-838 WARSZAWA" if is_valid else "---",
        }
        self.send(200, json.dumps(answer).encode(), "application/json")


LEGAL_PERSON = """<root><dane><Regon>{regon}</Regon><Nip>5260250274</Nip><Nazwa>ACME &amp; SYNOWIE SP. Z O.O.</Nazwa>
<Wojewodztwo>MAZOWIECKIE</Wojewodztwo><Miejscowosc>Warszawa</Miejscowosc><KodPocztowy>00-838</KodPocztowy>
<Ulica>ul. Prosta</Ulica><NrNieruchomosci>51</NrNieruchomosci><NrLokalu>2</NrLokalu><Typ>P</Typ><SilosID>6</SilosID>
<DataZakonczeniaDzialalnosci>{ended}</DataZakonczeniaDzialalnosci></dane></root>"""
NOT_FOUND = "<root><dane><ErrorCode>4</ErrorCode><ErrorMessageEn>No data found</ErrorMessageEn></dane></root>"
REPORTS = {
    "BIR11OsPrawna": """<root><dane><praw_numerWRejestrzeEwidencji>0000028860</praw_numerWRejestrzeEwidencji>
<praw_numerTelefonu>223334455</praw_numerTelefonu><praw_adresEmail>BIURO@ACME.EXAMPLE</praw_adresEmail>
<praw_adresStronyinternetowej>www.acme.example</praw_adresStronyinternetowej></dane></root>""",
    "BIR11OsPrawnaPkd": """<root><dane><praw_pkdKod>6209Z</praw_pkdKod><praw_pkdPrzewazajace>0</praw_pkdPrzewazajace></dane>
<dane><praw_pkdKod>6201Z</praw_pkdKod><praw_pkdPrzewazajace>1</praw_pkdPrzewazajace></dane></root>""",
}


class FakeRegon(Fake):
    """BIR1.1: SOAP 1.2, a session in the header `sid`, answers in multipart whose result is a text of XML."""

    KEY = "a-test-key"

    def do_POST(self) -> None:
        call = etree.fromstring(self.body()).find("{*}Body")[0]
        action = etree.QName(call).localname
        values = {etree.QName(one).localname: one.text for one in call.iter() if one.text}
        self.told.asked.append((action, values, self.headers.get("sid", "")))
        if action in ("DaneSzukajPodmioty", self.told.fault_at) and self.misbehaves():
            return
        self.answer(action, self.result(action, values))

    def result(self, action: str, values: dict[str, str]) -> str:
        if action == "Zaloguj":
            return "session-1" if values.get("pKluczUzytkownika") == self.KEY else ""
        if action == "DaneSzukajPodmioty":
            if values.get("Nip") == "5260250274" or values.get("Regon"):
                regon = "610188201"
                return LEGAL_PERSON.format(regon=regon, ended=self.told.ended)
            return NOT_FOUND
        return (
            REPORTS.get(values.get("pNazwaRaportu", ""), "") if action == "DanePobierzPelnyRaport" else "true"
        )

    def answer(self, action: str, result: str) -> None:
        soap = (
            f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><{action}Response xmlns="{BIR}">'
            f"<{action}Result>{escape(result)}</{action}Result></{action}Response></s:Body></s:Envelope>"
        ).encode()
        head = b"\r\n--uuid:1\r\nContent-ID: <http://tempuri.org/0>\r\nContent-Transfer-Encoding: 8bit\r\n"
        kind = b'Content-Type: application/xop+xml;charset=utf-8;type="application/soap+xml"\r\n\r\n'
        body = head + kind + soap + b"\r\n--uuid:1--\r\n"
        multipart = (
            'multipart/related; type="application/xop+xml";start="<http://tempuri.org/0>";boundary="uuid:1"'
        )
        self.send(200, body, multipart)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_about: Any) -> None:
        """Whoever asked did not wait for the end; some tests are about just that."""


@contextmanager
def serving(handler: type[Fake]) -> Iterator[Any]:
    """The fake on a free port of loopback; `address`, and `asked` = what it was asked."""
    server: Any = Server(("127.0.0.1", 0), handler)
    server.asked, server.errors, server.fault, server.fault_at, server.ended = [], [], "", "", ""
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
