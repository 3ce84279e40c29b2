import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.intake import commands
from embudo.business.intake.models import Assignment, Binding, Entry
from embudo.business.intake.tests.builders import (
    NIPS,
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    paul,
    petra,
    sven,
    vera,
)
from embudo.business.intake.tests.calling import call, ids
from embudo.foundation.access.tests.builders import a_team, a_token, a_user, user_of
from embudo.foundation.attributes.tests.builders import an_attribute

pytestmark = pytest.mark.django_db


# --- assignments ------------------------------------------------------------------------------------------------------


def test_create_assignment_orders_it_for_the_principal_who_asks() -> None:
    given = {
        "title": "Meat", "territory": ["Mazowieckie", "00-001 - 05-999"], "target": 50, "policy": "sample", "percent": 10,
        "asked": [{"name": "tax_id", "is_unique": True, "help": "As on the invoice."}],
    }  # fmt: skip
    status, made = call(petra(), "POST", "/assignments", given)
    assert (status, made["state"], made["principal_id"]) == (201, "draft", str(petra().id))
    assert made["territory"] == given["territory"]
    assert [one["name"] for one in made["asked"]] == ["name", "tax_id"]
    assert made["asked"][1]["help"] == "As on the invoice."
    assert call(petra(), "GET", f"/assignments/{made['id']}")[1] == made


def test_create_assignment_by_an_operator_is_forbidden() -> None:
    assert call(olga(), "POST", "/assignments", {"title": "Meat"})[0] == 403


def test_create_assignment_names_the_faults() -> None:
    given = {
        "title": "Meat",
        "asked": [{"name": "shoe_size"}],
        "parent_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    }
    assert set(call(cora(), "POST", "/assignments", given)[1]["errors"]) == {"parent_id"}
    del given["parent_id"]
    assert set(call(cora(), "POST", "/assignments", given)[1]["errors"]) == {"asked"}


def test_create_assignment_names_a_coordinator_who_is_none() -> None:
    given = {"title": "Meat", "coordinator_id": str(olga().id)}
    assert set(call(petra(), "POST", "/assignments", given)[1]["errors"]) == {"coordinator_id"}


def test_change_assignment_refuses_an_older_version() -> None:
    assignment = an_assignment()
    path = f"/assignments/{assignment.pk}"
    status, changed = call(
        cora(),
        "PATCH",
        path,
        {"target": 7, "coordinator_id": None},
        **{"If-Match": f'"{assignment.version}"'},
    )
    assert (status, changed["target"], changed["coordinator_id"]) == (200, 7, None)
    assert changed["title"] == assignment.title
    assert call(cora(), "PATCH", path, {"target": 8}, **{"If-Match": f'"{assignment.version}"'})[0] == 412


def test_list_assignments_shows_those_in_sight() -> None:
    mine, other = an_assignment(), an_assignment(is_bound=False)
    assert ids(call(olga(), "GET", "/assignments")[1]) == {str(mine.pk)}
    assert ids(call(cora(), "GET", "/assignments?state=open")[1]) == {str(mine.pk), str(other.pk)}
    assert call(olga(), "GET", f"/assignments/{other.pk}")[0] == 404


def test_close_assignment_tells_first_what_would_close() -> None:
    assignment = an_assignment()
    entry = an_entry(assignment)
    status, told = call(cora(), "POST", f"/assignments/{assignment.pk}/close?dry_run=true", {})
    assert (status, len(told["parts"]), told["unfinished"]) == (200, 3, {"entered": 1})
    assert Assignment.objects.get().state == "open"
    status, closing = call(cora(), "POST", f"/assignments/{assignment.pk}/close", {"cause": "Done"})
    assert (status, closing["bindings"], closing["unfinished"], closing["cause"]) == (201, 3, 1, "Done")
    assert ids(call(cora(), "GET", f"/assignments/{assignment.pk}/closings")[1]) == {closing["id"]}
    assert (
        call(olga(), "PATCH", f"/entries/{entry.pk}", {"values": {"town": "Hel"}})[1]["code"]
        == "intake.assignment_closed"
    )
    status, reopened = call(cora(), "POST", f"/closings/{closing['id']}/reopen")
    assert (status, reopened["reopened"] is not None) == (200, True)
    assert call(cora(), "POST", f"/closings/{closing['id']}/reopen")[0] == 409


def test_close_part_is_the_supervisors_over_their_own() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    path = f"/assignments/{assignment.pk}/close-part"
    status, told = call(sven(), "POST", f"{path}?dry_run=true", {"user_id": str(olga().id)})
    assert (status, [one["person"]["name"] for one in told["parts"]]) == (200, ["Olga Operator"])
    assert call(sven(), "POST", path, {"user_id": str(olga().id)})[0] == 201
    assert call(sven(), "POST", path, {"user_id": str(otto().id)})[0] == 403
    assert call(sven(), "POST", f"{path}?dry_run=true", {"user_id": str(otto().id)})[0] == 404


def test_open_archive_and_unarchive_assignment() -> None:
    assignment = an_assignment(is_open=False)
    assert call(cora(), "POST", f"/assignments/{assignment.pk}/open")[1]["state"] == "open"
    assert call(cora(), "POST", f"/assignments/{assignment.pk}/archive")[0] == 409
    commands.close_assignment(cora(), assignment)
    assert call(cora(), "POST", f"/assignments/{assignment.pk}/archive")[1]["state"] == "archived"
    assert call(cora(), "POST", f"/assignments/{assignment.pk}/unarchive")[1]["state"] == "closed"


def test_bindings_are_listed_made_changed_and_removed() -> None:
    assignment = an_assignment()
    path = f"/assignments/{assignment.pk}/bindings"
    assert [len(call(who, "GET", path)[1]["items"]) for who in (petra(), sven(), olga())] == [3, 2, 1]
    status, made = call(cora(), "POST", path, {"user_id": str(otto().id), "duty": "operator", "target": 5})
    assert (status, made["person"]["name"], made["target"]) == (201, "Otto Other", 5)
    change = {"supervisor_id": str(sven().id)}
    assert (
        call(cora(), "PATCH", f"/bindings/{made['id']}", change)[1]["supervisor"]["name"] == "Sven Supervisor"
    )
    assert call(cora(), "DELETE", f"/bindings/{made['id']}", **{"If-Match": '"1"'})[0] == 412
    assert call(cora(), "DELETE", f"/bindings/{made['id']}", **{"If-Match": '"2"'})[0] == 204
    assert Binding.objects.count() == 3


def test_bind_person_by_an_operator_is_forbidden() -> None:
    path = f"/assignments/{an_assignment().pk}/bindings"
    assert call(olga(), "POST", path, {"user_id": str(olga().id), "duty": "verifier"})[0] == 403


def test_bind_group_binds_those_in_sight_who_are_not_bound_yet() -> None:
    assignment, buyers = an_assignment(principal=user_of(petra())), a_team("Meat buyers")
    ola = a_user(roles=("operator",), name="Ola", team=buyers)
    path, given = (
        f"/assignments/{assignment.pk}/bindings/group",
        {"team_id": str(buyers.pk), "duty": "operator", "target": 5},
    )
    status, made = call(petra(), "POST", path, given)
    assert status == 201
    assert {(one["person"]["name"], one["target"]) for one in made} == {("Petra Principal", 5), ("Ola", 5)}
    assert Binding.objects.get(assignment=assignment, person=ola).team == buyers
    status, told = call(petra(), "POST", path, given)
    assert (status, set(told["errors"])) == (422, {"team_id"})
    assert call(olga(), "POST", path, given)[0] == 403
    assert call(paul(), "POST", path, given)[0] == 404
    assert Binding.objects.filter(assignment=assignment, team=buyers).count() == 2


def test_start_alone_opens_an_assignment_for_who_asks() -> None:
    status, made = call(cora(), "POST", "/assignments/alone", {"title": "Mine", "subject": "person"})
    assert (status, made["state"], made["policy"], made["subject"]) == (201, "open", "off", "person")
    assert Binding.objects.get(assignment=made["id"]).person_id == cora().id
    assert set(call(cora(), "POST", "/assignments/alone", {"title": " "})[1]["errors"]) == {"title"}
    assert call(olga(), "POST", "/assignments/alone", {"title": "Mine"})[0] == 403


def test_progress_shows_a_supervisor_only_their_own_operators() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    an_entry(assignment)
    an_entry(assignment, otto())
    path = f"/assignments/{assignment.pk}/progress"
    assert [one["name"] for one in call(sven(), "GET", path)[1]["people"]] == ["Olga Operator"]
    status, whole = call(petra(), "GET", path)
    assert (status, whole["entered"], whole["target"], len(whole["people"])) == (200, 2, 100, 2)
    assert call(olga(), "GET", path)[0] == 403


# --- entries ----------------------------------------------------------------------------------------------------------


def test_create_entry_keeps_what_was_typed() -> None:
    assignment = an_assignment()
    given = {
        "assignment_id": str(assignment.pk),
        "values": {"name": "Masarnia Hel", "tax_id": NIPS[0]},
        "seconds": 40,
    }
    status, made = call(olga(), "POST", "/entries", given)
    assert (status, made["values"]["tax_id"], made["state"], made["seconds"]) == (201, NIPS[0], "entered", 40)
    status, problem = call(olga(), "POST", "/entries", given)
    assert (status, set(problem["errors"])) == (422, {"is_another"})
    assert call(olga(), "POST", "/entries", given | {"is_another": True})[0] == 201


def test_create_entry_once_for_one_idempotency_key() -> None:
    given = {"assignment_id": str(an_assignment().pk), "values": {"name": "Masarnia Hel"}, "is_another": True}
    token = a_token(user_of(olga()))
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": "1"}
    answers = [
        Client().post("/api/v1/entries", given, "application/json", headers=sent).json()["id"]
        for _n in range(2)
    ]
    assert (answers[0] == answers[1], Entry.objects.count()) == (True, 1)


def test_create_entry_names_the_faults() -> None:
    given = {"assignment_id": str(an_assignment().pk), "values": {"email": "jan@", "krs": "1"}}
    assert set(call(olga(), "POST", "/entries", given)[1]["errors"]) == {"name", "email", "krs"}


def test_create_entry_under_an_assignment_out_of_sight_is_not_found() -> None:
    given = {"assignment_id": str(an_assignment(is_bound=False).pk), "values": {"name": "Masarnia Hel"}}
    assert call(olga(), "POST", "/entries", given)[0] == 404


def test_create_entry_takes_custom_attributes_that_are_asked_for() -> None:
    an_attribute("choices", "Meat kinds", kind="intake.entry", choices="pork = Pork\nbeef = Beef", key="meat")
    assignment = an_assignment(asked=[{"name": "name"}, {"name": "custom_meat"}])
    given = {
        "assignment_id": str(assignment.pk),
        "values": {"name": "Masarnia Hel"},
        "custom": {"meat": ["pork", "beef"]},
    }
    status, made = call(olga(), "POST", "/entries", given)
    assert (status, made["custom"]) == (201, {"meat": ["pork", "beef"]})
    handed_in = call(olga(), "POST", f"/entries/{made['id']}/hand-in")[1]
    assert handed_in["state"] == "handed_in"
    assert call(vera(), "GET", f"/entries/{made['id']}/rounds")[1][0]["values"]["custom_meat"] == [
        "pork",
        "beef",
    ]


def test_entries_are_narrowed_by_what_is_asked() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    mine, other = an_entry(assignment, name="Ubojnia Hel"), an_entry(assignment, otto(), "rejected")

    def found(query: str) -> set[str]:
        return ids(call(cora(), "GET", f"/entries?{query}")[1])

    assert found(f"assignment={assignment.pk}") == {str(mine.pk), str(other.pk)}
    assert found("state=rejected") == found(f"owner={otto().id}") == {str(other.pk)}
    assert found("q=ubojnia") == {str(mine.pk)}
    assert found("changed_since=2100-01-01T00:00:00Z") == set()
    tree = json.dumps({"and": [{"attribute": "tax_id", "op": "is", "value": mine.tax_id}]})
    assert found(f"filter={tree}") == {str(mine.pk)}
    assert ids(call(otto(), "GET", "/entries")[1]) == {str(other.pk)}


def test_entries_are_listed_by_as_many_queries_for_three_as_for_one() -> None:
    assignment, token = an_assignment(), a_token(user_of(olga()))
    counts = []
    for more in (1, 2):
        for _number in range(more):
            an_entry(assignment)
        Client().get("/api/v1/entries", headers={"Authorization": f"Bearer {token}"})
        with CaptureQueriesContext(connection) as told:
            response = Client().get("/api/v1/entries", headers={"Authorization": f"Bearer {token}"})
        counts.append(len(told))
    assert (len(response.json()["items"]), counts[0]) == (3, counts[1])


def test_correct_entry_refuses_an_older_version_and_another_operator() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    entry = an_entry(assignment)
    path = f"/entries/{entry.pk}"
    assert call(otto(), "PATCH", path, {"values": {"town": "Gdynia"}})[0] == 404
    assert call(olga(), "PATCH", path, {"values": {"town": "Gdynia"}}, **{"If-Match": '"9"'})[0] == 412
    status, changed = call(olga(), "PATCH", path, {"values": {"town": "Gdynia"}, "is_handed_in": True})
    assert (status, changed["values"]["town"], changed["state"]) == (200, "Gdynia", "handed_in")


def test_withdraw_entry_takes_it_back() -> None:
    entry = an_entry()
    assert call(olga(), "POST", f"/entries/{entry.pk}/withdraw")[1]["state"] == "withdrawn"
    assert call(olga(), "POST", f"/entries/{entry.pk}/withdraw")[0] == 409


def test_hand_in_entries_hands_in_all_that_wait() -> None:
    assignment = an_assignment()
    an_entry(assignment)
    an_entry(assignment)
    assert call(olga(), "POST", f"/assignments/{assignment.pk}/hand-in")[1] == {"handed_in": 2}


def test_dispute_rejection_and_decide_dispute() -> None:
    entry = an_entry(state="rejected")
    path = f"/entries/{entry.pk}"
    assert call(olga(), "POST", f"{path}/dispute", {"text": "It is right."})[1]["disputed"] is not None
    said = call(vera(), "GET", f"{path}/messages")[1]["items"]
    assert [(one["author"]["name"], one["text"]) for one in said] == [("Olga Operator", "It is right.")]
    decision = {"is_overruled": True, "text": "She is right."}
    assert call(vera(), "POST", f"{path}/decide-dispute", decision)[0] == 403
    assert call(sven(), "POST", f"{path}/decide-dispute", decision)[1]["state"] == "accepted"
    assert call(olga(), "POST", f"{path}/messages", {"text": "Thank you."})[0] == 201


def test_messages_are_not_the_principals() -> None:
    path = f"/entries/{an_entry(state='rejected').pk}/messages"
    assert [call(petra(), method, path, {"text": "Hello"})[0] for method in ("GET", "POST")] == [403, 403]
