"""Who can see a record, told all at once, must be what each person's own reading says."""

import pytest

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_team, a_user, an_actor, tester, with_roles
from embudo.kernel.permission import Scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scope", list(Scope))
def test_who_sees_agrees_with_what_each_person_sees(scope: Scope) -> None:
    with_roles()
    role = commands.create_role(tester(), name="Reader")
    commands.set_grants(tester(), role, grants={Company.view_permission.code: scope})
    top = a_user(roles=("reader",), name="Top", team=a_team("South"))
    boss = a_user(roles=("reader",), name="Boss", manager=top)
    owner = a_user(roles=("reader", "seller"), name="Owner", manager=boss, team=a_team("North"))
    a_user(roles=("reader",), name="Mate", team=a_team("North"))
    a_user(roles=("reader",), name="Below", manager=owner)
    a_user(roles=(), name="Nobody")
    company = a_company(owner=owner)
    told = {sight.user.name for sight in queries.who_sees(company)}
    seen = {user.name for user in User.objects.all() if company.is_visible_to(an_actor(user))}
    assert told == seen
