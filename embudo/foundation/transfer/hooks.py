from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.transfer import permissions, queries
from embudo.foundation.transfer.commands.erasing import forget_erased
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.views.exports import ListExporter
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, register_menu
from embudo.foundation.ui.pages.lists import ListPage
from embudo.kernel.erasing import register_eraser
from embudo.kernel.kind import RecordKind, register_kind
from embudo.kernel.wording import register_event_text


def register() -> None:
    ListPage.exporter = ListExporter()
    register_eraser("transfer", forget_erased)
    register_kind(
        RecordKind(
            Import, _("import"), _("imports"), "upload", title=lambda found: found.name,
            url=lambda pk: reverse("transfer:import", args=[pk]), fetch=queries.import_,
        )
    )  # fmt: skip
    register_menu(
        MenuEntry(_("Imports"), "transfer:imports", "upload", permissions.IMPORT, 890, _("Settings"))
    )
    for page in ("imports", "import", "import_new", "import_match"):
        register_help(f"transfer:{page}", _("Import and export"), "transfer/help/imports.html")
    for name, text, icon in (
        ("ListExported", _("exported a list"), "download"),
        ("ImportStarted", _("uploaded a file"), "upload"),
        ("ImportMatched", _("said what the columns mean"), "columns-3"),
        ("ImportRowsChosen", _("said what becomes of rows that look like known records"), "copy"),
        ("ImportRun", _("let the import run"), "play"),
        ("ImportPaused", _("paused the import"), "pause"),
        ("ImportCancelled", _("cancelled the import"), "ban"),
        ("ImportFinished", _("finished the import"), "circle-check"),
        ("ImportUndoing", _("began to undo the import"), "undo-2"),
        ("RowsUndone", _("took rows of an import back"), "undo-2"),
        ("ImportFilesPruned", _("deleted the files of old imports"), "trash-2"),
    ):
        register_event_text(f"transfer.{name}", text, icon)
