from typing import Any

import pytest
from django.urls import reverse

from embudo.business.intake import commands
from embudo.business.intake.events import DeliveryFailed, DeliveryMade
from embudo.business.intake.models import Assignment, Delivery
from embudo.business.intake.reactions.news import (
    tell_of_delivery,
    tell_of_failed_delivery,
    tell_operator_of_rejection,
)
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    petra,
    sven,
    vera,
    viktor,
)
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import user_of
from embudo.foundation.notify.models import Mail, Notification, Preference
from embudo.kernel import worker
from embudo.kernel.event import from_data
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[tuple[str, str]]:
    """Who was told what, after all that follows has followed."""
    worker.drain()
    found = Notification.objects.filter(kind=f"intake.{kind}").order_by("user__name", "at")
    return list(found.values_list("user__name", "title"))


def forget() -> None:
    worker.drain()
    Notification.objects.all().delete()


def test_tell_operator_of_rejection_with_a_link_and_no_mail() -> None:
    entry = an_entry(state="rejected")
    assert told("entry_rejected") == [("Olga Operator", f"Rejected: {entry.name}")]
    news = Notification.objects.get(kind="intake.entry_rejected")
    assert (news.url, Mail.objects.count()) == (reverse("intake:entry", args=[entry.pk]), 0)


def test_tell_operator_of_rejection_by_mail_where_they_chose_so() -> None:
    Preference.objects.create(
        user=user_of(olga()), kind="intake.entry_rejected", is_shown=True, is_mailed=True
    )
    an_entry(state="rejected")
    worker.drain()
    assert Mail.objects.get().to == user_of(olga()).email


def test_tell_operator_of_rejection_twice_tells_once() -> None:
    an_entry(state="rejected")
    entry = LogEntry.objects.get(name="intake.EntryRejected")
    for _ in range(2):
        tell_operator_of_rejection(from_data(entry.name, entry.data), entry)
    assert Notification.objects.filter(kind="intake.entry_rejected").count() == 1


def test_tell_operator_of_rejection_tells_nobody_who_is_gone() -> None:
    an_entry(state="rejected")
    User.objects.filter(pk=user_of(olga()).pk).update(is_active=False)
    assert told("entry_rejected") == []


def test_tell_about_message_tells_the_others_once_an_entry() -> None:
    entry = an_entry(state="verifying")
    commands.send_message(olga(), entry, text="It is spelt so.")
    commands.send_message(olga(), entry, text="Look at the register.")
    assert told("entry_message") == [("Vera Verifier", f"Olga Operator writes about {entry.name}")]
    commands.send_message(sven(), entry, text="I agree.")
    commands.send_message(vera(), entry, text="Thank you.")
    assert [name for name, _title in told("entry_message")] == [
        "Olga Operator", "Sven Supervisor", "Vera Verifier",
    ]  # fmt: skip


def test_tell_about_message_reaches_who_rejected_it_before() -> None:
    entry = commands.hand_in_entry(olga(), an_entry(state="corrected"))
    commands.send_message(olga(), entry, text="Corrected, please look.")
    assert [name for name, _title in told("entry_message")] == ["Vera Verifier"]


def test_tell_supervisor_of_dispute_else_the_coordinator() -> None:
    entry = commands.dispute_rejection(olga(), an_entry(state="rejected"), text="It is spelt so.")
    assert told("entry_disputed") == [("Sven Supervisor", f"A rejection is disputed: {entry.name}")]
    forget()
    assignment = an_assignment(is_bound=False)
    bound(assignment, otto())
    bound(assignment, vera(), "verifier")
    commands.dispute_rejection(otto(), an_entry(assignment, otto(), state="rejected"), text="It is so.")
    assert [name for name, _title in told("entry_disputed")] == ["Cora Coordinator"]


@pytest.mark.parametrize(
    ("is_overruled", "said"), [(True, "the entry accepted"), (False, "the rejection stands")]
)
def test_tell_both_of_decision(is_overruled: bool, said: str) -> None:  # noqa: FBT001
    entry = commands.dispute_rejection(olga(), an_entry(state="rejected"), text="It is spelt so.")
    commands.decide_dispute(sven(), entry, is_overruled=is_overruled)
    assert [(name, said in title) for name, title in told("dispute_decided")] == [
        ("Olga Operator", True), ("Vera Verifier", True),
    ]  # fmt: skip


def test_tell_bound_of_opening_and_whoever_joins_later() -> None:
    assignment = an_assignment(is_open=False)
    assert told("assignment_given") == []
    commands.open_assignment(cora(), assignment)
    people = ["Olga Operator", "Sven Supervisor", "Vera Verifier"]
    assert [name for name, _title in told("assignment_given")] == people
    bound(assignment, viktor(), "verifier")
    assert told("assignment_given")[-1] == (
        "Viktor Verifier", f"You have a part in {assignment.title}: Verifier",
    )  # fmt: skip
    news = Notification.objects.get(user=user_of(olga()))
    assert news.url == f"{reverse('intake:my_work')}?assignment={assignment.pk}"


def test_tell_person_bound_never_of_their_own_act() -> None:
    assignment = an_assignment(is_bound=False)
    commands.bind_person(cora(), assignment, person=user_of(cora()), duty="verifier")
    commands.start_alone(cora(), title="Alone")
    assert told("assignment_given") == []


def test_tell_of_closing_and_reopening_of_a_part() -> None:
    assignment = an_assignment()
    closing = commands.close_part(cora(), assignment, person_id=user_of(olga()).pk)
    assert told("part_closed") == [("Olga Operator", f"Your part is closed: {assignment.title}")]
    forget()
    commands.reopen_closing(sven(), closing)
    assert told("part_closed") == [("Olga Operator", f"Open again: {assignment.title}")]


def test_tell_of_closing_finally_tells_principal_and_all_below() -> None:
    top = an_assignment()
    part = commands.create_assignment(cora(), title="Part", parent=top)
    bound(commands.open_assignment(cora(), part), otto())
    closing = commands.close_assignment(cora(), top)
    people = ["Olga Operator", "Otto Other", "Petra Principal", "Sven Supervisor", "Vera Verifier"]
    assert [name for name, _title in told("part_closed")] == people
    forget()
    commands.reopen_closing(cora(), closing)
    assert [name for name, _title in told("part_closed")] == people


def a_delivery(assignment: Assignment, who: Any) -> Delivery:
    return Delivery.objects.create(assignment=assignment, owner=user_of(who), format="xlsx")


def entry_of(name: str) -> Any:
    return LogEntry(name=name)


def test_tell_of_delivery_tells_the_principal_and_whoever_asked() -> None:
    assignment = an_assignment()
    delivery = a_delivery(assignment, cora())
    event = DeliveryMade(delivery.pk, assignment.pk, 3)
    for _ in range(2):
        tell_of_delivery(event, entry_of("intake.DeliveryMade"))
    assert told("delivery_made") == [
        ("Cora Coordinator", f"The delivery is ready: {assignment.title}"),
        ("Petra Principal", f"The delivery is ready: {assignment.title}"),
    ]
    news = Notification.objects.filter(user=user_of(petra()), kind="intake.delivery_made").get()
    assert news.url == reverse("intake:delivery", args=[delivery.pk])


def test_tell_of_failed_delivery_tells_whoever_asked() -> None:
    delivery = a_delivery(an_assignment(), cora())
    tell_of_failed_delivery(DeliveryFailed(delivery.pk), entry_of("intake.DeliveryFailed"))
    assert [name for name, _title in told("delivery_made")] == ["Cora Coordinator"]
