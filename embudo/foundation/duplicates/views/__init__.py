from embudo.foundation.duplicates.views.lists import CancelScan, Merges, Queue, RequestScan
from embudo.foundation.duplicates.views.panel import DuplicatesPanel
from embudo.foundation.duplicates.views.review import DismissPair, MergePage, ReopenPair, Review, UndoMerge

__all__ = [
    "CancelScan",
    "DismissPair",
    "DuplicatesPanel",
    "MergePage",
    "Merges",
    "Queue",
    "ReopenPair",
    "RequestScan",
    "Review",
    "UndoMerge",
]
