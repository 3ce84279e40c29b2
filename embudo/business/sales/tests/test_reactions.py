import pytest

from embudo.business.sales import commands
from embudo.business.sales.reactions import tell_lead_owner
from embudo.business.sales.tests.builders import a_lead, an_opportunity
from embudo.foundation.access.models import Organisation
from embudo.foundation.access.tests.builders import a_user, ann, bob, user_of
from embudo.foundation.notify.models import Mail, Notification, Preference
from embudo.kernel import worker
from embudo.kernel.event import from_data
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def drained() -> None:
    worker.drain()


def test_tell_lead_owner_mails_the_facts_and_a_link() -> None:
    seller = a_user(email="seller@example.com")
    lead = a_lead(name="Jan Kowalski", phone="+48583012214", message="Call me")
    drained()
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == (seller.email, "New lead: Jan Kowalski")
    assert all(fact in mail.text for fact in ("+48583012214", "Call me", f"/leads/{lead.pk}/"))
    assert Notification.objects.get().user == seller


def test_tell_lead_owner_speaks_the_seller_s_language() -> None:
    seller = a_user()
    type(seller).objects.filter(pk=seller.pk).update(language="pl")
    a_lead()
    drained()
    assert Mail.objects.get().language == "pl"


def test_tell_lead_owner_mails_nobody_when_the_organisation_says_so() -> None:
    a_user()
    Organisation.objects.update(is_mailing_assignments=False)
    a_lead()
    drained()
    assert (Mail.objects.count(), Notification.objects.count()) == (0, 1)


def test_tell_lead_owner_heeds_the_seller_s_choice() -> None:
    seller = a_user()
    Preference.objects.create(user=seller, kind="sales.lead_assigned", is_shown=True, is_mailed=False)
    a_lead()
    drained()
    assert (Mail.objects.count(), Notification.objects.count()) == (0, 1)


def test_tell_lead_owner_never_of_their_own_act() -> None:
    actor = ann()
    commands.submit_lead(actor, name="Jan", email="jan@alfa.example", owner=user_of(actor))
    drained()
    assert (Mail.objects.count(), Notification.objects.count()) == (0, 0)


def test_tell_lead_owner_twice_tells_once() -> None:
    a_user()
    a_lead()
    entry = LogEntry.objects.get(name="sales.LeadAssigned")
    for _ in range(2):
        tell_lead_owner(from_data(entry.name, entry.data), entry)
    assert (Mail.objects.count(), Notification.objects.count()) == (1, 1)


def test_tell_opportunity_owner_when_a_colleague_gives_it() -> None:
    actor = ann()
    commands.assign_opportunity(actor, an_opportunity(actor, title="Big deal"), owner=user_of(bob()))
    drained()
    assert Notification.objects.get().title == "Opportunity given to you: Big deal"
