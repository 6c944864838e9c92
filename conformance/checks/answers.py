"""`$process-message`: what the caller is told, and what a duplicate is told.

Source: docs/messages/referral-request.md; FHIR R4 messaging 3.4.1.
"""

from concurrent.futures import ThreadPoolExecutor

from conformance import referral as defects
from conformance.peers.practice import Answer
from conformance.readers import fhir
from conformance.readers.fhir import Resource
from conformance.verdicts import expect, expect_equal
from conformance.world import World, names

AT_ONCE = 5


def accepted_is_ok(world: World) -> None:
    letter = world.letter()
    bundle = letter.answer.resource
    expect_equal("answer Bundle.type", "message", bundle.get("type"))
    types = [entry["resource"]["resourceType"] for entry in bundle["entry"][:3]]
    expect_equal("answer Bundle.entry", ["MessageHeader", "OperationOutcome", "Task"], types)
    _expect_response(bundle, letter.referral.header_id, "ok")


def outcome_counts(world: World) -> None:
    issues = world.letter().answer.outcome["issue"]
    told = [issue for issue in issues if issue["severity"] == "information"]
    expect_equal("answer OperationOutcome: information issues", 1, len(told))
    text = told[0].get("details", {}).get("text", "")
    expect(any(c.isdigit() for c in text), "OperationOutcome.issue.details.text", "a sentence with the counts", text)


def task_keeps_identifiers(world: World) -> None:
    letter = world.letter()
    sent, task = letter.referral.one("Task"), letter.task
    expect_equal("Task.identifier", sent["identifier"], task.get("identifier"))
    expect(bool(task.get("id")) and task["id"] != sent.get("id"), "Task.id", "an id of the server", task.get("id"))
    expect_equal("Task.output receipt-of-loss", 1, len(fhir.outputs(task, "receipt-of-loss")))


def same_message_same_answer(world: World) -> None:
    referral = world.referral()
    first, second = world.practice.send(referral.content), world.practice.send(referral.content)
    expect_equal("status of the first", 200, first.status)
    _expect_same("answer to the duplicate", first, second)


def resent_message_same_answer(world: World) -> None:
    referral = world.referral()
    first = world.practice.send(referral.content)
    second = world.practice.send(referral.changed(defects.with_other_bundle_id).content)
    expect_equal("status of the first", 200, first.status)
    _expect_same("answer to the resent message", first, second)


def id_with_other_content(world: World) -> None:
    referral = world.referral()
    expect_equal("status of the first", 200, world.practice.send(referral.content).status)
    answer = world.practice.send(referral.changed(defects.with_other_reason).content)
    expect_equal("status of the second", 422, answer.status)
    _expect_response(answer.resource, referral.header_id, "fatal-error")
    expect_equal("OperationOutcome code", ["id-reused"], fhir.issue_codes(answer.outcome))


def refusal_is_remembered(world: World) -> None:
    content = world.referral().changed(defects.with_unknown_recipient).content
    first, second = world.practice.send(content), world.practice.send(content)
    expect_equal("status of the first", 422, first.status)
    _expect_same("answer to the duplicate", first, second)


def request_id_repeated(world: World) -> None:
    referral = world.referral()
    request_id = referral.request_id
    first = world.practice.send(referral.content, X_Request_Id=request_id)
    _expect_same("same body", first, world.practice.send(referral.content, X_Request_Id=request_id))
    other = world.practice.send(world.referral().content, X_Request_Id=request_id)
    expect_equal("status of another body under the same X-Request-Id", 422, other.status)


def at_once_one_mail(world: World) -> None:
    referral = world.referral()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(world.practice.send, [referral.content] * AT_ONCE))
    for answer in answers:
        _expect_same(f"{AT_ONCE} requests at once", answers[0], answer)
    world.letter_of(referral, answers[0])
    world.own_letter()  # whatever was queued before it has left by now
    world.mailbox.watch(world.target.quiet_seconds)
    expect_equal("mails for one referral", 1, len([m for m in world.mailbox.mails if names(m, referral)]))


def _expect_response(bundle: Resource, header_id: str, code: str) -> None:
    header = fhir.one(bundle, "MessageHeader", "answer")
    response = header.get("response", {})
    expect_equal("MessageHeader.response.code", code, response.get("code"))
    expect_equal("MessageHeader.response.identifier", header_id, response.get("identifier"))
    details = fhir.resolve(bundle, response.get("details", {}))
    expect_equal("MessageHeader.response.details", "OperationOutcome", details.get("resourceType"))


def _expect_same(where: str, first: Answer, second: Answer) -> None:
    expect_equal(f"{where}: status", first.status, second.status)
    same = first.body == second.body
    expect(same, f"{where}: body", "byte for byte the first answer", "another answer")
