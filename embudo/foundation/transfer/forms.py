from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.transfer import queries
from embudo.foundation.transfer.queries.reading import head_of
from embudo.foundation.transfer.rules.readers.delimited import CHARSETS
from embudo.foundation.transfer.rules.steps import ACTION_FIELD, BEST, Alike, Known, New, rule_of
from embudo.foundation.ui.forms import Form
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid

ACCEPT = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods,.vcf,.vcard,.jsonl,.ndjson,.json"
DELIMITERS = ((",", _("comma ,")), (";", _("semicolon ;")), ("\t", _("tab")), ("|", _("bar |")), ("^", "^"), ("~", "~"), (":", _("colon :")))  # fmt: skip
QUOTES = (('"', _('double "')), ("'", _("single '")), ("", _("none")))
COLUMN, ROW = "column_", "row_"
RULES = ("key", "known", "new", "alike", "owner")


class UploadForm(Form):
    kind = forms.ChoiceField(label=_("What the rows are"))
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        allow_empty_file=True,
        help_text=_("CSV, XLSX, XLS, ODS, vCard or JSON lines, at most 25 MB."),
        error_messages={"required": _("Choose a file.")},
    )

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = _kind_choices(self.actor)

    def clean_file(self) -> UploadedFile[Any]:
        """Looked into at once: what can't be read is said before anything is kept."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        try:
            head_of(file, {}, rows=20)
        except Invalid as fault:
            raise forms.ValidationError(
                [str(text) for texts in fault.errors.values() for text in texts]
            ) from None
        file.seek(0)
        return file


class ReadingForm(Form):
    """How a file is read, where the guess was wrong."""

    delimiter = forms.ChoiceField(label=_("Delimiter"), required=False)
    charset = forms.ChoiceField(
        label=_("Character set"), required=False, choices=[(one, one) for one in CHARSETS]
    )
    quote = forms.ChoiceField(label=_("Quotation marks"), required=False, choices=QUOTES)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    heading_row = forms.IntegerField(
        label=_("Row of the headings"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        help_text=_("0 = there is none."),
    )

    def __init__(self, *args: Any, told: Mapping[str, Any], **kwargs: Any) -> None:
        self.told = told
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        told = self.told.get("delimiter", "")
        known = dict(DELIMITERS)
        fields["delimiter"].choices = [*DELIMITERS, *([(told, told)] if told and told not in known else [])]
        fields["sheet"].choices = [(str(n), name) for n, name in enumerate(self.told.get("sheets", []))]
        wanted = {
            "csv": ("delimiter", "charset", "quote", "heading_row"),
            "vcard": ("charset",),
            "jsonl": ("charset",),
        }
        kept = wanted.get(self.told.get("format", "csv"), ("sheet", "heading_row"))
        for name in set(fields) - set(kept):
            del fields[name]


def reading_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The corrected way of reading, from an address or a form; what makes no sense is left out."""
    found: dict[str, Any] = {}
    if len(data.get("delimiter", "")) == 1:
        found["delimiter"] = data["delimiter"]
    if data.get("charset") in CHARSETS:
        found["charset"] = data["charset"]
    if "quote" in data and data["quote"] in dict(QUOTES):
        found["quote"] = data["quote"]
    for name in ("sheet", "heading_row"):
        text = data.get(name, "")
        if text.isascii() and text.isdecimal() and len(text) < 8:
            found[name] = int(text)
    return found


class MatchForm(Form):
    """One choice a column, and what is to be done with new and with known rows."""

    key = forms.ChoiceField(label=_("Records are recognised by"))
    known = forms.ChoiceField(label=_("When the record is known"), choices=Known.choices)
    new = forms.ChoiceField(label=_("When the record is new"), choices=New.choices)
    alike = forms.ChoiceField(
        label=_("When a row looks like a known record"), choices=Alike.choices, required=False,
        help_text=_("Though nothing by which records are recognised is the same: a name with a slip, an old address."),
    )  # fmt: skip
    owner = forms.ChoiceField(label=_("Owner of new records"), required=False)

    def __init__(self, *args: Any, head: "queries.FileHead | None" = None, **kwargs: Any) -> None:
        self.head = head
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        importing = queries.importing_for(self.actor, self.record)
        keys = [(key.name, str(key.label)) for key in importing.keys_for(self.actor)]
        rules: dict[str, Any] = self.fields
        rules["key"].choices = [(BEST, gettext("the surest value that a row has")), *keys]
        if importing.alike is None:
            del rules["alike"]
        rules["owner"].choices = [("", gettext("me")), *queries.owner_choices()]
        for name in ("key", "known", "new", "owner") if importing.is_only_new else ():
            del rules[name]
        choices = _field_choices(importing.fields(self.actor))
        for number, heading in enumerate(self.head.headings if self.head else ()):
            name = gettext("Column %(heading)s means") % {"heading": heading}
            self.fields[f"{COLUMN}{number}"] = forms.ChoiceField(
                label=name, choices=choices, required=False,
                widget=forms.Select(attrs={"class": "select input-sm", "aria-label": name}),
            )  # fmt: skip

    @property
    def columns(self) -> list[tuple[str, list[str], Any]]:
        """(heading, samples, field) of each column of the file."""
        headings = self.head.headings if self.head else []
        return [
            (heading, self.head.samples(number) if self.head else [], self[f"{COLUMN}{number}"])
            for number, heading in enumerate(headings)
        ]

    @property
    def rules(self) -> list[Any]:
        return [self[name] for name in RULES if name in self.fields]

    def mapping(self) -> dict[str, str]:
        names = {
            name.removeprefix(COLUMN): value
            for name, value in self.cleaned_data.items()
            if name.startswith(COLUMN)
        }
        return {column: value for column, value in names.items() if value}

    def rule(self) -> dict[str, str]:
        return {
            name: self.cleaned_data.get(name, "")
            for name in RULES
            if self.cleaned_data.get(name) or name == "owner"
        }


class ChoiceForm(Form):
    """One choice for each row that looks like a known record."""

    def prepare(self) -> None:
        usual = Alike(rule_of(self.record.rule)["alike"])
        choices = [("", usual.label), *((one.value, one.label) for one in Alike if one != Alike.ASK)]
        for number, said, _record, _percent in self.record.alike_rows:
            name = gettext("Row %(n)d, %(text)s") % {"n": number, "text": said}
            self.fields[f"{ROW}{number}"] = forms.ChoiceField(
                label=name, choices=choices, required=False,
                widget=forms.Select(attrs={"class": "select input-sm", "aria-label": name}),
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[list[Any], Any]]:
        """Each row with its choice."""
        return [(row, self[f"{ROW}{row[0]}"]) for row in self.record.alike_rows]

    def choices(self) -> dict[str, str]:
        return {name.removeprefix(ROW): value for name, value in self.cleaned_data.items()}


def _kind_choices(actor: Actor) -> list[tuple[str, Any]]:
    """Kinds by name; what is always part of something stands as a group of "kind:id"."""
    choices: list[tuple[str, Any]] = []
    for kind in queries.importable(actor):
        plural = _capital(str(kind.plural))
        within = kind.importing.within if kind.importing else None
        if within is None:
            choices.append((kind.name, plural))
        elif places := [(f"{kind.name}:{value}", label) for value, label in within.choices(actor)]:
            choices.append((plural, places))
    return choices


def _field_choices(fields: Sequence[Any]) -> list[tuple[str, str]]:
    named = [(one.name, _capital(str(one.label)) + (" *" if one.is_required else "")) for one in fields]
    return [("", gettext("(leave out)")), *named, (ACTION_FIELD, gettext("(what to do with the row)"))]


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
