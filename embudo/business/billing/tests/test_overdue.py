from typing import Any

import pytest

from embudo.business.billing import commands, reactions
from embudo.business.billing.models import Invoice
from embudo.business.billing.rules import InvoiceStatus
from embudo.business.billing.tests.builders import (
    a_payment,
    a_user,
    an_invoice,
    ann,
    carl,
    days_later,
)
from embudo.foundation.access.tests.builders import cat, tester
from embudo.foundation.activity import commands as activity
from embudo.foundation.activity.models import Task
from embudo.foundation.notify.models import Notification
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


def events(name: str) -> list[dict[str, Any]]:
    return list(
        LogEntry.objects.filter(name=f"billing.{name}").order_by("seq").values_list("data", flat=True)
    )


def fresh(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)


def open_tasks(invoice: Invoice) -> list[tuple[str, int | None]]:
    found = Task.objects.filter(about_id=invoice.pk, done_at=None).order_by("key")
    return [((task.key or "").partition(":")[0], task.amount_minor) for task in found]


def test_announce_overdue_opens_one_task_for_sales_and_one_for_collections() -> None:
    carl()
    invoice = an_invoice()
    with clock.at(days_later(15)):
        assert commands.announce_overdue(tester()) == 1
        assert commands.announce_overdue(tester()) == 0
        assert fresh(invoice).status == InvoiceStatus.OVERDUE
    assert open_tasks(invoice) == [("billing.collect", 12300), ("billing.sales", 12300)]
    owners = dict(Task.objects.filter(about_id=invoice.pk).values_list("title_code", "owner"))
    assert owners == {"billing.sales": ann().id, "billing.collect": carl().id}
    assert len(events("InvoiceOverdue")) == 1


def test_announce_overdue_leaves_paid_credited_and_young_ones_alone() -> None:
    a_payment(an_invoice())
    commands.correct_invoice(carl(), an_invoice(), reason="Cancelled")
    an_invoice(terms_days=15)
    with clock.at(days_later(15)):
        assert commands.announce_overdue(tester()) == 0
        assert not Task.objects.exists()


def test_announce_overdue_is_no_act_of_a_person() -> None:
    for actor in (ann(), carl(), cat()):
        with pytest.raises(Forbidden):
            commands.announce_overdue(actor)


def test_announce_overdue_spreads_the_work_over_collectors() -> None:
    collectors = [a_user(roles=("collector",), name=name) for name in ("Cleo", "Cyd")]
    for _number in range(4):
        an_invoice()
    with clock.at(days_later(15)):
        commands.announce_overdue(tester())
    found = Invoice.objects.values_list("collector", flat=True)
    assert sorted(found) == sorted([one.pk for one in collectors] * 2)


def test_announce_overdue_works_in_chunks() -> None:
    for _number in range(3):
        an_invoice()
    with clock.at(days_later(15)):
        assert [commands.announce_overdue(tester(), limit=2) for _round in range(3)] == [2, 1, 0]


def test_tasks_cannot_be_closed_by_hand_and_close_when_it_is_paid() -> None:
    invoice = an_invoice()
    with clock.at(days_later(15)):
        commands.announce_overdue(tester())
        task = Task.objects.get(key=f"billing.collect:{invoice.pk}")
        with pytest.raises(Refused) as caught:
            activity.complete_task(carl(), task)
        assert caught.value.code == "activity.closes_itself"
        a_payment(invoice, 10000)
        assert open_tasks(invoice) == [("billing.collect", 2300), ("billing.sales", 2300)]
        a_payment(invoice, 2300)
        assert open_tasks(invoice) == []


def test_reverse_payment_opens_the_same_tasks_again() -> None:
    invoice = an_invoice()
    with clock.at(days_later(15)):
        commands.announce_overdue(tester())
        before = set(Task.objects.values_list("pk", flat=True))
        payment = a_payment(invoice)
        commands.reverse_payment(carl(), payment, reason="Returned")
        assert open_tasks(invoice) == [("billing.collect", 12300), ("billing.sales", 12300)]
    assert set(Task.objects.values_list("pk", flat=True)) == before
    assert len(events("InvoiceOverdue")) == 1


def test_reverse_payment_after_the_due_day_announces_an_invoice_paid_in_time() -> None:
    invoice = an_invoice()
    payment = a_payment(invoice)
    with clock.at(days_later(20)):
        commands.reverse_payment(carl(), payment, reason="Returned")
        assert open_tasks(invoice) == [("billing.collect", 12300), ("billing.sales", 12300)]
    assert len(events("InvoiceOverdue")) == 1


# --- reactions -------------------------------------------------------------------------------------------------------


def test_follow_due_dates_announces_what_is_due() -> None:
    invoices = [an_invoice(), an_invoice()]
    with clock.at(days_later(15)):
        reactions.follow_due_dates()
        reactions.follow_due_dates()
        drain()
    assert all(fresh(invoice).overdue_since for invoice in invoices)
    told = Notification.objects.get(user=ann().id)
    assert (told.kind, told.times) == ("billing.overdue", 2)


def test_paid_invoice_is_told_to_its_owner() -> None:
    invoice = an_invoice()
    a_payment(invoice)
    drain()
    assert Notification.objects.get(user=ann().id, kind="billing.paid").url == f"/invoices/{invoice.pk}/"
