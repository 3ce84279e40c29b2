import json
import re
from typing import Any

import pytest
from django.urls import reverse

from embudo.business.directory.commands import register_company
from embudo.business.intake import commands, queries
from embudo.business.intake.models import Assignment, Draft, Entry
from embudo.business.intake.tests.builders import (
    NIPS,
    an_assignment,
    an_entry,
    bound,
    olga,
    otto,
    paul,
    sven,
)
from embudo.foundation.access.models import Organisation
from embudo.foundation.access.tests.builders import a_client, tester, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.kernel.record import new_id

pytestmark = pytest.mark.django_db
ASKED = [
    {"name": "town"},
    {"name": "name", "is_required": True, "help": "As in the register."},
    {"name": "tax_id"},
    {"name": "phone"},
    {"name": "email"},
    {"name": "source1", "is_kept": True},
]
SWAP = {"HX-Request": "true", "HX-Target": "main#main"}


def new(assignment: Assignment) -> str:
    return reverse("intake:entry_new", args=[assignment.pk])


def correct(entry: Entry) -> str:
    return reverse("intake:entry_correct", args=[entry.pk])


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def hidden(shown: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', shown)
    assert found
    return found[1].replace("&quot;", '"')


def test_entry_new_asks_what_the_assignment_asks_in_its_order() -> None:
    an_attribute("number", "Slaughter a day", kind="intake.entry", key="day")
    asked = [*ASKED[:2], {"name": "custom_day", "is_required": True}, *ASKED[2:]]
    shown = text(a_client(olga()).get(new(an_assignment(asked=asked))))
    names = re.findall(r'id="wrap-id_(\w+)"', shown)
    assert names == ["town", "name", "custom_day", "tax_id", "phone", "email", "source1"]
    assert "As in the register." in shown
    assert "is_customer" not in shown


def test_entry_new_saves_and_opens_the_next_form() -> None:
    assignment = an_assignment(asked=ASKED)
    client = a_client(olga())
    draft = new_id()
    given = {"name": "Masarnia Wola", "town": "Radom", "phone": "+48 48 362 11 22", "draft": str(draft)}
    answer = client.post(new(assignment), given, headers=SWAP)
    shown = text(answer)
    entry = Entry.objects.get()
    assert (entry.name, entry.phone, entry.state) == ("Masarnia Wola", "+48483621122", "entered")
    said = json.loads(answer.headers["HX-Trigger"])["say"]["text"]
    assert said == "Masarnia Wola was saved. 1 record today."
    assert "Masarnia Wola" not in shown
    assert 'value="Radom"' not in shown
    assert hidden(shown, "draft") != str(draft)


def test_entry_new_puts_the_focus_in_the_first_field() -> None:
    shown = text(a_client(olga()).get(new(an_assignment(asked=ASKED))))
    field = re.search(r"<input[^>]*data-focus-now[^>]*>", shown)
    assert field
    assert 'name="town"' in field[0]


def test_entry_new_works_without_script() -> None:
    assignment = an_assignment(asked=ASKED)
    answer = a_client(olga()).post(new(assignment), {"name": "Masarnia Wola"}, follow=True)
    assert "Masarnia Wola was saved." in text(answer)


def test_entry_new_saves_and_hands_in() -> None:
    assignment = an_assignment(asked=ASKED)
    answer = a_client(olga()).post(new(assignment), {"name": "Wola", "hand_in": "1"}, headers=SWAP)
    assert Entry.objects.get().state == "handed_in"
    assert "was saved and handed in" in answer.headers["HX-Trigger"]


def test_entry_new_offers_kept_values_when_asked_to() -> None:
    assignment, client = an_assignment(asked=ASKED), a_client(olga())
    given = {"name": "Wola", "source1": "Register 7", "town": "Radom", "keep": "on"}
    shown = text(client.post(new(assignment), given, headers=SWAP))
    assert 'value="Register 7"' in shown
    assert 'value="Radom"' not in shown
    assert 'value="Register 7"' in text(client.get(new(assignment)))
    assert 'value="Register 7"' not in text(client.post(new(assignment), {"name": "Nowa"}, headers=SWAP))


def test_entry_new_tells_every_fault_at_once_and_keeps_what_was_typed() -> None:
    assignment = an_assignment(asked=ASKED)
    given = {"name": "", "email": "wola@", "phone": "12", "town": "Radom"}
    answer = a_client(olga()).post(new(assignment), given, headers=SWAP)
    shown = text(answer, 422)
    for name in ("name", "email", "phone"):
        assert f'<a href="#id_{name}">' in shown
    assert 'value="Radom"' in shown
    assert 'id="errors" data-focus-now' in shown
    assert "<title>Error: New record" in shown


def test_entry_new_tells_what_the_command_refuses_beside_other_faults() -> None:
    asked = [{"name": "name", "is_required": True}, {"name": "tax_id", "is_unique": True}, {"name": "phone"}]
    assignment = an_assignment(asked=asked)
    first = an_entry(assignment)
    given = {"name": "Wola", "tax_id": first.tax_id, "phone": "12"}
    shown = text(a_client(olga()).post(new(assignment), given), 422)
    assert '<a href="#id_tax_id">' in shown
    assert '<a href="#id_phone">' in shown


def test_entry_new_asks_whether_it_is_another_one() -> None:
    assignment, client = an_assignment(), a_client(olga())
    first = an_entry(assignment)
    given = {"name": first.name, "tax_id": first.tax_id, "town": "Hel"}
    shown = text(client.post(new(assignment), given, headers=SWAP), 422)
    assert 'id="id_is_another"' in shown
    assert '<a href="#id_is_another">' in shown
    text(client.post(new(assignment), given | {"is_another": "on"}, headers=SWAP))
    assert Entry.objects.count() == 2


def test_entry_new_takes_the_time() -> None:
    assignment, client = an_assignment(asked=ASKED), a_client(olga())
    began = int(hidden(text(client.get(new(assignment))), "began"))
    client.post(new(assignment), {"name": "Wola", "began": str(began - 75), "spent": "20"}, headers=SWAP)
    assert 95 <= Entry.objects.get().seconds <= 110


@pytest.mark.parametrize("began", ["", "x", "-1", "9" * 40, "\u0663", "99999999999"])
def test_entry_new_takes_no_nonsense_for_the_time(began: str) -> None:
    assignment = an_assignment(asked=ASKED)
    given = {"name": "Wola", "began": began, "spent": began}
    text(a_client(olga()).post(new(assignment), given, headers=SWAP))
    assert 0 <= Entry.objects.get().seconds <= 4 * 3600


def test_entry_new_brings_back_a_draft() -> None:
    assignment, draft = an_assignment(asked=ASKED), new_id()
    values = {"name": "Half", "town": "Radom", "tax_id": "12", "spent": "40"}
    commands.save_draft(olga(), assignment=assignment.pk, draft=draft, values=values, sequence=4)
    shown = text(a_client(olga()).get(new(assignment), {"draft": str(draft)}))
    assert 'value="Half"' in shown
    assert 'value="12"' in shown
    assert (hidden(shown, "draft"), hidden(shown, "spent")) == (str(draft), "40")
    assert 'data-sequence="4"' in shown


def test_entry_new_goes_on_under_an_id_that_only_the_browser_knows() -> None:
    assignment, draft = an_assignment(asked=ASKED), new_id()
    shown = text(a_client(olga()).get(new(assignment), {"draft": str(draft)}))
    assert hidden(shown, "draft") == str(draft)


def test_entry_new_takes_a_new_id_where_the_form_is_over() -> None:
    assignment, draft = an_assignment(asked=ASKED), new_id()
    commands.enter_entry(olga(), assignment, values={"name": "Wola"}, draft=draft)
    shown = text(a_client(olga()).get(new(assignment), {"draft": str(draft)}))
    assert hidden(shown, "draft") != str(draft)


def test_entry_new_of_a_closed_part_keeps_what_was_typed() -> None:
    assignment, draft = an_assignment(asked=ASKED), new_id()
    client = a_client(olga())
    commands.close_part(sven(), assignment, person_id=user_of(olga()).pk)
    answer = client.post(new(assignment), {"name": "Wola", "draft": str(draft)}, headers=SWAP)
    shown = text(answer, 422)
    assert "Your part of this assignment is closed. What you typed is kept." in shown
    assert 'value="Wola"' in shown
    assert 'id="submit"' not in shown
    assert "data-drafts=" not in text(client.get(new(assignment)))


def test_entry_new_is_not_found_for_strangers_to_the_assignment() -> None:
    assert a_client(otto()).get(new(an_assignment())).status_code == 404


def test_entry_check_tells_what_one_entered_oneself() -> None:
    entry = an_entry()
    address = reverse("intake:entry_check", args=[entry.assignment_id])
    shown = text(a_client(olga()).get(address, {"tax_id": entry.tax_id}))
    assert entry.name in shown
    assert f"/entries/{entry.pk}/" in shown


def test_entry_check_reads_numbers_by_the_territory_where_no_country_is_named() -> None:
    """As the command does, so that what it would find is found while one types."""
    assignment = an_assignment(territory="Mazowieckie")
    Organisation.objects.update(country="DE")
    an_entry(assignment, tax_id=NIPS[0], name="Masarnia Hel")
    address = reverse("intake:entry_check", args=[assignment.pk])
    typed = f"PL {NIPS[0][:3]}-{NIPS[0][3:6]}-{NIPS[0][6:8]}-{NIPS[0][8:]}"
    assert "Masarnia Hel" in a_client(olga()).get(address, {"tax_id": typed}).content.decode()
    places = {"assignment": assignment.pk, "postcode": "00-950"}
    told = [a_client(olga()).get(reverse("intake:places"), given).content for given in (places, {})]
    assert told[0] != told[1]


def test_entry_check_names_nothing_that_others_entered() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    entry = an_entry(assignment)
    address = reverse("intake:entry_check", args=[assignment.pk])
    shown = text(a_client(otto()).get(address, {"tax_id": entry.tax_id}))
    assert "Somebody else entered this in this assignment already." in shown
    assert (entry.name in shown, str(entry.pk) in shown) == (False, False)


def test_entry_check_tells_nothing_across_principals() -> None:
    entry = an_entry()
    other = an_assignment(principal=user_of(paul()), is_bound=False)
    bound(other, otto())
    address = reverse("intake:entry_check", args=[other.pk])
    assert text(a_client(otto()).get(address, {"tax_id": entry.tax_id})).strip() == ""


def test_entry_check_shows_records_only_to_who_may_see_them() -> None:
    assignment = an_assignment()
    register_company(tester(), name="Known House", tax_id=NIPS[7], country="PL")
    address = reverse("intake:entry_check", args=[assignment.pk])
    assert "Known House" not in text(a_client(olga()).get(address, {"tax_id": NIPS[7]}))


@pytest.mark.parametrize("given", [{}, {"tax_id": "PL"}, {"name": "x" * 400}, {"email": "@"}, {"but": "x"}])
def test_entry_check_takes_what_is_half_typed(given: dict[str, str]) -> None:
    address = reverse("intake:entry_check", args=[an_assignment().pk])
    text(a_client(olga()).get(address, given))


def test_activity_options_and_places_are_open_to_operators() -> None:
    client = a_client(olga())
    assert "10.11" in text(client.get("/my-work/activities/", {"q": "10.11"}))
    assert "Gdańsk" in text(client.get("/my-work/places/", {"postcode": "80-001", "country": "PL"}))


# --- correcting ---


def test_entry_correct_shows_the_verdict_at_the_field() -> None:
    entry = an_entry(state="rejected")
    shown = text(a_client(olga()).get(correct(entry)))
    assert "Verifier: Wrong" in shown
    assert "One letter is missing." in shown
    field = re.search(r"<input[^>]*data-focus-now[^>]*>", shown)
    assert field
    assert 'name="name"' in field[0]
    assert 'aria-describedby="id_name_verdict' in field[0]
    assert "Please check." in shown


def test_entry_correct_saves_and_hands_in() -> None:
    entry = an_entry(state="rejected")
    client = a_client(olga())
    shown = text(client.get(correct(entry)))
    given = {
        "name": "Right", "tax_id": entry.tax_id, "town": "Hel", "hand_in": "1", "version": hidden(shown, "version"),
        "seen": hidden(shown, "seen"), "draft": hidden(shown, "draft"),
    }  # fmt: skip
    answer = client.post(correct(entry), given, headers=SWAP)
    assert answer.status_code == 204
    entry.refresh_from_db()
    assert (entry.name, entry.state, entry.round) == ("Right", "handed_in", 2)


def test_entry_correct_shows_what_somebody_else_changed() -> None:
    """Nothing is overwritten unsaid, and nothing typed is lost."""
    entry = an_entry()
    client = a_client(olga())
    shown = text(client.get(correct(entry)))
    commands.correct_entry(olga(), entry, values={"name": "Theirs", "town": "Reda"})
    given = {
        "name": "Mine", "tax_id": entry.tax_id, "town": "Hel", "version": hidden(shown, "version"),
        "seen": hidden(shown, "seen"),
    }  # fmt: skip
    shown = text(client.post(correct(entry), given, headers=SWAP), 422)
    assert 'value="Mine"' in shown
    assert 'value="Reda"' in shown, "where nothing was typed the new value is taken"
    assert 'data-take="Theirs"' in shown
    assert 'aria-describedby="id_name_change' in shown
    entry.refresh_from_db()
    assert entry.name == "Theirs"
    again = given | {"town": "Reda", "version": hidden(shown, "version"), "seen": hidden(shown, "seen")}
    assert client.post(correct(entry), again, headers=SWAP).status_code == 204
    entry.refresh_from_db()
    assert (entry.name, entry.town) == ("Mine", "Reda")


def test_entry_correct_says_when_the_entry_went_on() -> None:
    entry = an_entry()
    client = a_client(olga())
    shown = text(client.get(correct(entry)))
    commands.hand_in_entry(olga(), entry)
    given = {"name": "Mine", "version": hidden(shown, "version"), "seen": hidden(shown, "seen")}
    assert 'value="Mine"' in text(client.post(correct(entry), given, headers=SWAP), 422)


@pytest.mark.parametrize("seen", ["", "[]", "{", "null", '{"name": 1}', "1e999"])
def test_entry_correct_takes_no_nonsense_for_what_was_seen(seen: str) -> None:
    entry = an_entry()
    given = {"name": "Mine", "version": "77", "seen": seen}
    text(a_client(olga()).post(correct(entry), given, headers=SWAP), 422)


def test_entry_correct_goes_on_with_what_was_typed() -> None:
    entry = an_entry(state="rejected")
    draft = new_id()
    values = {"name": "Nearly right", "version": str(entry.version), "seen": "{}"}
    commands.save_draft(
        olga(), assignment=entry.assignment_id, draft=draft, values=values, sequence=2, entry=entry.pk
    )
    shown = text(a_client(olga()).get(correct(entry)))
    assert 'value="Nearly right"' in shown
    assert hidden(shown, "draft") == str(draft)


def test_entry_correct_ends_its_draft() -> None:
    entry = an_entry(state="rejected")
    draft = new_id()
    commands.save_draft(
        olga(), assignment=entry.assignment_id, draft=draft, values={"name": "A"}, sequence=2, entry=entry.pk
    )
    given = {"name": "Right", "tax_id": entry.tax_id, "draft": str(draft), "version": str(entry.version)}
    assert a_client(olga()).post(correct(entry), given, headers=SWAP).status_code == 204
    assert queries.draft_of_entry(olga(), entry) is None
    assert Draft.objects.count() == 1, "its id is remembered, so that no late save brings it back"


def test_entry_correct_leads_to_the_entry_once_it_went_on() -> None:
    entry = an_entry(state="handed_in")
    assert a_client(olga()).get(correct(entry)).url == f"/entries/{entry.pk}/"  # type: ignore[attr-defined]


def test_entry_correct_refuses_who_enters_nothing() -> None:
    assert a_client(sven()).get(correct(an_entry())).status_code == 403


def test_entry_correct_is_not_found_for_another_operator() -> None:
    assert a_client(otto()).get(correct(an_entry())).status_code == 404
