import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Entry, Likeness, Message
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    cora,
    olga,
    sven,
    vera,
)
from embudo.foundation.access.tests.builders import a_client, tester, user_of
from embudo.foundation.attributes import commands as attributes
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db
ASKED = [{"name": "name"}, {"name": "tax_id"}, {"name": "town"}, {"name": "custom_meat"}]


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


def page(who: Actor, address: str, **given: Any) -> str:
    answer = a_client(who).get(address, given)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def a_meat_attribute() -> None:
    change = attributes.AttributeChange(label="Meat", choices="beef\npork", labels={"pl": "Mięso"})
    attributes.define_attribute(tester(), kind="intake.entry", type="choice", change=change, key="meat")


# ------------------------------------------------------------------------------------------ its page


def test_entry_page_shows_values_as_they_are_asked_for() -> None:
    a_meat_attribute()
    assignment = an_assignment(asked=[ASKED[3], *ASKED[:3]])
    entry = commands.enter_entry(
        olga(), assignment, values={"name": "Beef House", "town": "Hel"}, custom={"meat": "beef"}, seconds=125
    )
    text = page(olga(), at("entry", entry.pk))
    places = [text.index(f"<dt>{label}</dt>") for label in ("Meat", "Name", "Tax number", "Town")]
    assert places == sorted(places)
    assert "<dd>beef" in text
    assert "2 min 5 s" in text
    assert "attributes/values" not in text


def test_entry_page_shows_labels_in_the_readers_language() -> None:
    a_meat_attribute()
    entry = an_entry(an_assignment(asked=ASKED))
    with translation.override("pl"):
        assert queries.labelled(olga(), entry.assignment)["custom_meat"] == "Mięso"


def test_entry_page_shows_what_verification_said() -> None:
    text = page(olga(), at("entry", an_entry(state="rejected").pk))
    assert "One letter is missing." in text
    assert "Mistyped" in text
    assert "Please check." in text


def test_entry_page_shows_what_changed_from_round_to_round() -> None:
    entry = an_entry(state="corrected", name="Masarnia Hel")
    commands.hand_in_entry(olga(), entry)
    text = page(vera(), at("entry", entry.pk))
    assert "Round 2" in text
    assert "Before:</span> Masarnia Hel</p>" in text
    assert "Now:</span> Masarnia Hel Sp. z o.o.</p>" in text
    assert "Corrected since. It was: Masarnia Hel" in text


@pytest.mark.parametrize(
    ("state", "who", "offered"),
    [
        ("entered", olga, {"entry_hand_in", "entry_withdraw"}),
        ("handed_in", olga, {"entry_withdraw"}),
        ("verifying", olga, set()),
        ("rejected", olga, {"entry_dispute", "entry_withdraw"}),
        ("corrected", olga, {"entry_hand_in", "entry_withdraw"}),
        ("accepted", olga, set()),
        ("withdrawn", olga, set()),
        ("handed_in", sven, set()),
        ("rejected", cora, set()),
    ],
)
def test_entry_page_offers_what_can_be_done(state: str, who: Any, offered: set[str]) -> None:
    entry = an_entry(state=state)
    text = page(who(), at("entry", entry.pk))
    acts = ("entry_hand_in", "entry_withdraw", "entry_dispute", "entry_decide")
    assert {name for name in acts if at(name, entry.pk) in text} == offered


def test_entry_page_offers_verifying_to_who_verifies() -> None:
    entry = an_entry(state="handed_in")
    acts = {who: queries.entry_acts(who(), queries.entry(who(), entry.pk)) for who in (vera, sven, olga)}
    assert ["verify" in acts[who] for who in (vera, sven, olga)] == [True, False, False]


def test_entry_page_says_that_the_part_is_closed() -> None:
    entry = an_entry()
    commands.close_part(sven(), entry.assignment, person_id=user_of(olga()).pk)
    text = page(olga(), at("entry", entry.pk))
    assert "Your part of this assignment is closed." in text
    assert at("entry_hand_in", entry.pk) not in text
    answer = a_client(olga()).post(at("entry_hand_in", entry.pk))
    assert (answer.status_code, "closed" in answer.content.decode()) == (422, True)


def test_entry_page_leads_to_the_directory_who_may_see_it() -> None:
    entry = an_entry(state="accepted")
    address = reverse("directory:company", args=[entry.company_id])
    assert address in page(cora(), at("entry", entry.pk))
    assert address not in page(olga(), at("entry", entry.pk))


def test_entry_page_shows_look_alikes_to_who_decides() -> None:
    assignment = an_assignment()
    first = an_entry(assignment, name="Twin Meat")
    values = {"name": "Twin Meat", "tax_id": first.tax_id, "town": "Hel"}
    second = commands.enter_entry(olga(), assignment, values=values, is_another=True)
    assert Likeness.objects.exists()
    assert at("entry", first.pk) in page(sven(), at("entry", second.pk))
    assert at("entry", first.pk) not in page(olga(), at("entry", second.pk))


def test_entry_page_asks_the_same_number_of_queries(django_assert_max_num_queries: Any) -> None:
    client = a_client(olga())
    for messages in (1, 3):
        entry = an_entry(state="rejected")
        for _ in range(messages):
            commands.send_message(vera(), entry, text="Look again.")
        client.get(at("entry", entry.pk))
        with django_assert_max_num_queries(20):
            client.get(at("entry", entry.pk))


# --------------------------------------------------------------------------------------------- acts


def test_hand_in_entry_page_hands_in() -> None:
    entry = an_entry()
    assert a_client(olga()).post(at("entry_hand_in", entry.pk)).status_code == 302
    entry.refresh_from_db()
    assert entry.state == "handed_in"
    answer = a_client(olga()).post(at("entry_hand_in", entry.pk))
    assert (answer.status_code, "Handed in" in answer.content.decode()) == (422, True)


def test_withdraw_entry_page_withdraws_and_refuses_what_is_accepted() -> None:
    entry, accepted = an_entry(), an_entry(state="accepted")
    assert a_client(olga()).post(at("entry_withdraw", entry.pk)).status_code == 302
    entry.refresh_from_db()
    assert entry.state == "withdrawn"
    assert a_client(olga()).post(at("entry_withdraw", accepted.pk)).status_code == 422


def test_dispute_rejection_page_wants_a_reason() -> None:
    entry, client = an_entry(state="rejected"), a_client(olga())
    answer = client.post(at("entry_dispute", entry.pk), {"text": " "})
    assert (answer.status_code, "Say why" in answer.content.decode()) == (422, True)
    assert client.post(at("entry_dispute", entry.pk), {"text": "It is right."}).status_code == 302
    assert client.post(at("entry_dispute", entry.pk), {"text": "Again."}).status_code == 422
    assert at("entry_decide", entry.pk) in page(sven(), at("entry", entry.pk))
    assert at("entry_decide", entry.pk) not in page(vera(), at("entry", entry.pk))


@pytest.mark.parametrize(("decision", "state"), [("upheld", "rejected"), ("overruled", "accepted")])
def test_decide_dispute_page_decides(decision: str, state: str) -> None:
    entry = commands.dispute_rejection(olga(), an_entry(state="rejected"), text="It is right.")
    client = a_client(sven())
    assert client.post(at("entry_decide", entry.pk), {"decision": ""}).status_code == 422
    given = {"decision": decision, "text": "I looked it up."}
    assert client.post(at("entry_decide", entry.pk), given).status_code == 302
    entry.refresh_from_db()
    assert (entry.state, entry.disputed) == (state, None)
    assert "I looked it up." in page(olga(), at("entry", entry.pk))
    assert client.post(at("entry_decide", entry.pk), given).status_code == 422


def test_decide_dispute_page_refuses_who_is_part_of_it() -> None:
    entry = commands.dispute_rejection(olga(), an_entry(state="rejected"), text="It is right.")
    for who in (olga, vera):
        assert a_client(who()).post(at("entry_decide", entry.pk), {"decision": "upheld"}).status_code == 403


# -------------------------------------------------------------------------------------- conversation


def from_page(who: Actor, target: str) -> tuple[Client, dict[str, str]]:
    return a_client(who), {"HX-Request": "true", "HX-Target": f"div#{target}"}


def test_send_message_page_answers_with_the_conversation() -> None:
    entry = an_entry(state="rejected")
    client, headers = from_page(olga(), "talk")
    answer = client.post(at("entry_message", entry.pk), {"text": "Zażółć?"}, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert ("Zażółć?" in text, "<html" in text) == (True, False)
    assert json.loads(answer.headers["HX-Trigger"])["say"]["text"] == "Message sent."
    assert Message.objects.get().author_id == olga().id


def test_send_message_page_keeps_what_was_typed() -> None:
    entry = an_entry(state="rejected")
    client, headers = from_page(olga(), "talk")
    answer = client.post(at("entry_message", entry.pk), {"text": "x" * 2001}, headers=headers)
    assert answer.status_code == 422
    assert "x" * 2001 in answer.content.decode()
    assert 'id="say-text_error"' in answer.content.decode()


def test_send_message_page_works_without_script() -> None:
    entry = an_entry(state="rejected")
    answer = a_client(vera()).post(at("entry_message", entry.pk), {"text": "Which street?"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{at('entry', entry.pk)}#thread")
    assert "Which street?" in page(olga(), at("entry", entry.pk))


def test_entry_thread_speaks_of_what_others_wrote_since() -> None:
    entry = an_entry(state="rejected")
    first = commands.send_message(vera(), entry, text="First.")
    client, headers = from_page(olga(), "thread")
    asked = {"after": str(first.pk), "shown": str(entry.version), "heard": str(entry.version)}

    def said() -> str:
        answer = client.get(at("entry_thread", entry.pk), asked, headers=headers)
        return str(json.loads(answer.headers.get("HX-Trigger", '{"say": {"text": ""}}'))["say"]["text"])

    assert said() == ""
    commands.send_message(olga(), entry, text="My own.")
    assert said() == ""
    commands.send_message(vera(), entry, text="Second.")
    assert said() == "Vera Verifier writes: Second."


def test_entry_thread_says_that_the_entry_has_changed() -> None:
    entry = an_entry()
    client, headers = from_page(olga(), "thread")
    asked = {"after": "", "shown": str(entry.version), "heard": str(entry.version)}
    commands.hand_in_entry(olga(), entry)
    answer = client.get(at("entry_thread", entry.pk), asked, headers=headers)
    assert "Show it as it is now" in answer.content.decode()
    assert "Handed in" in answer.headers["HX-Trigger"]
    heard = asked | {"heard": str(Entry.objects.get().version)}
    assert "HX-Trigger" not in client.get(at("entry_thread", entry.pk), heard, headers=headers).headers


def test_entry_thread_leads_to_the_entry_without_script() -> None:
    entry = an_entry()
    answer = a_client(olga()).get(at("entry_thread", entry.pk))
    assert answer.headers["Location"].startswith(at("entry", entry.pk))
    assert a_client(olga()).get(at("entry_thread", uuid4())).status_code == 404


def test_entry_thread_says_that_the_entry_is_gone() -> None:
    entry = an_entry(state="handed_in")
    client, headers = from_page(vera(), "thread")
    commands.withdraw_entry(olga(), entry)
    answer = client.get(at("entry_thread", entry.pk), headers=headers)
    assert "was withdrawn" in answer.content.decode()
    assert entry.name not in answer.content.decode()
    assert client.get(at("entry_thread", entry.pk)).status_code == 404
