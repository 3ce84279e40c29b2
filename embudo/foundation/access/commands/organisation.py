from dataclasses import asdict, dataclass

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import events, permissions, queries, rules
from embudo.foundation.access.commands.passwords import check_password_strength
from embudo.foundation.access.commands.roles import sync_roles
from embudo.foundation.access.commands.users import create_user
from embudo.foundation.access.models import Organisation, User
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@dataclass(frozen=True)
class OrganisationChange:
    name: str
    currency: str
    language: str
    tax_id: str = ""
    address: str = ""
    country: str = ""
    bank_account: str = ""
    is_mailing_assignments: bool = True
    is_mfa_required: bool = False


@command(permissions.MANAGE_ORGANISATION)
def change_organisation(
    actor: Actor, organisation: Organisation, *, change: OrganisationChange, version: int | None = None
) -> Organisation:
    """Changes what stands on invoices and what holds for everybody who signs in."""
    organisation = lock(organisation, version=version)
    update(organisation, **asdict(change))
    publish(events.OrganisationChanged(organisation.id), organisation)
    return organisation


@command(permissions.MANAGE_ORGANISATION)
def set_up(
    actor: Actor, *, organisation: str, currency: str, language: str, name: str, email: str, password: str
) -> User:
    """The first act of all: names the organisation and makes its first administrator. Refuses once anybody exists."""
    sync_roles.inner(actor)
    settings = lock(queries.organisation())  # two browsers: the second waits here and then finds a user
    if not queries.is_fresh():
        raise Refused("access.is_set_up", _("Embudo is set up already. Sign in."))
    check_password_strength(User(email=email, name=name), password)
    update(settings, name=organisation.strip(), currency=currency, language=language)
    user = create_user.inner(actor, email=email, name=name, roles=(rules.ADMINISTRATOR,), password=password)
    publish(events.OrganisationSetUp(user.id), user, settings)
    return user
