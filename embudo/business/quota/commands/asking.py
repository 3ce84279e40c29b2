"""The mails of a change: the customer is asked, told beforehand, told that it is done, and told that it will not be."""

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events, queries
from embudo.business.quota.models import Answer, Change
from embudo.business.quota.rules.answers import deadline, first_day, hash_of, last_day, new_token
from embudo.business.quota.rules.states import OPEN_CHANGES
from embudo.foundation.notify.commands import queue_mail
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.event import publish
from embudo.kernel.money import Money


def ask_customer(actor: Actor, change: Change, language: str = "") -> Answer:
    """Asks them by mail, under a link of its own; an older link is dead from now on. Without an address nothing is sent."""
    person = queries.addressee(change.account)
    now = clock.now()
    token = new_token()
    answer = create(
        Answer(
            change=change,
            token_hash=hash_of(token),
            address=person.address,
            language=_known(language) or person.language,
            expires=deadline(now, change.policy_version.answer_days),
        )
    )
    if person.address:
        url = reverse("quota:answer", args=[token])
        context = {"url": url, "until": last_day(answer.expires)}
        mail = _mail(
            actor, change, answer, "change_question", _("Was this you? Your quota is to change"), context
        )
        update(answer, mail=mail.pk)
    publish(events.CustomerAsked(change.pk, answer.pk, bool(person.address)), change, change.account)
    return answer


def _known(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else ""


def keep_notice(change: Change, told: date) -> None:
    """The days of notice are whole: where the customer is reached on a later day, it applies on a later one."""
    first = first_day(change.wanted, told, change.policy_version.notice_days, clock.today())
    if change.state in OPEN_CHANGES and (change.applies_on is None or change.applies_on < first):
        update(change, applies_on=first)


def tell_notice(actor: Actor, change: Change) -> None:
    """Where no consent is asked, but notice is given: it has to arrive, or the change can't be applied."""
    person = queries.addressee(change.account)
    answer = create(
        Answer(
            change=change,
            channel=Answer.Channel.NOTICE,
            address=person.address,
            language=person.language,
            expires=clock.now(),
        )
    )
    if person.address:
        mail = _mail(actor, change, answer, "change_notice", _("Your quota is going to change"), {})
        update(answer, mail=mail.pk)
    publish(events.CustomerAsked(change.pk, answer.pk, bool(person.address)), change, change.account)


def tell_applied(actor: Actor, change: Change) -> None:
    """They count as informed once a mail server has taken the mail."""
    if not _tell(actor, change, "change_applied", _("Your quota has changed")):
        publish(events.CustomerNotInformed(change.pk), change, change.account)


def tell_denied(actor: Actor, change: Change, *, is_held: bool) -> None:
    """Confirms what they said, so that whoever said it in their name is found out."""
    _tell(actor, change, "change_denied", _("You said that this was not you"), is_held=is_held)


def tell_declined(actor: Actor, change: Change) -> None:
    """Whoever asked hears that it will not be: of the customer's own wishes only."""
    if change.asked_by_id is None:
        language = queries.addressee(change.account).language
        with translation.override(language):
            findings = queries.findings_in_words(change.facts.get("findings", []), change.account.currency)
        said = {"findings": findings, "said": change.ended_reason}
        _tell(actor, change, "change_declined", _("Your quota stays as it is"), **said)


def _tell(actor: Actor, change: Change, template: str, subject: Any, **context: Any) -> bool:
    person = queries.addressee(change.account)
    if not person.address:
        return False
    queue_mail.inner(
        actor,
        to=person.address,
        subject=subject,
        template=f"quota/{template}",
        context=_context(change, person.name, person.language) | context,
        language=person.language,
        about=change,
    )
    return True


def _mail(
    actor: Actor, change: Change, answer: Answer, template: str, subject: Any, context: dict[str, Any]
) -> Mail:
    """Of one question: it holds a link by which one answers, so nobody else may read it."""
    name = queries.addressee(change.account).name
    return queue_mail.inner(
        actor,
        to=answer.address,
        subject=subject,
        template=f"quota/{template}",
        context=_context(change, name, answer.language) | context,
        language=answer.language,
        about=answer,
        is_secret=bool(answer.token_hash),
    )


def _context(change: Change, name: str, language: str) -> dict[str, Any]:
    account = change.account
    return {
        "name": name,
        "reference": account.reference,
        "policy": account.policy.name,
        "before": Money(change.from_minor, account.currency).text(language),
        "after": Money(change.to_minor, account.currency).text(language),
        "is_lower": change.to_minor < change.from_minor,
        "asked_by": change.asked_by.name if change.asked_by else "",
        "why": change.reason,
        "applies_on": change.applies_on,
        "today": clock.today(),
        "period_end": account.period_end,
    }
