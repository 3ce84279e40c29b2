"""An assignment whose every text is an attack, with entries that are entered, in verification, and disputed."""

from typing import Any

from embudo.business.intake import commands
from embudo.foundation.access.tests.builders import user_of
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.record import Record, new_id
from tests.walk.recorded import Form

TEXTS = (
    "street", "number", "postcode", "town", "region", "sector", "activity", "source1", "source4", "remarks", "website",
)  # fmt: skip


def work(ann: Actor, admin: Actor, text: str, long: str) -> dict[str, Record]:
    """Ann enters, the administrator verifies; `text` in what is short, `long` in what is long."""
    me, chief = user_of(ann), user_of(admin)
    asked = [{"name": name, "help": text[:290]} for name in ("name", *TEXTS)]
    assignment = commands.create_assignment(
        ann, title=text[:120], instruction=long[:9000], principal=me, coordinator=me.pk, asked=asked
    )
    for duty, person in (("supervisor", me), ("operator", me), ("verifier", chief)):
        commands.bind_person(ann, assignment, person=person, duty=duty)
    binding = commands.bind_person(ann, assignment, person=chief, duty="operator", supervisor=me)
    assignment = commands.open_assignment(ann, assignment)
    entry, held, disputed = (_entered(ann, assignment, text, long) for _number in range(3))
    form: Any = Form(new_id(), ann.id)
    commands.save_draft(
        ann, assignment=assignment.pk, draft=form.pk, values={"name": long[:2000]}, sequence=1, title=text
    )
    commands.hand_in_entry(ann, held)
    _rejected(ann, admin, disputed, text, long)
    commands.send_message(admin, entry, text=long[:1900])
    commands.claim_entry(admin, held)
    closing = commands.close_part(ann, assignment, person_id=chief.pk, cause=text)
    return {
        "assignment": assignment, "binding": binding, "closing": closing, "held": held, "disputed": disputed,
        "entry": entry, "draft": form,
    }  # fmt: skip


def _entered(ann: Actor, assignment: Any, text: str, long: str) -> Any:
    """With all that a field takes as a value of its kind."""
    values = {"name": text[:160], **dict.fromkeys(TEXTS, text[:80])} | {"remarks": long[:3900]}
    while True:
        try:
            return commands.enter_entry(ann, assignment, values=values, is_another=True)
        except Invalid as fault:
            refused = [name for name in fault.errors if name in values]
            if not refused or "name" in refused:
                raise
            for name in refused:
                del values[name]


def _rejected(ann: Actor, admin: Actor, entry: Any, text: str, long: str) -> None:
    commands.hand_in_entry(ann, entry)
    commands.claim_entry(admin, entry)
    point = {"name": "name", "judgement": "wrong", "comment": long[:900], "suggested": text}
    commands.decide_entry(admin, entry, outcome="rejected", points=[point], comment=long[:900])
    commands.dispute_rejection(ann, entry, text=long[:1900])
