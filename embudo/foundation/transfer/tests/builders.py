from typing import Any

from django.core.files.base import ContentFile

from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_user, an_actor
from embudo.foundation.transfer import commands, queries
from embudo.foundation.transfer.models import Import
from embudo.kernel.actor import Actor
from embudo.kernel.worker import drain

COMPANIES = (
    "Nazwa firmy;NIP;E-mail;Telefon;Miasto\n"
    "Alfa Sp. z o.o.;526-025-02-74;biuro@alfa.example.com;+48 58 301 22 14;Gdańsk\n"
    "Beta S.A.;;kontakt@beta.example.com;+48 600 100 200;Łódź\n"
)


def importer(name: str = "Mary Manager") -> Actor:
    return an_actor(a_user(roles=("administrator",), name=name))


def an_import(
    actor: Actor, content: str | bytes = COMPANIES, *, kind: str = "directory.company", name: str = "list.csv"
) -> Import:
    """A file that was uploaded; nothing is matched yet."""
    raw = content.encode() if isinstance(content, str) else content
    return commands.start_import(actor, kind=kind, name=name, file=ContentFile(raw, name))


def an_unmatched_import(owner: User) -> Import:
    """Somebody's, who lost the right to import since."""
    found = an_import(importer("Ina Importer"))
    Import.objects.filter(pk=found.pk).update(owner=owner)
    return fresh(found)


def a_checked_import(actor: Actor, content: str | bytes = COMPANIES, *, kind: str = "directory.company", name: str = "list.csv",
                     rule: dict[str, str] | None = None, mapping: dict[str, str] | None = None) -> Import:  # fmt: skip
    """Its columns matched as they were guessed, its rows checked."""
    found = an_import(actor, content, kind=kind, name=name)
    head = queries.head(found, {})
    guessed = queries.guessed_mapping(actor, found, head) if mapping is None else mapping
    reading: dict[str, Any] = {**head.told_reading(), "heading_row": head.heading_row}
    commands.match_columns(
        actor, found, mapping=guessed, rule=rule or {}, reading=reading, headings=head.headings
    )
    drain()
    return fresh(found)


def a_run_import(actor: Actor, content: str | bytes = COMPANIES, **given: Any) -> Import:
    found = a_checked_import(actor, content, **given)
    commands.run_import(actor, found)
    drain()
    return fresh(found)


def fresh(found: Import) -> Import:
    return Import.objects.get(pk=found.pk)
