from embudo.foundation.ui.pages.background import BackgroundPage, awaited
from embudo.foundation.ui.pages.base import Page, PartPage
from embudo.foundation.ui.pages.boards import BoardPage
from embudo.foundation.ui.pages.commands import CommandPage, ConfirmPage, FormPage
from embudo.foundation.ui.pages.lists import ListPage
from embudo.foundation.ui.pages.records import RecordPage

__all__ = [
    "BackgroundPage", "BoardPage", "CommandPage", "ConfirmPage", "FormPage", "ListPage", "Page", "PartPage", "RecordPage", "awaited",
]  # fmt: skip
