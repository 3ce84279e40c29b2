from itertools import count
from typing import Any

from embudo.business.sales import commands
from embudo.business.sales.models import Lead, LeadSource, Opportunity, Pipeline, Stage
from embudo.foundation.access.tests.builders import tester, user_of, with_roles
from embudo.kernel.actor import Actor
from embudo.kernel.money import Money

_numbers = count(1)
EUR = Money.of(1000, "EUR")


def a_pipeline() -> Pipeline:
    """The default pipeline, as a new installation has it."""
    with_roles()
    commands.define_default_pipeline(tester())
    return Pipeline.objects.get(is_default=True)


def a_stage(name: str = "Offer") -> Stage:
    return Stage.objects.get(pipeline=a_pipeline(), name=name)


def a_source(**values: Any) -> LeadSource:
    with_roles()
    return commands.define_source(tester(), **({"name": f"Site {next(_numbers)}"} | values))


def a_lead(owner: Actor | None = None, status: str = "new", **values: Any) -> Lead:
    """A lead of `owner`, or of nobody when no seller exists, brought to `status` by the acts themselves."""
    with_roles()
    number = next(_numbers)
    given = {
        "name": f"Jan Kowalski {number}",
        "company_name": f"Alfa {number}",
        "email": f"jan{number}@alfa.example",
    }
    lead = commands.submit_lead(tester(), owner=user_of(owner) if owner else None, **(given | values))
    for step in WAYS[status]:
        lead = step(lead)
    return lead


WAYS: dict[str, tuple[Any, ...]] = {
    "new": (),
    "working": (lambda lead: commands.start_lead(tester(), lead),),
    "qualified": (lambda lead: commands.qualify_lead(tester(), lead),),
    "disqualified": (lambda lead: commands.disqualify_lead(tester(), lead, reason="spam"),),
    "converted": (
        lambda lead: commands.qualify_lead(tester(), lead),
        lambda lead: (a_pipeline(), commands.convert_lead(tester(), lead, title="Deal", value=EUR).lead)[1],
    ),
}


def an_opportunity(
    owner: Actor | None = None, title: str = "", stage: str = "Prospecting", **values: Any
) -> Opportunity:
    """An open opportunity of `owner` in `stage`."""
    place = a_stage(stage)
    given = {
        "title": title or f"Deal {next(_numbers)}",
        "value": EUR,
        "owner": user_of(owner) if owner else None,
    }
    return commands.open_opportunity(tester(), stage=place, **(given | values))


def a_won_opportunity(owner: Actor | None = None, **values: Any) -> Opportunity:
    return commands.win_opportunity(tester(), an_opportunity(owner, **values))
