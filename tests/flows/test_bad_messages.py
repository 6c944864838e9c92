"""A wrong message is answered with its code, its place and words; it leaves its own refusal only, and harms none."""

import base64
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from gateway.error_catalogue import CATALOGUE
from gateway.tables import read_rows
from tests.fhir.adapters.caller import Reply
from tests.flows.bench import Bench, difference, outcome_of
from tests.referrals import REFERRALS, Bundle, bundle_of, fresh, only

EXPECTED = read_rows((REFERRALS / "invalid" / "expected.tsv").read_text("utf-8"))
NOT_OF_THE_MESSAGE = (400, 401, 403, 413, 415)
"""Answered to the caller alone; nothing is kept."""


def first_issue(answer: Reply) -> Any:
    return outcome_of(answer)["issue"][0]


def assert_told(answer: Reply, code: str, path: str) -> None:
    """One issue says the code and the FHIRPath, and its words are those of the catalogue."""
    told = [
        issue
        for issue in outcome_of(answer)["issue"]
        if issue["details"]["coding"][0]["code"] == code and (not path or issue.get("expression") == [path])
    ]
    assert told, answer.body.decode()
    assert told[0]["severity"] in ("fatal", "error")
    assert told[0]["code"] == CATALOGUE[code].issue


def assert_good_message_passes(bench: Bench) -> None:
    task = bench.sent(fresh())
    assert bench.state(task) == "sent"


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: str(row["file"]))
def test_each_wrong_fixture_is_answered_and_nothing_half_stored(bench: Bench, row: Mapping[str, str]) -> None:
    content = (REFERRALS / "invalid" / row["file"]).read_bytes()
    caller = bench.software if row["code"] != "sender-not-authorised" else bench.stranger
    path = row["path"] if row["code"] != "sender-not-authorised" else ""
    before = bench.rows()
    answer = bench.post(content, caller=caller)
    grown = difference(before, bench.rows())
    assert_told(answer, row["code"], path)
    if answer.status in NOT_OF_THE_MESSAGE:
        assert grown == {}
    else:
        assert answer.status == 422
        assert set(grown) == {"message", "message_key", "payload", "event", "remembered"}
        assert (grown["message"], grown["payload"]) == (1, 1)  # the refusal itself, for whoever sends it again
    assert_good_message_passes(bench)


@pytest.mark.parametrize("row", [r for r in EXPECTED if r["code"] not in ("not-json", "sender-not-authorised")])
def test_the_words_are_french_or_english_as_asked(bench: Bench, row: Mapping[str, str]) -> None:
    content = (REFERRALS / "invalid" / row["file"]).read_bytes()
    said = {}
    for language in ("fr", "en"):
        # Other bytes each time: a refusal that is remembered keeps the language of its first answer.
        answer = bench.post(_with_new_ids(content), {"Accept-Language": language})
        said[language] = first_issue(answer)["details"]["text"]
    entry = CATALOGUE[row["code"]]
    assert said["fr"] != said["en"]
    assert said["fr"].startswith(entry.fr.partition("{")[0])
    assert said["en"].startswith(entry.en.partition("{")[0])


def _with_new_ids(content: bytes) -> bytes:
    """The same message under other technical ids."""
    ids = [json.loads(content).get("id"), *re.findall(rb'"resourceType": "MessageHeader",\s*"id": "([^"]+)"', content)]
    for known in (i.encode() if isinstance(i, str) else i for i in ids if i):
        content = content.replace(known, str(uuid4()).encode())
    return content


def test_a_refusal_is_given_again_word_for_word(bench: Bench) -> None:
    content = fresh(change=lambda bundle: only(bundle, "Task").pop("identifier"))
    first = bench.post(content)
    before = bench.rows()
    assert bench.post(content).body == first.body
    assert difference(before, bench.rows()) == {}


def test_without_a_token_nobody_is_heard(bench: Bench) -> None:
    before = bench.rows()
    answer = bench.post(fresh(), caller=bench.nobody)
    assert answer.status == 401
    assert_told(answer, "not-authenticated", "")
    assert difference(before, bench.rows()) == {}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe{}", b'{"resourceType": "Bundle"} x', b"<a/>"]
)
def test_what_is_not_a_json_object_is_a_bad_request(bench: Bench, content: bytes) -> None:
    before = bench.rows()
    answer = bench.post(content)
    assert answer.status == 400
    assert answer.json["resourceType"] == "OperationOutcome"
    assert difference(before, bench.rows()) == {}


def _someone_else(bundle: Bundle) -> None:
    """The requester works in a structure that is not the client's."""
    owner = only(bundle, "Task")["owner"]
    only(bundle, "Task")["requester"] = only(bundle, "ServiceRequest")["requester"] = owner


def test_a_client_cannot_speak_for_another_structure(bench: Bench) -> None:
    before = bench.rows()
    answer = bench.post(fresh(change=_someone_else))
    assert answer.status == 403
    assert_told(answer, "sender-not-authorised", "Bundle.entry[1].resource.requester")
    assert difference(before, bench.rows()) == {}


@pytest.mark.parametrize(
    ("type_", "element", "code"),
    [
        ("Task", "requester", "missing-element"),
        ("Task", "status", "missing-element"),
        ("Task", "authoredOn", "missing-element"),
        ("ServiceRequest", "category", "missing-coding"),
        ("Patient", "name", "official-name"),
    ],
)
def test_a_missing_field_is_named_by_its_path(bench: Bench, type_: str, element: str, code: str) -> None:
    content = fresh(change=lambda bundle: only(bundle, type_).pop(element))
    answer = bench.post(content)
    place = next(n for n, e in enumerate(json.loads(content)["entry"]) if e["resource"]["resourceType"] == type_)
    expected = f"Bundle.entry[{place}].resource.{element}"
    issues = outcome_of(answer)["issue"]
    assert any(
        issue["details"]["coding"][0]["code"] == code and issue["expression"][0].startswith(expected)
        for issue in issues
    ), answer.body.decode()


def test_all_that_is_wrong_is_told_at_once(bench: Bench) -> None:
    def change(bundle: Bundle) -> None:
        only(bundle, "Task")["intent"] = "not-an-intent"
        only(bundle, "ServiceRequest")["status"] = "not-a-status"
        only(bundle, "Patient")["gender"] = "x"

    paths = [issue["expression"][0] for issue in outcome_of(bench.post(fresh(change=change)))["issue"]]
    for part in ("Task", "ServiceRequest", "Patient"):
        number = [e["resource"]["resourceType"] for e in bundle_of("01-plain")["entry"]].index(part)
        assert any(path.startswith(f"Bundle.entry[{number}]") for path in paths), (part, paths)


# --- what is too large -------------------------------------------------------------------------------------------


def _with_attachment(size: int) -> Any:
    """Adds a PDF of `size` bytes."""
    data = base64.b64encode(b"%PDF-1.4\n" + b"x" * (size - 9)).decode()

    def change(bundle: Bundle) -> None:
        attachment = {"contentType": "application/pdf", "data": data, "title": "Examen"}
        subject = only(bundle, "ServiceRequest")["subject"]
        document = {"resourceType": "DocumentReference", "status": "current", "subject": subject}
        url = "urn:uuid:7a0f7a86-13d5-4d0c-9a61-1f6f1d2a8c11"
        bundle["entry"].append({"fullUrl": url, "resource": document | {"content": [{"attachment": attachment}]}})
        only(bundle, "ServiceRequest")["supportingInfo"] = [{"reference": url}]

    return change


def test_a_30_mb_attachment_is_refused_at_the_door(bench: Bench) -> None:
    before = bench.rows()
    answer = bench.post(fresh(change=_with_attachment(30_000_000)))
    assert answer.status == 413
    assert_told(answer, "too-large", "")
    assert difference(before, bench.rows()) == {}
    assert_good_message_passes(bench)


def test_what_the_recipients_mailbox_cannot_hold_is_refused_before_it_is_sent(bench: Bench) -> None:
    answer = bench.post(fresh("06-born-abroad", _with_attachment(9_000_000)))
    assert answer.status == 422
    assert_told(answer, "too-large-for-recipient", "Bundle.entry[1].resource.owner")


# --- ids ---------------------------------------------------------------------------------------------------------


def test_the_same_message_twice_is_answered_alike_and_sent_once(bench: Bench) -> None:
    content = fresh()
    first = bench.post(content)
    before = bench.rows()
    assert bench.post(content).body == first.body
    assert difference(before, bench.rows()) == {}


def test_a_new_envelope_around_the_same_entries_is_the_same_message(bench: Bench) -> None:
    content = fresh()
    first = bench.post(content)
    again = json.loads(content, parse_float=Decimal) | {"id": "another-bundle"}
    assert bench.post(json.dumps(again, default=str).encode()).body == first.body


@pytest.mark.parametrize(("keep", "place"), [("bundle", "Bundle.id"), ("header", "Bundle.entry[0].resource.id")])
def test_an_id_used_for_something_else_is_refused(bench: Bench, keep: str, place: str) -> None:
    content = fresh()
    task = bench.accepted(content)
    other = json.loads(fresh("06-born-abroad"), parse_float=Decimal)
    first = json.loads(content)
    if keep == "bundle":
        other["id"] = first["id"]
    else:
        only(other, "MessageHeader")["id"] = only(first, "MessageHeader")["id"]
    before = bench.rows()
    answer = bench.post(json.dumps(other, default=str).encode())
    assert answer.status == 422
    assert_told(answer, "id-reused", place)
    assert bench.rows()["delivery"] == before["delivery"]
    assert bench.message(task).deliveries


def test_a_request_id_is_good_for_one_body(bench: Bench) -> None:
    headers = {"X-Request-Id": "req-1"}
    content = fresh()
    first = bench.post(content, headers)
    assert bench.post(content, headers).body == first.body
    answer = bench.post(fresh(), headers)
    assert answer.status == 422
    assert_told(answer, "request-id-reused", "http.X-Request-Id")


def test_another_client_may_use_the_same_ids(bench: Bench) -> None:
    content = fresh()
    bench.accepted(content)
    answer = bench.post(content, caller=bench.stranger)
    assert answer.status == 403  # not the answer that the first client was given


def test_what_the_stranger_sees_is_nothing(bench: Bench) -> None:
    task = bench.sent(fresh())
    for path in (f"Task/{task}", f"Task/{task}/$timeline"):
        assert bench.stranger.get(f"/fhir/{path}").status == 404
    assert bench.stranger.get("/fhir/Task").json["total"] == 0


# --- the answer --------------------------------------------------------------------------------------------------


def test_ok_means_on_disk_and_not_yet_sent(bench: Bench) -> None:
    content = fresh()
    answer = bench.post(content)
    header, outcome, task = (entry["resource"] for entry in answer.json["entry"])
    assert header["response"]["code"] == "ok"
    assert header["response"]["identifier"] == only(json.loads(content), "MessageHeader")["id"]
    assert outcome["issue"][0]["details"]["coding"][0]["code"] == "accepted"
    assert task["identifier"] == only(json.loads(content), "Task")["identifier"]
    assert bench.state(task["id"]) == "received"
    assert bench.task(task["id"]) == task
    bench.work()


def test_the_receipt_of_loss_is_told_by_the_task(bench: Bench) -> None:
    task = bench.accepted(fresh("02-rich"))
    (output,) = bench.task(task)["output"]
    assert output["type"]["coding"][0]["code"] == "receipt-of-loss"
    receipt = bench.get(output["valueReference"]["reference"])
    counts = receipt["counts"]
    parts = ("structural", "structured", "narrative", "attached", "withheld", "lost")
    assert sum(counts[part] for part in parts) == counts["leaves"]
    assert counts["lost"] == 0
    bench.work()
