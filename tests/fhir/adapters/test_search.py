"""Searching: the right resources, page by page, and no identifier in a URL of ours."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from gateway.fhir.adapters.server import build_app
from tests.fhir.adapters.caller import Caller, Reply
from tests.fhir.adapters.conftest import PRACTICE, TENANT, UPDATED_AT, House

ORIGIN = "https://gateway.cpts.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
INS = "urn:oid:1.2.250.1.213.1.4.10|279035121518989"


def ids(reply: Reply) -> list[str]:
    assert reply.json["type"] == "searchset"
    return [e["resource"]["id"] for e in reply.json.get("entry", []) if e["search"]["mode"] == "match"]


def link(reply: Reply, relation: str) -> str | None:
    """The target of a link, without the origin."""
    urls = [x["url"] for x in reply.json["link"] if x["relation"] == relation]
    return urls[0].removeprefix(ORIGIN) if urls else None


@pytest.fixture
def tasks(house: House) -> House:
    """t-1 (requested, of the house) and four accepted ones, each an hour younger."""
    for number in range(2, 6):
        task: dict[str, Any] = {
            "resourceType": "Task",
            "id": f"t-{number}",
            "identifier": [{"system": "urn:oid:1.2.3", "value": f"ORDER,{number}"}],
            "status": "accepted",
            "for": {"reference": f"Patient/p-{number}"},
            "owner": {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "1510000009"}},
        }
        house.keep(task, UPDATED_AT + timedelta(hours=number))
    return house


def test_without_parameters_all_that_one_may_see_is_found(tasks: House, practice: Caller, hospital: Caller) -> None:
    assert ids(practice.get("/fhir/Task")) == ["t-1", "t-2", "t-3", "t-4", "t-5"]
    assert hospital.get("/fhir/Task").json["total"] == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=requested", ["t-1"]),
        ("status=requested,accepted&_id=t-1,t-2", ["t-1", "t-2"]),
        ("status=requested&status=accepted", []),
        ("identifier=urn:oid:1.2.3%7CORDER-1", ["t-1"]),
        ("identifier=ORDER-1", ["t-1"]),
        (r"identifier=ORDER%5C,2", ["t-2"]),
        ("identifier=%7CORDER-1", []),
        ("patient=p-3", ["t-3"]),
        ("patient=Patient/p-3", ["t-3"]),
        (f"patient={ORIGIN}/fhir/Patient/p-3", ["t-3"]),
        ("owner=o-1", ["t-1"]),
        ("owner:identifier=1510000009&_id=t-5", ["t-5"]),
        ("_lastUpdated=ge2026-11-20T08:30:00Z&_lastUpdated=gt2026-11-20T12:30:00Z", ["t-5"]),
        ("_lastUpdated=gt2026-11-20", []),
        ("_lastUpdated=ge2026-11-20&_pretty=true&_format=json", ["t-1", "t-2", "t-3", "t-4", "t-5"]),
    ],
)
def test_each_parameter_narrows_the_search(tasks: House, practice: Caller, query: str, found: list[str]) -> None:
    assert ids(practice.get(f"/fhir/Task?{query}")) == found


def test_a_post_finds_the_same(tasks: House, practice: Caller) -> None:
    form = practice.post("/fhir/Task/_search", b"status=accepted&_id=t-2,t-3", FORM)
    both = practice.post("/fhir/Task/_search?status=accepted", b"_id=t-1%2Ct-2", FORM)
    assert (ids(form), ids(both)) == (["t-2", "t-3"], ["t-2"])


def test_entries_have_the_address_where_they_can_be_read(tasks: House, practice: Caller) -> None:
    entry = practice.get("/fhir/Task?_id=t-1").json["entry"][0]
    assert entry["fullUrl"] == f"{ORIGIN}/fhir/Task/t-1"
    assert practice.get("/fhir/Task/t-1").json == entry["resource"]


def test_the_stored_bytes_are_given_digit_by_digit(house: House, practice: Caller) -> None:
    kept = house.resources.keep(TENANT, frozenset({PRACTICE}), {"resourceType": "Task", "id": "t-9"}, UPDATED_AT)
    house.resources.keep_bytes(TENANT, kept, b'{"value":1.10}')
    assert b'"resource":{"value":1.10}' in practice.get("/fhir/Task?_id=t-9").body


# --- pages -------------------------------------------------------------------------------------------------------


def test_the_pages_together_are_the_whole_and_nothing_twice(tasks: House, practice: Caller) -> None:
    seen, target = [], "/fhir/Task?_count=2"
    while target:
        reply = practice.get(target)
        assert reply.json["total"] == 5
        seen.append(ids(reply))
        target = link(reply, "next") or ""
    assert seen == [["t-1", "t-2"], ["t-3", "t-4"], ["t-5"]]


def test_the_next_page_keeps_the_whole_question(tasks: House, practice: Caller) -> None:
    tasks.keep({"resourceType": "Task", "id": "t-9", "status": "requested"}, UPDATED_AT + timedelta(hours=9))
    form = b"status=accepted&_count=1&_lastUpdated=gt2026-11-20T11:00:00Z&_id=t-2,t-3,t-4,t-9"
    first = practice.post("/fhir/Task/_search", form, FORM)
    second = practice.get(link(first, "next") or "")
    assert (ids(first), ids(second), link(second, "next")) == (["t-3"], ["t-4"], None)


def test_no_page_link_holds_what_was_searched(house: House, practice: Caller) -> None:
    for number in range(2):
        patient = {"resourceType": "Patient", "id": f"p-{number}", "identifier": [
            {"system": INS.partition("|")[0], "value": INS.partition("|")[2]}]}  # fmt: skip
        house.keep(patient)
    reply = practice.post("/fhir/Patient/_search", f"identifier={quote(INS)}&_count=1".encode(), FORM)
    target = link(reply, "next") or ""
    assert "279035121518989" not in target
    assert ids(practice.get(target)) == ["p-1"]


def test_a_page_link_expires(tasks: House, practice: Caller) -> None:
    target = link(practice.get("/fhir/Task?_count=2"), "next") or ""
    tasks.clock.move(hours=1.1)
    reply = practice.get(target)
    assert (reply.status, reply.code) == (410, "page-expired")


def test_a_page_link_is_of_use_to_nobody_else_and_nowhere_else(
    tasks: House, practice: Caller, hospital: Caller
) -> None:
    target = link(practice.get("/fhir/Task?_count=2"), "next") or ""
    replies = [
        hospital.get(target),
        practice.get(target.replace("/Task?", "/Patient?")),
        practice.get(f"{target}&status=accepted"),
        practice.get(target[:-8]),
        practice.get("/fhir/Task?_page="),
        practice.get("/fhir/Task?_page=é"),
    ]
    assert {(reply.status, reply.code) for reply in replies[:4]} == {(410, "page-expired")}
    assert [reply.status for reply in replies[4:]] == [410, 400]


def test_processes_that_share_a_key_read_each_others_links(tasks: House) -> None:
    key = tasks.door().page_key
    one, other = (Caller(build_app(tasks.door(page_key=key)), tasks.practice_token) for _ in range(2))
    assert ids(other.get(link(one.get("/fhir/Task?_count=4"), "next") or "")) == ["t-5"]


def test_a_count_of_zero_gives_the_total_only(tasks: House, practice: Caller) -> None:
    reply = practice.get("/fhir/Task?_count=0")
    assert (reply.json["total"], ids(reply), link(reply, "next")) == (5, [], None)


def test_the_link_self_says_what_was_searched(tasks: House, practice: Caller) -> None:
    reply = practice.get("/fhir/Task?status=accepted,requested&_sort=x", {"Prefer": "handling=lenient"})
    assert link(reply, "self") == "/fhir/Task?status=accepted%2Crequested"


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=red", "unknown-parameter"),
        ("_sort=status", "unknown-parameter"),
        ("DUPONT=1", "unknown-parameter"),
        ("status:not=accepted", "unsupported-modifier"),
        ("patient.name=DUPONT", "unknown-parameter"),
        ("owner:PractitionerRole=1", "unsupported-modifier"),
        ("_id:missing=true", "unsupported-modifier"),
        ("status=", "invalid-parameter"),
        ("status=a,,b", "invalid-parameter"),
        ("status=,", "invalid-parameter"),
        ("status=" + "a," * 60 + "a", "invalid-parameter"),
        ("identifier=urn:oid:1.2.3%7C", "invalid-parameter"),
        ("patient=", "invalid-parameter"),
        ("patient=a/b/c", "invalid-parameter"),
        ("patient=https://elsewhere.example/Patient/1", "invalid-parameter"),
        ("_id=../x", "invalid-parameter"),
        ("_id=a&_id=b", "invalid-parameter"),
        ("_count=-1", "invalid-parameter"),
        ("_count=1e3", "invalid-parameter"),
        ("_count=%D9%A3", "invalid-parameter"),
        ("_count=" + "9" * 4000, "invalid-parameter"),
        ("_lastUpdated=2026", "invalid-parameter"),
        ("_lastUpdated=lt2026", "invalid-parameter"),
        ("_lastUpdated=ge2026-02-31", "invalid-parameter"),
        ("_lastUpdated=ge0000", "invalid-parameter"),
        ("status=" + "x" * 10_000, "malformed-parameters"),
        ("x" * 10_000 + "=1", "malformed-parameters"),
        ("&".join(["status=a"] * 51), "malformed-parameters"),
        ("status=%ff%fe", "malformed-parameters"),
    ],
)
def test_a_search_that_we_cannot_answer_rightly_is_refused(practice: Caller, query: str, code: str) -> None:
    reply = practice.get(f"/fhir/Task?{query}")
    assert (reply.status, reply.code) == (400, code)
    assert b"DUPONT" not in reply.body
    assert len(reply.body) < 2000


@pytest.mark.parametrize(
    "prefer", ["handling=lenient", "return=minimal; Handling=Lenient", "respond-async, handling=lenient"]
)
def test_a_lenient_search_ignores_what_it_does_not_know_and_says_so(
    tasks: House, practice: Caller, prefer: str
) -> None:
    reply = practice.get("/fhir/Task?colour=red&_id=t-1", {"Prefer": prefer})
    assert ids(reply) == ["t-1"]
    outcome = next(e["resource"] for e in reply.json["entry"] if e["search"]["mode"] == "outcome")
    assert outcome["issue"][0]["severity"] == "warning"


def test_a_lenient_search_does_not_ignore_a_modifier(practice: Caller) -> None:
    reply = practice.get("/fhir/Task?status:not=accepted", {"Prefer": "handling=lenient"})
    assert reply.code == "unsupported-modifier"


@pytest.mark.parametrize("query", ["", "?name=DUPONT", "?_lastUpdated=ge2026"])
def test_nobody_browses_patients(practice: Caller, query: str) -> None:
    assert practice.get(f"/fhir/Patient{query}").status == 400
    lenient = practice.get(f"/fhir/Patient{query}", {"Prefer": "handling=lenient"})
    assert (lenient.status, lenient.code) == (400, "identifier-required")


def test_binaries_cannot_be_searched(practice: Caller) -> None:
    reply = practice.get("/fhir/Binary")
    assert (reply.status, reply.code, reply.headers["allow"]) == (405, "method-not-allowed", "")


@pytest.mark.parametrize("content_type", ["application/json", "application/fhir+json", "text/plain", ""])
def test_a_search_by_post_takes_a_form_only(practice: Caller, content_type: str) -> None:
    reply = practice.post("/fhir/Task/_search", b"{}", {"Content-Type": content_type})
    assert (reply.status, reply.code, reply.chunks_read) == (415, "unsupported-media-type", 0)


def test_a_form_has_its_own_small_limit(house: House) -> None:
    caller = Caller(build_app(house.door(max_body_bytes=10_000_000)), house.practice_token)
    reply = caller.post("/fhir/Task/_search", [b"status=" + b"x" * 70_000], FORM)
    assert (reply.status, reply.code) == (413, "too-large")


def test_a_form_that_is_no_text_is_refused(practice: Caller) -> None:
    assert practice.post("/fhir/Task/_search", b"\xff\x00", FORM).code == "malformed-parameters"


def test_every_bundle_is_one_json_text(tasks: House, practice: Caller) -> None:
    for query in ("_count=0", "_id=none", "_count=1", "_count=50"):
        assert json.loads(practice.get(f"/fhir/Task?{query}").body)["resourceType"] == "Bundle"


def test_an_unknown_app_wide_search_is_not_offered(app: FastAPI, practice: Caller) -> None:
    assert practice.get("/fhir?_type=Task").code == "unknown-route"
