from embudo.business.intake.commands.alike import decide_likeness, decide_likenesses
from embudo.business.intake.commands.assignments import (
    archive_assignment,
    create_assignment,
    edit_assignment,
    open_assignment,
    start_alone,
    unarchive_assignment,
)
from embudo.business.intake.commands.bindings import bind_group, bind_person, change_binding, unbind_person
from embudo.business.intake.commands.closing import close_assignment, close_part, reopen_closing
from embudo.business.intake.commands.deliveries import fail_delivery, finish_delivery, order_delivery
from embudo.business.intake.commands.drafts import discard_draft, save_draft
from embudo.business.intake.commands.entries import (
    correct_entry,
    enter_entry,
    hand_in_entries,
    hand_in_entry,
    withdraw_entry,
)
from embudo.business.intake.commands.imports import import_entries, importing_into
from embudo.business.intake.commands.second import claim_second, enter_second, waive_second
from embudo.business.intake.commands.verification import (
    claim_entry,
    claim_next,
    decide_dispute,
    decide_entry,
    dispute_rejection,
    release_entry,
    renew_lease,
    send_message,
)

__all__ = [
    "archive_assignment",
    "bind_group",
    "bind_person",
    "change_binding",
    "claim_entry",
    "claim_next",
    "claim_second",
    "close_assignment",
    "close_part",
    "correct_entry",
    "create_assignment",
    "decide_dispute",
    "decide_entry",
    "decide_likeness",
    "decide_likenesses",
    "discard_draft",
    "dispute_rejection",
    "edit_assignment",
    "enter_entry",
    "enter_second",
    "fail_delivery",
    "finish_delivery",
    "hand_in_entries",
    "hand_in_entry",
    "import_entries",
    "importing_into",
    "open_assignment",
    "order_delivery",
    "release_entry",
    "renew_lease",
    "reopen_closing",
    "save_draft",
    "send_message",
    "start_alone",
    "unarchive_assignment",
    "unbind_person",
    "waive_second",
    "withdraw_entry",
]
