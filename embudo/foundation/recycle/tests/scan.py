from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from embudo.business.billing.models import InvoicePdf
from embudo.business.directory import commands as directory
from embudo.business.directory.models import Person
from embudo.business.sales import commands as sales
from embudo.business.sales.tests.builders import EUR, a_pipeline
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import tester
from embudo.foundation.activity.tests.builders import a_call, a_meeting, a_note, a_task
from embudo.foundation.documents.tests.builders import a_document
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.notify.tests.builders import a_mail, a_notification
from embudo.kernel import clock
from embudo.kernel.fold import fold
from embudo.kernel.models import IdempotencyKey
from embudo.project import contents

NAME, MAIL, PHONE = "Zdzisława Przybyłowska", "zdzislawa@przybylowska.example", "+48601234987"
FORMER_MAIL = "zdzicha@dawniej.example"
WORDS = ("zdzislawa", "przybylowska", "601234987", "601 234 987", "zdzicha@")


def places_naming(words: tuple[str, ...] = WORDS) -> list[str]:
    """Every column of every table and every file under DATA that holds one of the words."""
    return sorted({*_columns(words), *_files(words)})


def _columns(words: tuple[str, ...]) -> Iterator[str]:
    for model in contents.stored_models():
        if model is InvoicePdf:  # compressed; invoices stay, as the law asks
            continue
        for row in model._base_manager.all():
            for field in contents.columns(model):
                if any(word in _read(field.value_from_object(row)) for word in words):
                    yield f"{model._meta.db_table}.{field.column}"


def _read(value: Any) -> str:
    text = bytes(value).decode(errors="replace") if isinstance(value, memoryview | bytes) else str(value)
    return fold(text)


def _files(words: tuple[str, ...]) -> Iterator[str]:
    root = Path(settings.DATA)
    for path in root.rglob("*"):
        is_ours = path.is_file() and "sqlite" not in path.name and "static" not in path.parts
        if is_ours and any(word in _read(path.read_bytes()) + fold(path.name) for word in words):
            yield str(path.relative_to(root))


def a_known_person(owner: User) -> Person:
    """Somebody about whom there is everything that the product keeps of people."""
    actor = tester()
    lead = sales.submit_lead(actor, name=NAME, email=MAIL, phone=PHONE, message=f"Call {NAME}", owner=owner)
    sales.qualify_lead(actor, lead)
    a_pipeline()
    opportunity = sales.convert_lead(actor, lead, title=NAME, value=EUR)
    person: Any = opportunity.person
    directory.change_person(actor, person, email=FORMER_MAIL)
    directory.change_person(actor, Person.objects.get(pk=person.pk), email=MAIL, remarks=f"{NAME} likes tea")
    directory.add_contact(actor, person=person, medium="email", value="zdzicha@dom.example")
    person = Person.objects.get(pk=person.pk)
    a_note(actor, person, text=f"{NAME} called.")
    a_task(actor, person, title=f"Call {NAME}")
    a_note(actor, lead, text=f"{NAME} wants windows.")
    a_document(actor, lead, name="Zdzisława.pdf", content=b"%PDF-1.4 Zdzislawa")
    a_call(actor, person)
    a_meeting(actor, person, clock.now(), participants=NAME)
    a_document(actor, person, name="Przybyłowska.pdf", content=b"%PDF-1.4 Przybylowska")
    a_mail(to=MAIL, context={"title": f"Dear {NAME}", "body": "", "url": ""})
    a_notification(owner, title=f"{NAME} is yours", url=f"/people/{person.pk}/")
    BulkRun.objects.create(
        owner=owner,
        kind="sales.lead",
        what="edit",
        values={"email": MAIL},
        address="/leads/?q=Zdzis%C5%82awa+Przyby%C5%82owska",
    )
    IdempotencyKey.objects.create(
        holder="t",
        key="k",
        digest="d",
        status=201,
        body=f'{{"name": "{NAME}"}}'.encode(),
        lease=clock.now(),
        expires=clock.now(),
    )
    return person
