"""Who may do what: tokens and the structures that they are bound to.

Source: docs/messages/referral-request.md; RFC 6750 3 (401 with WWW-Authenticate).
"""

from conformance.peers.practice import Answer
from conformance.readers import fhir
from conformance.verdicts import expect, expect_equal
from conformance.world import World


def no_token(world: World) -> None:
    nobody = world.practice.as_client(None)
    for answer in (nobody.send(world.referral().content), nobody.get("Task")):
        _expect_unauthorised(answer)


def unknown_token(world: World) -> None:
    _expect_unauthorised(world.practice.as_client("not-a-token-of-anyone").get("Task"))


def token_before_content(world: World) -> None:
    _expect_unauthorised(world.practice.as_client(None).send(b"{ this is not JSON"))


def other_sender(world: World) -> None:
    answer = world.neighbour.send(world.referral().content)
    expect_equal("status for a sender of another structure", 403, answer.status)
    found = fhir.issue_codes(answer.outcome)
    expect("sender-not-authorised" in found, "OperationOutcome code", "sender-not-authorised", found)


def neighbour_sees_nothing(world: World) -> None:
    letter = world.letter()
    receipt = fhir.outputs(letter.task, "receipt-of-loss")
    for path in (f"Task/{letter.task_id}", f"Task/{letter.task_id}/$timeline", *receipt):
        answer = world.neighbour.get(path)
        expect(answer.status in (403, 404), f"GET {path.partition('/')[0]} by another structure", "404", answer.status)


def neighbour_finds_nothing(world: World) -> None:
    letter = world.letter()
    answer = world.neighbour.get(f"Task?_id={letter.task_id}")
    if answer.status == 200:
        found = [task["id"] for task in fhir.resources(answer.resource, "Task")]
        expect(letter.task_id not in found, "Task search by another structure", "not found", "found")


def says_what_it_does(world: World) -> None:
    answer = world.practice.as_client(None).get("metadata")
    expect_equal("GET metadata without a token", 200, answer.status)
    statement = answer.resource
    expect_equal("CapabilityStatement.fhirVersion", "4.0.1", statement.get("fhirVersion"))
    told = answer.body.decode(errors="replace")
    expect("process-message" in told, "CapabilityStatement", "the operation process-message", "absent")


def _expect_unauthorised(answer: Answer) -> None:
    expect_equal(f"{answer.what}: status", 401, answer.status)
    challenge = answer.headers.get("www-authenticate", "")
    expect(challenge.lower().startswith("bearer"), "WWW-Authenticate", "Bearer …", challenge or "absent")
    expect_equal("body", "OperationOutcome", answer.resource["resourceType"])
