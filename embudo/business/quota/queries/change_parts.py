"""What belongs to one change and is acted on by itself."""

from uuid import UUID

from embudo.business.quota.models import Answer
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound


def question_sent(actor: Actor, change_id: UUID, answer_id: UUID) -> Answer:
    """A question of that change that was mailed to the customer."""
    rows = Answer.objects.visible_to(actor).select_related("change__account")
    found = rows.filter(pk=answer_id, change=change_id, mail__isnull=False).first()
    if found is None:
        raise NotFound
    return found
