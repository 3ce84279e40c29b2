"""A period's statement as a file for the customer."""

import tempfile
from pathlib import Path
from typing import IO, Any

from babel.dates import format_date
from django.utils.translation import get_language, gettext

from embudo.business.quota.queries.portal import (
    Statement,
    note_of,
    statement_headings,
    statement_rows,
    what_of,
)
from embudo.business.quota.rules.states import EntryKind
from embudo.business.quota.rules.trail import MOST_PRINTED, TrailFormat
from embudo.foundation.access.queries import organisation
from embudo.foundation.transfer.commands.workbook import xlsx_file
from embudo.kernel import clock
from embudo.kernel.errors import Refused
from embudo.kernel.typesetting import typeset

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "trail.typ"


def statement_file(one: Statement, *, format: str) -> IO[bytes]:  # noqa: A002 - its name for people
    """PDF or XLSX, in the reader's language. Refuses (Refused) a PDF of more lines than paper is for."""
    if format == TrailFormat.XLSX:
        return xlsx_file(_title(one), statement_headings(), statement_rows(one))
    if one.entries().count() > MOST_PRINTED:
        raise Refused(
            "quota.statement_too_long",
            gettext("This statement has too many lines for paper. Take the XLSX file."),
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    file.write(typeset(TEMPLATE, _printed(one)))
    file.seek(0)
    return file


def _title(one: Statement) -> str:
    return gettext("Statement of quota %(reference)s") % {"reference": one.account.reference}


def _printed(one: Statement) -> dict[str, Any]:
    language = get_language() or "en"
    locale = language.replace("-", "_")

    def day(value: Any) -> str:
        return format_date(value, format="medium", locale=locale)

    def money(minor: int) -> str:
        return one.account.money(minor).text(language)

    rows = [
        [
            day(entry.value_date),
            [what_of(entry), note_of(entry)],
            day(clock.day_of(entry.created)),
            money(entry.amount_minor),
            money(entry.consumed_change),
        ]
        for entry in one.entries()
    ]
    restated = (
        gettext("This period was restated on %(day)s.") % {"day": day(one.restated)} if one.restated else ""
    )
    house = organisation().name or "Embudo"
    return {
        "lang": language,
        "paper": "a4",
        "title": _title(one),
        "author": house,
        "heading": _title(one),
        "subheading": restated,
        "facts_heading": gettext("%(first)s to %(last)s")
        % {"first": day(one.span.starts), "last": day(one.span.last)},
        "facts": _facts(one, money),
        "story_heading": gettext("What counts in this period"),
        "columns": [
            gettext("Day"), gettext("What"), gettext("Entered"), gettext("Amount"), gettext("Consumed"),
        ],
        "rows": rows,
        "footer": gettext("%(organisation)s, made on %(day)s")
        % {"organisation": house, "day": day(clock.today())},
        "page_of": gettext("Page {page} of {pages}"),
    }  # fmt: skip


def _facts(one: Statement, money: Any) -> list[list[str]]:
    facts = [
        [gettext("Customer"), one.account.customer.name],
        [gettext("Quota"), one.account.policy.name],
    ]
    if one.allowed is not None:
        facts.append([gettext("Allowed"), money(one.allowed)])
    if one.brought:
        facts.append([gettext("Left over from the period before"), money(one.brought)])
    labels = (
        (gettext("Spent"), EntryKind.CAPTURE),
        (gettext("Refunded"), EntryKind.REFUND),
        (gettext("Topped up"), EntryKind.TOPUP),
        (gettext("Corrected"), EntryKind.ADJUSTMENT),
    )
    facts += [[label, money(one.sums[kind])] for label, kind in labels if one.sums[kind]]
    return [*facts, [gettext("Consumed"), money(one.consumed)]]
