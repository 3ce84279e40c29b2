import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Assignment, Draft, Entry
from embudo.business.intake.rules.drafts import MOST_TYPED, OVER
from embudo.business.intake.tests.builders import an_assignment, an_entry, bound, olga, otto, sven
from embudo.foundation.access.tests.builders import a_client, an_admin, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.documents.tests.builders import a_file
from embudo.kernel import clock
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.record import new_id

pytestmark = pytest.mark.django_db
VALUES = {"name": "Masarnia", "town": "Hel"}


def saved(assignment: Assignment, draft: Any = None, who: Any = None, **more: Any) -> Draft:
    given: dict[str, Any] = {"values": VALUES, "sequence": 1} | more
    return commands.save_draft(who or olga(), assignment=assignment.pk, draft=draft or new_id(), **given)


def url(assignment: Assignment, draft: Any) -> str:
    return reverse("intake:draft_save", args=[assignment.pk, draft])


def posted(client: Any, address: str, **body: Any) -> Any:
    given = {"values": VALUES, "sequence": 1} | body
    return client.post(address, json.dumps(given), content_type="application/json")


def test_save_draft_overwrites_and_ignores_what_comes_late() -> None:
    assignment, draft = an_assignment(), new_id()
    saved(assignment, draft, sequence=5)
    saved(assignment, draft, sequence=7, values={"name": "Newer"})
    saved(assignment, draft, sequence=6, values={"name": "Late"})
    kept = Draft.objects.get()
    assert (kept.values, kept.sequence) == ({"name": "Newer"}, 7)


def test_save_draft_is_taken_after_closing_and_marked() -> None:
    assignment = an_assignment()
    commands.close_part(sven(), assignment, person_id=user_of(olga()).pk)
    assert saved(assignment).after_closing
    assert list(queries.drafts_after_closing(sven(), assignment)) == [Draft.objects.get()]


def test_save_draft_refuses_another_persons_form() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    kept = saved(assignment)
    with pytest.raises(NotFound):
        commands.save_draft(otto(), assignment=assignment.pk, draft=kept.pk, values=VALUES, sequence=9)
    assert Draft.objects.get().owner == user_of(olga())


def test_save_draft_refuses_who_is_not_bound() -> None:
    with pytest.raises(NotFound):
        commands.save_draft(otto(), assignment=an_assignment().pk, draft=new_id(), values=VALUES, sequence=1)


def test_save_draft_refuses_another_persons_entry() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    entry = an_entry(assignment, otto())
    with pytest.raises(NotFound):
        saved(assignment, entry=entry.pk)


@pytest.mark.parametrize(
    "wrong", [{"sequence": 0}, {"sequence": OVER}, {"values": {"name": "x" * (MOST_TYPED + 1)}}]
)
def test_save_draft_refuses_what_is_too_much(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        saved(an_assignment(), **wrong)


def test_save_draft_does_not_bring_back_what_was_entered() -> None:
    """The browser had a save on its way when the form was sent."""
    assignment, draft = an_assignment(), new_id()
    saved(assignment, draft, sequence=3)
    commands.enter_entry(olga(), assignment, values=VALUES, draft=draft)
    late = saved(assignment, draft, sequence=4)
    assert (late.sequence, list(queries.drafts(olga(), assignment))) == (OVER, [])


def test_save_draft_that_comes_first_after_entering_brings_nothing_back() -> None:
    assignment, draft = an_assignment(), new_id()
    commands.enter_entry(olga(), assignment, values=VALUES, draft=draft)
    saved(assignment, draft)
    assert list(queries.drafts(olga(), assignment)) == []


def test_save_draft_does_not_bring_back_what_was_corrected() -> None:
    entry = an_entry(state="rejected")
    draft = new_id()
    saved(entry.assignment, draft, entry=entry.pk, sequence=3)
    commands.correct_entry(olga(), entry, values={"name": "Right"}, draft=draft)
    saved(entry.assignment, draft, entry=entry.pk, sequence=4)
    assert queries.draft_of_entry(olga(), entry) is None


def test_enter_entry_twice_from_one_form_makes_one_entry() -> None:
    """The answer to the first was lost, and the person tries again."""
    assignment, draft = an_assignment(), new_id()
    first = commands.enter_entry(olga(), assignment, values=VALUES, draft=draft)
    assert commands.enter_entry(olga(), assignment, values=VALUES, draft=draft) == first
    with pytest.raises(Refused) as caught:
        commands.enter_entry(olga(), assignment, values=VALUES | {"town": "Reda"}, draft=draft)
    assert (caught.value.code, Entry.objects.count()) == ("intake.sent_already", 1)


def test_discard_draft_is_final() -> None:
    assignment = an_assignment()
    kept = saved(assignment)
    commands.discard_draft(olga(), draft=kept.pk)
    saved(assignment, kept.pk, sequence=9)
    assert list(queries.drafts(olga(), assignment)) == []
    with pytest.raises(NotFound):
        commands.discard_draft(olga(), draft=kept.pk)


def test_discard_draft_refuses_another_persons() -> None:
    kept = saved(an_assignment())
    with pytest.raises(NotFound):
        commands.discard_draft(otto(), draft=kept.pk)


def test_forms_that_are_over_go_after_two_days() -> None:
    assignment = an_assignment()
    commands.enter_entry(olga(), assignment, values=VALUES, draft=new_id())
    Draft.objects.update(saved=clock.now() - timedelta(days=3))
    commands.enter_entry(olga(), assignment, values={"name": "Another"}, draft=new_id())
    assert Draft.objects.count() == 1


def test_draft_save_answers_with_few_statements(django_assert_max_num_queries: Any) -> None:
    """300 people call it every five seconds."""
    assignment, client, draft = an_assignment(), a_client(olga()), new_id()
    assert posted(client, url(assignment, draft)).status_code == 200
    with django_assert_max_num_queries(6):
        answer = posted(client, url(assignment, draft), sequence=2, values={"name": "Later"})
    assert (answer.json()["closed"], Draft.objects.get().values) == (False, {"name": "Later"})


def test_draft_save_tells_that_the_part_is_closed() -> None:
    assignment, client = an_assignment(), a_client(olga())
    commands.close_part(sven(), assignment, person_id=user_of(olga()).pk)
    assert posted(client, url(assignment, new_id())).json()["closed"] is True


def test_draft_save_tells_that_the_form_is_over() -> None:
    assignment, draft = an_assignment(), new_id()
    commands.enter_entry(olga(), assignment, values=VALUES, draft=draft)
    assert posted(a_client(olga()), url(assignment, draft), sequence=8).json()["over"] is True


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"values": 1}', '{"values": {}, "sequence": "9"}', '{"values": {}, "sequence": 1e400}'],
)
def test_draft_save_answers_nonsense_with_422(body: str) -> None:
    client = a_client(olga())
    answer = client.post(url(an_assignment(), uuid4()), body, content_type="application/json")
    assert answer.status_code == 422


def test_draft_save_stores_odd_characters() -> None:
    assignment = an_assignment()
    body = '{"values": {"name": "A\\u0000b\\ud800", "more": ["\\u0000"]}, "sequence": 1}'
    answer = a_client(olga()).post(url(assignment, new_id()), body, content_type="application/json")
    assert (answer.status_code, Draft.objects.get().values["name"]) == (200, "Ab?")


def test_draft_save_leads_strangers_to_sign_in(client: Any) -> None:
    assert posted(client, url(an_assignment(), new_id())).status_code == 302


def test_draft_save_gives_a_new_token() -> None:
    answer = a_client(olga()).get(url(an_assignment(), new_id()))
    assert answer.json()["token"]


def test_draft_discard_asks_first_and_leads_home() -> None:
    assignment = an_assignment()
    kept = saved(assignment)
    address = reverse("intake:draft_discard", args=[assignment.pk, kept.pk])
    client = a_client(olga())
    assert client.get(address).status_code == 200
    assert client.post(address).url == f"/my-work/?assignment={assignment.pk}"  # type: ignore[attr-defined]
    assert client.get(address).status_code == 404


def scanned() -> Assignment:
    """An administrator enters: operators bring no files, unless their role is widened."""
    an_attribute("file", "Scan", kind="intake.entry", key="scan")
    assignment = an_assignment(asked=[{"name": "name"}, {"name": "custom_scan"}])
    bound(assignment, an_admin())
    return assignment


def test_draft_that_is_opened_again_names_the_file_to_choose() -> None:
    assignment = scanned()
    values = {"name": "Masarnia", "file:custom_scan": "contract <1>.pdf"}
    kept = saved(assignment, who=an_admin(), values=values)
    address = reverse("intake:entry_new", args=[assignment.pk])
    html = a_client(an_admin()).get(address, {"draft": kept.pk}).content.decode()
    assert "Choose the file again: contract &lt;1&gt;.pdf" in html
    assert re.search(r'type="file"[^>]*aria-describedby="[^"]*id_custom_scan_again', html)
    assert "Choose the file again: contract" not in a_client(an_admin()).get(address).content.decode()


def test_form_that_comes_back_names_the_file_to_choose() -> None:
    assignment = scanned()
    typed = {"name": "", "custom_scan": a_file("scan.pdf")}
    html = (
        a_client(an_admin()).post(reverse("intake:entry_new", args=[assignment.pk]), typed).content.decode()
    )
    assert "Choose the file again: scan.pdf" in html


def test_draft_of_a_correction_still_shows_the_file_that_is_there(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    assignment = scanned()
    client = a_client(an_admin())
    typed = {"name": "Masarnia", "custom_scan": a_file("scan.pdf")}
    client.post(reverse("intake:entry_new", args=[assignment.pk]), typed)
    entry = Entry.objects.get()
    saved(assignment, who=an_admin(), entry=entry.pk, values={"name": "Masarnia Hel"})
    html = client.get(reverse("intake:entry_correct", args=[entry.pk])).content.decode()
    assert 'value="Masarnia Hel"' in html
    assert re.search(r"Now:.*scan\.pdf", html)
    assert "Choose the file again: scan" not in html
