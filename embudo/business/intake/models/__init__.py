from embudo.business.intake.models.assignments import (
    Assignment,
    AssignmentQuerySet,
    Binding,
    BindingQuerySet,
    Closing,
    Tally,
)
from embudo.business.intake.models.entries import Draft, Entry, EntryQuerySet
from embudo.business.intake.models.verification import (
    Delivery,
    Likeness,
    Message,
    OfEntryQuerySet,
    Round,
    SecondEntry,
)

__all__ = [
    "Assignment",
    "AssignmentQuerySet",
    "Binding",
    "BindingQuerySet",
    "Closing",
    "Delivery",
    "Draft",
    "Entry",
    "EntryQuerySet",
    "Likeness",
    "Message",
    "OfEntryQuerySet",
    "Round",
    "SecondEntry",
    "Tally",
]
