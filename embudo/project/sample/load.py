import argparse
import os
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from django.conf import settings
from django.db import transaction

from embudo.foundation.access import commands as access, queries as access_queries
from embudo.foundation.access.commands import OrganisationChange
from embudo.foundation.search.commands import index_everything
from embudo.kernel import clock
from embudo.kernel.errors import Refused
from embudo.kernel.follow import hear_no_past
from embudo.project import setup
from embudo.project.sample import source
from embudo.project.sample.collecting import Collecting
from embudo.project.sample.deals import CURRENCY, Market
from embudo.project.sample.extras import Extras
from embudo.project.sample.people import Staff, hire_everybody
from embudo.project.sample.quotas import Quotas
from embudo.project.sample.story import Story

SEED = 2017
FILE = "sample-sign-ins.txt"
Tell = Callable[[int, int], None]


def main(options: argparse.Namespace) -> int:
    setup.migrate()
    file = Path(settings.DATA) / FILE
    started = perf_counter()
    try:
        load_sample(sign_ins=file, is_full=options.full, password=options.password)
    except Refused as refused:
        print(refused.message, file=sys.stderr)
        return 1
    print(
        f"Loaded in {perf_counter() - started:.1f} s.\n\nSign-ins (kept in {file}):\n{file.read_text(encoding='utf-8')}"
    )
    return 0


def load_sample(*, sign_ins: Path, is_full: bool = False, password: str | None = None) -> None:
    """
    Loads the sample company through the commands that a click runs, all or nothing, and writes down who may sign in.
    Refuses an installation in which there are people already.
    """
    if not access_queries.is_fresh():
        raise Refused(
            "sample.not_empty",
            "There are people in this installation already; the sample company goes into an empty one. Choose another --data.",
        )
    with transaction.atomic():
        staff, extras, collecting, quotas = _tell_story(is_full=is_full, password=password)
        hear_no_past()
        index_everything()
        extras.greet()
        collecting.deliver()
        quotas.look_at_all()
    _keep(sign_ins, staff, extras.sources[0].key, quotas.till_token)


def _tell_story(*, is_full: bool, password: str | None) -> tuple[Staff, Extras, Collecting, Quotas]:
    today, now = clock.today(), clock.now()
    every = source.deals(today)
    deals = every if is_full else source.part_of(every)
    story = Story(until=now)
    begin = min(deal.engaged for deal in deals if deal.engaged) - timedelta(days=30)
    random = Random(SEED)  # noqa: S311 - the same company every time
    with clock.at(source.at_work(begin, 0)):
        staff = hire_everybody(source.agents(), password)
        _name_organisation(staff)
        market = Market(staff, story, random, today=today)
        market.define_products(source.articles())
        market.register_companies(source.accounts(), deals)
        extras = Extras(market)
        extras.define_sources(staff.inbound)
    market.plan_deals(deals)
    extras.plan_leads()
    collecting = _collect(staff, story)
    quotas = _allow(market, begin)
    story.plan(now - timedelta(hours=1), lambda: extras.plan_activity(market.opportunities))
    story.run(_progress)
    if story.done and sys.stdout.isatty():
        print()
    return staff, extras, collecting, quotas


def _collect(staff: Staff, story: Story) -> Collecting:
    """Last, for whoever sells is chosen among those who are there by then."""
    collecting = Collecting(staff, story, seed=SEED)
    with clock.at(source.at_work(collecting.begin, 0)):
        collecting.hire()
        collecting.define_attributes()
    collecting.plan()
    return collecting


def _allow(market: Market, begin: date) -> Quotas:
    quotas = Quotas(market, begin=begin, seed=SEED)
    with clock.at(source.at_work(quotas.begin, 0)):
        quotas.hire()
        quotas.define()
    quotas.plan()
    return quotas


def _progress(done: int, known: int) -> None:
    end = "\r" if sys.stdout.isatty() else "\n"
    print(f"  {done:,} of {known:,} acts", end=end, flush=True)


def _name_organisation(staff: Staff) -> None:
    access.change_organisation(
        staff.admin,
        access_queries.organisation(),
        change=OrganisationChange(
            name="Sample Hardware", currency=CURRENCY, language=settings.LANGUAGE_CODE, country="US",
            address="1 Example Street\nSpringfield", tax_id="00-0000000", bank_account="US00 EXAMPLE 0000",
        ),
    )  # fmt: skip


def _keep(file: Path, staff: Staff, form_key: str, till_token: str) -> None:
    lines = [f"{email:<24}{password}" for email, password in staff.passwords.items()]
    doors = [f"Lead form: {settings.BASE_URL}/f/{form_key}/", f"Token of the till: {till_token}"]
    text = "\n".join([*lines, "", *doors, ""])
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
