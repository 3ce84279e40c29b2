from typing import Any

from django.urls import Resolver404, resolve, reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.recycle import commands, queries
from embudo.foundation.recycle.forms import EraseForm
from embudo.foundation.ui.pages import CommandPage, ConfirmPage
from embudo.kernel.kind import RecordKind, kind_named, kind_of


def place_of(kind: RecordKind, record: Any) -> str:
    """Where to go when the record's own page is no more: to what it was about, else to the list that it stood in."""
    carrier = kind_named(getattr(record, "about_kind", ""))
    if carrier is not None:
        return carrier.url(record.about_id)
    address = kind.url(record.pk).partition(str(record.pk))[0]
    try:
        resolve(address)
    except Resolver404:
        return reverse("recycle:bin")
    return address


class DeleteRecord(ConfirmPage):
    """Asks before a record is deleted, and says what goes along."""

    query = queries.deletable
    command = commands.recycle_record
    template_name = "recycle/delete.html"
    submit_label = _("Delete")
    is_danger = True

    def get_title(self) -> str:
        return gettext("Delete the %(kind)s?") % {"kind": str(kind_of(self.record).label).lower()}

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {"preview": queries.preview(self.record)}

    def success_url(self, result: Any, record: Any) -> str:
        return place_of(kind_of(record), record)

    def success_message(self, result: Any) -> str:
        told = ngettext(
            "“%(title)s” is in the recycle bin, with %(n)d record about it.",
            "“%(title)s” is in the recycle bin, with %(n)d records about it.",
            result.further,
        )
        if not result.further:
            told = gettext("“%(title)s” is in the recycle bin.")
        return told % {"title": result.title, "n": result.further}

    def undo_url(self, result: Any) -> str:
        return reverse("recycle:restore", args=[result.pk])


class RestoreEntry(ConfirmPage):
    query = queries.one_recycled
    command = commands.restore_record
    title = _("Restore")
    submit_label = _("Restore it")
    intro = _("The record comes back with its links and with what went along.")
    nav = "recycle:bin"

    def success_url(self, result: Any, record: Any) -> str:
        kind = kind_named(result.kind)
        if result.left or kind is None:
            return self.get_cancel_url()
        return kind.url(result.record_id)

    def success_message(self, result: Any) -> str:
        n = len(result.left)
        if not n:
            return gettext("“%(title)s” is back.") % {"title": result.title}
        told = ngettext(
            "“%(title)s” is back; %(n)d thing needs a look.",
            "“%(title)s” is back; %(n)d things need a look.",
            n,
        )
        return told % {"title": result.title, "n": n}

    def get_cancel_url(self) -> str:
        return reverse("recycle:entry", args=[self.record.pk])


class ErasePage(CommandPage):
    """Asks to be sure: what is erased comes back from nowhere."""

    form_class = EraseForm
    submit_label = _("Erase")
    is_danger = True

    def initial(self, record: Any) -> dict[str, Any]:
        return {}

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        return super().perform(actor, record, {})

    def success_message(self, result: Any) -> str:
        return gettext("It was erased for good.")


class EraseEntry(ErasePage):
    """Erases what lies in the bin before its 30 days are over."""

    query = queries.one_recycled
    command = commands.erase_recycled
    title = _("Erase for good")
    intro = _("The record, what went along, its files and its personal data in the log are erased.")
    nav = "recycle:bin"
    cancel_url = reverse_lazy("recycle:bin")

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("recycle:bin")


class EraseRecord(ErasePage):
    """Erases the personal data of a living record, on request of whom it is about."""

    query = queries.erasable
    command = commands.erase_record
    template_name = "recycle/erase.html"
    title = _("Erase personal data")
    intro = _(
        "Everything about this record goes for good: its data, notes, tasks, documents, mails, what the log and files of imports"
        " hold of it. Invoices stay, as the law asks."
    )

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {"preview": queries.erasure_preview(self.record)}

    def success_url(self, result: Any, record: Any) -> str:
        return place_of(kind_of(record), record)
