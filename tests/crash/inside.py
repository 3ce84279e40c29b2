"""What stands in an installation after the crashes, looked at from inside. Run as a program: prints one line of JSON."""

import json
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first

from embudo.business.sales import commands as sales  # noqa: E402
from embudo.business.sales.models import Lead  # noqa: E402
from embudo.foundation.access import commands as access  # noqa: E402
from embudo.foundation.audit.tests.builders import sealed_whole  # noqa: E402
from embudo.foundation.notify.models import Mail, Notification  # noqa: E402
from embudo.kernel import clock, seal, worker  # noqa: E402
from embudo.kernel.actor import system_actor  # noqa: E402
from embudo.kernel.models import IdempotencyKey, Job, LogEntry  # noqa: E402
from embudo.project import setup  # noqa: E402

SYSTEM = system_actor("tests")


def prepare() -> dict[str, str]:
    """A new installation: two sellers to be given leads, and the key of a source that takes them."""
    setup.migrate()
    setup.collect_static()
    for name in ("Ann", "Bob"):
        access.create_user(SYSTEM, email=f"{name.lower()}@example.com", name=name, roles=("seller",))
    return {"key": sales.define_source(SYSTEM, name="Website").key}


def check() -> dict[str, Any]:
    """Works off what is left, as the next worker would, then says what is there and what is wrong."""
    with clock.at(clock.now() + timedelta(minutes=5)):  # leases of the dead have run out by then
        for _round in range(5000):
            if not worker.step("after the crashes"):
                break
    sealed_whole()
    return {
        "leads": {lead.message: str(lead.pk) for lead in Lead.objects.all()},
        "faults": [*half_applied(), *told_wrongly(), *jobs_left(), *keys_wrong(), *chain_faults()],
        "jobs": Job.objects.count(),
        "retried": Job.objects.filter(attempts__gt=1).count(),
    }


def half_applied() -> list[str]:
    """Each lead was made once, given to somebody once, and the log says so; the log speaks of no other lead."""
    rows = LogEntry.objects.filter(name__in=("sales.LeadCreated", "sales.LeadAssigned"))
    logged = Counter(rows.values_list("about_id", "name"))
    leads = dict(Lead.objects.values_list("pk", "owner_id"))
    names = ("sales.LeadCreated", "sales.LeadAssigned")
    faults = [
        f"lead {pk}: {name} {logged[pk, name]} times"
        for pk in leads
        for name in names
        if logged[pk, name] != 1
    ]
    faults += [f"lead {pk} has no owner" for pk, owner in leads.items() if owner is None]
    faults += [f"{name} of a lead that is not there: {pk}" for pk, name in logged if pk not in leads]
    texts = Counter(Lead.objects.values_list("message", flat=True))
    return faults + [f"{text}: {times} leads" for text, times in texts.items() if times > 1]


def told_wrongly() -> list[str]:
    """One notification and one mail a lead: none forgotten, none twice."""
    told = {one.url: one for one in Notification.objects.all()}
    mails = Counter(Mail.objects.values_list("about_id", "state"))
    files = {path.stem.rpartition("-")[0] for path in (Path(settings.DATA) / "mail").glob("*.eml")}
    faults = []
    for pk in Lead.objects.values_list("pk", flat=True):
        one = told.get(f"/leads/{pk}/")
        if one is None or one.times != 1:
            faults.append(f"lead {pk}: told {one.times if one else 0} times")
        elif mails[one.pk, "sent"] != 1:
            faults.append(f"lead {pk}: {mails[one.pk, 'sent']} mails sent")
    if sum(mails.values()) != Lead.objects.count() or len(told) != Notification.objects.count():
        faults.append(
            f"{sum(mails.values())} mails and {Notification.objects.count()} notifications for all leads"
        )
    return faults if files else [*faults, "no mail was written"]


def jobs_left() -> list[str]:
    left = Job.objects.exclude(state=Job.State.DONE)
    lost = Job.objects.filter(task__endswith="deliver_mail").count() != Mail.objects.count()
    return [f"job {job.pk} {job.task} is {job.state}: {job.error[-200:]}" for job in left] + [
        "a job is missing"
    ] * lost


def keys_wrong() -> list[str]:
    """A kept answer tells of a lead that is there."""
    leads = {str(pk) for pk in Lead.objects.values_list("pk", flat=True)}
    kept = IdempotencyKey.objects.filter(status=201)
    return [
        f"key {row.key}: answered, but there is no lead"
        for row in kept
        if json.loads(bytes(row.body))["id"] not in leads
    ]


def chain_faults() -> list[str]:
    return [f"log: {fault.kind} {fault.seq} {fault.detail}" for fault in seal.verify()]


if __name__ == "__main__":
    print(json.dumps({"prepare": prepare, "check": check}[sys.argv[1]]()), flush=True)
