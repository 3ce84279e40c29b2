from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from embudo.business.intake import events, queries
from embudo.business.intake.models import Assignment, Binding, Closing, Delivery, Entry, Message
from embudo.business.intake.rules.states import Duty
from embudo.foundation.access.models import User
from embudo.foundation.notify.commands import tell_user
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.event import on

Words = Callable[[], str]


def told(
    actor: Actor, ids: Iterable[UUID | None], but: UUID | None, *, kind: str, url: str, key: str, words: Words
) -> None:
    """Tells those people, each in their language, but whoever did it and whoever may no longer sign in."""
    chosen = {one for one in ids if one is not None and one != but}
    for user in User.objects.filter(pk__in=chosen, is_active=True).order_by("pk"):
        with translation.override(user.language):
            title = words()
        tell_user(actor, user=user, kind=kind, title=title, url=url, key=key)


def _entry(actor: Actor, entry_id: UUID) -> Entry | None:
    found = Entry.objects.visible_to(actor).select_related("assignment", "binding")
    return found.filter(pk=entry_id).first()


def _assignment(actor: Actor, assignment_id: UUID) -> Assignment | None:
    return Assignment.objects.visible_to(actor).filter(pk=assignment_id).first()


def _entry_url(entry: Entry) -> str:
    return reverse("intake:entry", args=[entry.pk])


def _verifier_of(entry: Entry) -> UUID | None:
    """Who has it, else who decided on it last."""
    if entry.verifier_id:
        return entry.verifier_id
    verdict = queries.last_verdict(entry)
    return verdict.verifier_id if verdict else None


# ------------------------------------------------------------------------------------------- entries


@on(events.EntryRejected)
def tell_operator_of_rejection(event: events.EntryRejected, entry: Any) -> None:
    """Whoever entered the record learns that it came back."""
    actor = system_actor("entry rejected")
    found = _entry(actor, event.entry_id)
    if found is None:
        return
    told(
        actor, [event.owner_id], entry.actor_id, kind="intake.entry_rejected", url=_entry_url(found),
        key=f"intake.entry_rejected:{found.pk}:{event.round}",
        words=lambda: gettext("Rejected: %(name)s") % {"name": found.name},
    )  # fmt: skip


@on(events.MessageSent)
def tell_about_message(event: events.MessageSent, entry: Any) -> None:
    """The operator, the verifier and whoever wrote before learn of a message; what is unread of one entry is one piece of news."""
    actor = system_actor("message sent")
    found = _entry(actor, event.entry_id)
    message = Message.objects.visible_to(actor).filter(pk=event.message_id).select_related("author").first()
    if found is None or message is None:
        return
    authors = Message.objects.visible_to(actor).filter(entry=found).values_list("author", flat=True)
    told(
        actor, {found.owner_id, _verifier_of(found), *authors.distinct().order_by()}, event.author_id,
        kind="intake.entry_message", url=_entry_url(found), key=f"intake.entry_message:{found.pk}",
        words=lambda: gettext("%(who)s writes about %(name)s") % {"who": message.author, "name": found.name},
    )  # fmt: skip


@on(events.EntryDisputed)
def tell_supervisor_of_dispute(event: events.EntryDisputed, entry: Any) -> None:
    """The operator's supervisor learns of a dispute, the coordinator where the operator has none."""
    actor = system_actor("rejection disputed")
    found = _entry(actor, event.entry_id)
    if found is None:
        return
    supervisor = found.binding.supervisor_id if found.binding else None
    told(
        actor, [supervisor or found.assignment.coordinator_id], entry.actor_id, kind="intake.entry_disputed",
        url=_entry_url(found), key=f"intake.entry_disputed:{found.pk}:{found.round}",
        words=lambda: gettext("A rejection is disputed: %(name)s") % {"name": found.name},
    )  # fmt: skip


@on(events.DisputeDecided)
def tell_both_of_decision(event: events.DisputeDecided, entry: Any) -> None:
    """Operator and verifier learn how the dispute ended."""
    actor = system_actor("dispute decided")
    found = _entry(actor, event.entry_id)
    if found is None:
        return

    def words() -> str:
        if event.is_overruled:
            return gettext("The dispute is decided, the entry accepted: %(name)s") % {"name": found.name}
        return gettext("The dispute is decided, the rejection stands: %(name)s") % {"name": found.name}

    told(
        actor, [found.owner_id, _verifier_of(found)], entry.actor_id, kind="intake.dispute_decided",
        url=_entry_url(found), key=f"intake.dispute_decided:{entry.pk}", words=words,
    )  # fmt: skip


# --------------------------------------------------------------------------------------- assignments


def _work_url(assignment: Assignment, duty: str) -> str:
    """Where somebody works who is bound as `duty`."""
    if duty == Duty.OPERATOR:
        return f"{reverse('intake:my_work')}?assignment={assignment.pk}"
    if duty == Duty.VERIFIER:
        return f"{reverse('intake:queue')}?assignment={assignment.pk}"
    return reverse("intake:assignment", args=[assignment.pk])


def _tell_bound(actor: Actor, assignment: Assignment, person_id: UUID, duty: str, by_id: UUID | None) -> None:
    label = Duty(duty).label
    told(
        actor, [person_id], by_id, kind="intake.assignment_given", url=_work_url(assignment, duty),
        key=f"intake.assignment_given:{assignment.pk}:{duty}",
        words=lambda: gettext("You have a part in %(title)s: %(duty)s") % {"title": assignment.title, "duty": label},
    )  # fmt: skip


@on(events.PersonBound)
def tell_person_bound(event: events.PersonBound, entry: Any) -> None:
    """Who is bound to an open assignment learns it; to a draft, once it opens."""
    actor = system_actor("person bound")
    found = _assignment(actor, event.assignment_id)
    if found is not None and found.is_open:
        _tell_bound(actor, found, event.person_id, event.duty, event.by_id)


@on(events.AssignmentOpened)
def tell_bound_of_opening(event: events.AssignmentOpened, entry: Any) -> None:
    """Everybody bound to the assignment while it was a draft learns that work begins."""
    actor = system_actor("assignment opened")
    found = _assignment(actor, event.assignment_id)
    if found is None or not found.is_open:
        return
    for person_id, duty in Binding.objects.filter(assignment=found).values_list("person", "duty"):
        _tell_bound(actor, found, person_id, duty, entry.actor_id)


@on(events.PartClosed)
def tell_of_closing(event: events.PartClosed, entry: Any) -> None:
    """Those whose part it closed learn it; of a final one also the principal and the coordinator."""
    actor = system_actor("part closed")
    closing = Closing.objects.visible_to(actor).filter(pk=event.closing_id).first()
    found = _assignment(actor, event.assignment_id)
    if closing is None or found is None or closing.reopened:
        return
    ids = {*Binding.objects.filter(closing=closing.pk).values_list("person", flat=True)}
    if closing.is_final:
        ids |= {found.principal_id, found.coordinator_id}
        words: Words = lambda: gettext("Closed: %(title)s") % {"title": found.title}  # noqa: E731
    else:
        words = lambda: gettext("Your part is closed: %(title)s") % {"title": found.title}  # noqa: E731
    told(
        actor, ids, entry.actor_id, kind="intake.part_closed", url=reverse("intake:assignment", args=[found.pk]),
        key=f"intake.part_closed:{closing.pk}", words=words,
    )  # fmt: skip


@on(events.PartReopened)
def tell_of_reopening(event: events.PartReopened, entry: Any) -> None:
    """Those whom the closing had sent home learn that they may go on."""
    actor = system_actor("part reopened")
    closing = Closing.objects.visible_to(actor).filter(pk=event.closing_id).first()
    found = _assignment(actor, event.assignment_id)
    if closing is None or found is None:
        return
    reopened = [found] if closing.person_id else queries.assignments_below(found)
    bound = Binding.objects.filter(assignment__in=reopened, closed=None)
    if closing.person_id:
        ids = {
            closing.person_id,
            *bound.filter(supervisor=closing.person_id).values_list("person", flat=True),
        }
    else:
        ids = {found.principal_id, found.coordinator_id, *bound.values_list("person", flat=True)}
    told(
        actor, ids, entry.actor_id, kind="intake.part_closed", url=reverse("intake:assignment", args=[found.pk]),
        key=f"intake.part_reopened:{closing.pk}",
        words=lambda: gettext("Open again: %(title)s") % {"title": found.title},
    )  # fmt: skip


# ---------------------------------------------------------------------------------------- deliveries


@on(events.DeliveryMade)
def tell_of_delivery(event: events.DeliveryMade, entry: Any) -> None:
    """The principal, and whoever asked for it, learn that the file is ready."""
    actor = system_actor("delivery made")
    found = _delivery(actor, event.delivery_id)
    if found is None:
        return
    told(
        actor, [found.owner_id, found.assignment.principal_id], None, kind="intake.delivery_made",
        url=reverse("intake:delivery", args=[found.pk]), key=f"intake.delivery_made:{found.pk}",
        words=lambda: gettext("The delivery is ready: %(title)s") % {"title": found.assignment.title},
    )  # fmt: skip


@on(events.DeliveryFailed)
def tell_of_failed_delivery(event: events.DeliveryFailed, entry: Any) -> None:
    """Whoever asked for it learns that there is no file."""
    actor = system_actor("delivery failed")
    found = _delivery(actor, event.delivery_id)
    if found is None:
        return
    told(
        actor, [found.owner_id], None, kind="intake.delivery_made",
        url=reverse("intake:delivery", args=[found.pk]), key=f"intake.delivery_failed:{found.pk}",
        words=lambda: gettext("The delivery could not be made: %(title)s") % {"title": found.assignment.title},
    )  # fmt: skip


def _delivery(actor: Actor, delivery_id: UUID) -> Delivery | None:
    found = Delivery.objects.visible_to(actor).select_related("assignment")
    return found.filter(pk=delivery_id).first()
