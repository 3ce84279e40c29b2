from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.editing import permissions, queries
from embudo.foundation.editing.commands.erasing import forget_erased
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.views.bar import Editor
from embudo.foundation.editing.views.cells import InlineEditing
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, register_menu
from embudo.foundation.ui.pages import RecordPage
from embudo.foundation.ui.pages.lists import ListPage
from embudo.kernel.erasing import register_eraser
from embudo.kernel.kind import RecordKind, register_kind
from embudo.kernel.wording import register_event_text


def register() -> None:
    ListPage.editor = Editor()
    register_eraser("editing", forget_erased)
    ListPage.inline = RecordPage.inline = InlineEditing()
    register_kind(
        RecordKind(
            BulkRun, _("change of many"), _("changes of many"), "layers", title=str,
            url=lambda pk: reverse("editing:run", args=[pk]), fetch=queries.run,
        )
    )  # fmt: skip
    register_menu(
        MenuEntry(_("Changes of many"), "editing:runs", "layers", permissions.CHANGE_MANY, 895, _("Settings"))
    )
    for page in ("runs", "run", "edit", "assign", "tag", "delete"):
        register_help(f"editing:{page}", _("Changing many at once"), "editing/help/many.html")
    for page in ("value", "restore", "undo_value"):
        register_help(f"editing:{page}", _("Editing a value where it stands"), "editing/help/inline.html")
    for name, text, icon in (
        ("ManyStarted", _("began to change many records"), "layers"),
        ("ManyCancelled", _("cancelled a change of many"), "ban"),
        ("ManyFinished", _("changed many records"), "circle-check"),
        ("ManyUndoing", _("began to undo a change of many"), "undo-2"),
        ("ManyUndone", _("undid a change of many"), "undo-2"),
        ("ValueUndone", _("undid the edit of a value"), "undo-2"),
    ):
        register_event_text(f"editing.{name}", text, icon)
