import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import events
from embudo.business.quota.models import Account
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.queries.trail import is_printable, trail_headings, trail_printed, trail_rows
from embudo.business.quota.rules.trail import MOST_PRINTED, TrailFormat
from embudo.foundation.transfer.commands.workbook import xlsx_file
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.typesetting import typeset

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "trail.typ"
_SALT = "quota.trail"
BLOCK = 1 << 20


@dataclass(frozen=True)
class TrailFile:
    """The file, open at its beginning, and the hash by which it is known again."""

    file: IO[bytes]
    sha256: str


def make_trail(actor: Actor, account: Account, *, format: str) -> TrailFile:  # noqa: A002 - its name for people
    """
    The account's whole story as a file, whose hash is entered in the log. It is written before anything is locked. Refuses
    Forbidden without the grant, (Invalid) an unknown format, (Refused) a story too long for paper.
    """
    if not actor.may(VIEW_ACCOUNTS):
        raise Forbidden(VIEW_ACCOUNTS.code)
    if format not in TrailFormat.values:
        raise Invalid({"format": [_("Choose PDF or XLSX.")]})
    file = _pdf(actor, account) if format == TrailFormat.PDF else _xlsx(actor, account)
    sha256 = digest_of(file)
    enter_trail(actor, account, format=format, sha256=sha256, proof=_proof(account.pk, format, sha256))
    return TrailFile(file, sha256)


@command(VIEW_ACCOUNTS)
def enter_trail(actor: Actor, account: Account, *, format: str, sha256: str, proof: str) -> None:  # noqa: A002
    """
    Enters in the log that a file with this hash was made. `proof` is given out by who writes the file alone; without it (Forbidden)
    nobody can say of a file of their own that it was made here.
    """
    if not constant_time_compare(proof, _proof(account.pk, format, sha256)):
        raise Forbidden(VIEW_ACCOUNTS.code)
    publish(events.TrailMade(account.pk, format, sha256), account)


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of a file, read in blocks; it is open at its beginning again."""
    found = hashlib.sha256()
    while block := file.read(BLOCK):
        found.update(block)
    file.seek(0)
    return found.hexdigest()


def _proof(account_id: UUID, kind: str, sha256: str) -> str:
    return signing.Signer(salt=_SALT).signature(f"{account_id}:{kind}:{sha256}")


def _pdf(actor: Actor, account: Account) -> IO[bytes]:
    if not is_printable(actor, account):
        raise Refused(
            "quota.trail_too_long",
            _("This story has more than %(n)d lines, too many for paper. Take the XLSX file.")
            % {"n": MOST_PRINTED},
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    file.write(typeset(TEMPLATE, trail_printed(actor, account)))
    file.seek(0)
    return file


def _xlsx(actor: Actor, account: Account) -> IO[bytes]:
    title = gettext("Story of %(reference)s") % {"reference": account.reference}
    return xlsx_file(title, trail_headings(), trail_rows(actor, account))
