"""Several look-alike pairs decided at once."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from embudo.business.intake import commands
from embudo.business.intake.models import Likeness
from embudo.business.intake.tests.builders import NIPS, an_assignment, an_entry, cora, olga, paul, petra, sven
from embudo.business.intake.tests.calling import call
from embudo.foundation.access.tests.builders import a_client, user_of
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db
LIST, MANY = "/likenesses/", "/likenesses/decide/"


def pairs(n: int = 3) -> list[Likeness]:
    """Of one assignment that Sven leads."""
    assignment = an_assignment()
    for nip in NIPS[:n]:
        for part in ("Jeden", "Dwa"):
            an_entry(assignment, tax_id=nip, name=f"Masarnia {part} {nip}")
    return list(Likeness.objects.order_by("created"))


def posted(client: Client, chosen: list[Likeness], **typed: str) -> Any:
    rows = "&".join(f"row={one.pk}" for one in chosen)
    return client.post(f"{MANY}?{rows}", typed)


def test_list_of_pairs_lets_several_be_picked_and_decided() -> None:
    one, two, three = pairs()
    client = a_client(sven())
    html = client.get(LIST).content.decode()
    assert len(re.findall(r'class="check" type="checkbox" name="row" form="bulk"', html)) == 3
    assert f'formaction="{reverse("intake:likenesses_decide")}"' in html
    assert "Decide about 2 pairs" in client.get(MANY, {"row": [one.pk, two.pk]}).content.decode()
    answer = posted(client, [one, two], answer="other", comment="Two shops of one chain.")
    assert answer.headers["Location"] == LIST
    assert "2 pairs were decided." in client.get(LIST).content.decode()
    decided = Likeness.objects.exclude(decided=None)
    assert set(decided.values_list("pk", "is_same", "comment", "by")) == {
        (pair.pk, False, "Two shops of one chain.", sven().id) for pair in (one, two)
    }
    assert "Two shops of one chain." in client.get(f"{LIST}{one.pk}/").content.decode()
    assert not Likeness.objects.get(pk=three.pk).decided


def test_decide_likenesses_is_one_act_and_leaves_what_is_decided() -> None:
    one, two, _three = pairs()
    commands.decide_likeness(cora(), one, is_same=True)
    found = commands.decide_likenesses(sven(), ids=[one.pk, two.pk, uuid4()], is_same=False, comment="No.")
    assert [is_decided for _pk, is_decided in found] == [False, True, False]
    assert Likeness.objects.get(pk=one.pk).is_same
    assert LogEntry.objects.filter(command="intake.decide_likenesses").count() == 1


def test_decide_likenesses_leaves_pairs_out_of_sight() -> None:
    first, second = an_assignment(), an_assignment(principal=user_of(paul()))
    for assignment in (first, second):
        an_entry(assignment, tax_id=NIPS[0])
    across = Likeness.objects.get()
    given = {"ids": [across.pk], "is_same": True, "comment": "The same."}
    assert commands.decide_likenesses(sven(), **given) == [(across.pk, False)]
    for who in (petra(), olga()):
        with pytest.raises(Forbidden):
            commands.decide_likenesses(who, **given)
    assert commands.decide_likenesses(cora(), **given) == [(across.pk, True)]


def test_decide_likenesses_refuses_none_too_many_and_no_reason() -> None:
    one, *_others = pairs(1)
    many = [uuid4() for _n in range(101)]
    for ids, comment in (([], "Why"), (many, "Why"), ([one.pk], " "), ([one.pk], "x" * 301)):
        with pytest.raises(Invalid):
            commands.decide_likenesses(sven(), ids=ids, is_same=True, comment=comment)
    client = a_client(sven())
    for chosen, typed in (
        ([], {"answer": "same", "comment": "x"}),
        ([one], {"answer": "same"}),
        ([one], {"comment": "x"}),
    ):
        assert posted(client, chosen, **typed).status_code == 422
    assert not Likeness.objects.get().decided


def test_decide_likenesses_by_a_program() -> None:
    one, two, three = pairs()
    given = {"ids": [str(one.pk), str(two.pk)], "is_same": True, "comment": "One register entry."}
    assert call(olga(), "POST", "/likenesses", given)[0] == 403
    status, told = call(sven(), "POST", "/likenesses", given)
    assert (status, [each["is_decided"] for each in told]) == (200, [True, True])
    [left] = call(sven(), "GET", "/likenesses")[1]["items"]
    assert left["id"] == str(three.pk)
    assert call(sven(), "POST", "/likenesses", given | {"ids": []})[0] == 422
