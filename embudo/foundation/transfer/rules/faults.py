from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy as _

# What is wrong with a file, and what to do about it.
SENTENCES: Mapping[str, Any] = {
    "archive": _("This is an archive. Unpack it and upload the table inside."),
    "binary": _("This file is no table. Upload a CSV, XLSX, XLS, ODS, vCard or JSON lines file."),
    "bomb": _("This file unpacks to far more than a table needs, so it was not opened. Save the table anew and upload that."),
    "card_cut": _("Card %(row)s is cut off: the file is not complete. Export the address book again."),
    "card_long": _("A value in this address book is longer than any that can be kept. Leave out pictures when you export it."),
    "charset": _("From row %(row)s on the letters do not fit the character set %(charset)s. Choose another one."),
    "charset_unknown": _("There is no character set %(charset)s. Choose one of the list."),
    "columns": _("Row %(row)s has more than %(most)s columns. Delete the columns you do not need, then upload the file again."),
    "damaged": _("This file is damaged or not complete. Open it in a spreadsheet program, save it anew and upload that."),
    "delimiter": _("The delimiter has to be one character, other than the quotation mark."),
    "doctype": _("This file holds a document type definition, which no table needs. Open it in a spreadsheet program and save it anew."),
    "document": _("This is a text document or a presentation. Upload a spreadsheet, or save the table as CSV."),
    "empty": _("This file is empty. Choose one with a heading row and at least one row below it."),
    "json_array": _("This JSON file is one list. Save it with one object a line (JSON lines)."),
    "json_line": _('Line %(row)s is no JSON object. Each line has to hold one, such as {"name": "Anna"}.'),
    "lone_quote": _("A quotation mark that opens in or after row %(row)s is never closed. Close it, or choose that the file has no quotation marks."),
    "long_cell": _("A cell in row %(row)s is longer than %(most)s characters. Shorten it, then upload the file again."),
    "long_line": _("Row %(row)s is longer than any that can be read. Check its quotation marks, or split the file."),
    "memory": _("This file needs more memory than an import may take. Delete what is not needed, or split it in two."),
    "no_rows": _("No rows were found below the headings. Choose the sheet and the heading row."),
    "no_sheet": _("This workbook has no sheet with cells."),
    "numbers": _("This is a Numbers document. Export it as XLSX or CSV and upload that."),
    "password": _("This file is protected by a password. Remove the password in the spreadsheet program and upload it again."),
    "pdf": _("This is a PDF. Upload the table itself, as XLSX, ODS or CSV."),
    "picture": _("This is a picture. Upload the table itself, as XLSX, ODS or CSV."),
    "row": _("Row %(row)s can't be read. Check its quotation marks, or choose another delimiter."),
    "rows": _("This file has more than %(most)s rows. Split it into several files."),
    "time": _("Reading this file takes too long. Split it into several files, or save it as CSV."),
    "web_page": _("This is a web page, whatever its name says. Open it in a spreadsheet program and save it as XLSX."),
    "xls_unread": _("XLS files can't be read here. Save the workbook as XLSX and upload that."),
    "xlsb": _("This is a binary workbook (XLSB). Save it as XLSX and upload that."),
    "xml": _("This is an XML file. Open it in a spreadsheet program and save it as XLSX."),
}  # fmt: skip


def sentence(code: str, facts: Mapping[str, Any]) -> str:
    """The sentence for what the reading program told."""
    return str(SENTENCES.get(code, SENTENCES["damaged"]) % {"row": "?", "most": "?", "charset": "?", **facts})


def unknown_kind() -> str:
    return gettext("Choose what the rows of the file are.")
