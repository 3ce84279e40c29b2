from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from embudo.business.quota.models import Account, Answer, Block, Change, PortalLink
from embudo.business.quota.permissions import ANSWER
from embudo.business.quota.rules.answers import Dead, hash_of
from embudo.business.quota.rules.states import TRANSITIONS, ChangeState
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import organisation
from embudo.foundation.audit.queries import last_set
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Scope

# Where nobody said which language a customer reads, that of their country, if it is one of ours.
LANGUAGE_OF = {
    "PL": "pl", "FR": "fr", "BE": "fr", "LU": "fr", "MC": "fr", "ES": "es", "MX": "es", "AR": "es", "CO": "es", "CL": "es",
    "PE": "es", "VE": "es", "EC": "es", "UY": "es", "PY": "es", "BO": "es", "GT": "es", "CR": "es", "PA": "es", "DO": "es",
    "GB": "en", "IE": "en", "US": "en", "CA": "en", "AU": "en", "NZ": "en",
}  # fmt: skip


@dataclass(frozen=True)
class Addressee:
    """Whom mails about an account go to; `address` is empty where none is on file."""

    name: str
    address: str
    language: str


def addressee(account: Account) -> Addressee:
    """
    The address on the customer's record, no other: nobody who asks for a change may name one. The language they were last written
    in, else that of their country, else the organisation's.
    """
    customer: Any = account.customer
    links = PortalLink.objects.filter(account=account, revoked=None).order_by("-created", "-pk")
    asked = Answer.objects.filter(change__account=account).order_by("-created", "-pk")
    known = (
        links.values_list("language", flat=True).first() or "",
        asked.values_list("language", flat=True).first() or "",
        LANGUAGE_OF.get(customer.country, ""),
        organisation().language,
    )
    ours = dict(settings.LANGUAGES)
    language = next((one for one in known if one in ours), settings.LANGUAGE_CODE)
    return Addressee(customer.name, customer.email, language)


@dataclass(frozen=True)
class Provenance:
    """Since when the address stands on the customer's record, and who entered it: None where it was no user."""

    since: datetime
    person: User | None


def provenance(account: Account) -> Provenance | None:
    """Of the customer's address, as the log tells it; None where there is none, or nobody knows."""
    customer: Any = account.customer
    entry = last_set(customer, "email") if customer.email else None
    if entry is None:
        return None
    return Provenance(entry.at, User.objects.filter(pk=entry.actor_id).first() if entry.actor_id else None)


def question(token: str, *, request_id: str = "") -> tuple[Actor, Answer]:
    """What a customer was asked under a link, and who they are: one who may answer and sees nothing else. Refuses NotFound."""
    kept = hash_of(token)
    found = Answer.objects.filter(token_hash=kept).first() if kept else None
    if found is None:
        raise NotFound
    grants = {ANSWER.code: Scope.ALL}
    actor = Actor(ActorKind.LINK, name="quota answer", grants=grants, origin="link", request_id=request_id)
    return actor, found


def is_held_for(change: Change) -> bool:
    """Whether the account is on hold because of this change, still."""
    return Block.objects.filter(account=change.account_id, change=change.pk, lifted=None).exists()


def why_not_answerable(change: Change, answer: Answer) -> Dead | None:
    """
    Why nothing more is said under this link; None where it still counts. One whose change was accepted otherwise, by phone, is good
    for a no until the change is applied.
    """
    if answer.answered is not None:
        return Dead.EXPIRED if answer.channel == Answer.Channel.SILENCE else Dead.ANSWERED
    if answer.bounced is not None:
        return Dead.RETURNED
    newer = Answer.objects.filter(change=change, token_hash__isnull=False, created__gt=answer.created)
    if newer.exists():
        return Dead.REPLACED
    if ChangeState.DENIED not in TRANSITIONS.get(ChangeState(change.state), ()):
        return Dead.ENDED
    return Dead.EXPIRED if answer.expires <= clock.now() else None
