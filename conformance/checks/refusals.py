"""What must be refused, and how a refusal is told.

Source: docs/messages/referral-request.md; FHIR R4 http.html, OperationOutcome; RFC 6750.
"""

from collections.abc import Callable
from typing import Any

from conformance import referral as defects
from conformance.peers.practice import Answer
from conformance.readers import fhir
from conformance.referral import Referral
from conformance.verdicts import Skipped, expect, expect_equal
from conformance.world import World


def not_json(world: World) -> None:
    _expect_plain_outcome(world.practice.send(b"{ this is not JSON"), 400)


def wrong_media_type(world: World) -> None:
    _expect_plain_outcome(world.practice.send(world.referral().content, Content_Type="text/plain"), 415)


def not_a_message(world: World) -> None:
    answer = _refused(world, defects.not_a_message)
    expect("Bundle.type" in _expressions(answer), "OperationOutcome.expression", "Bundle.type", _expressions(answer))


def element_missing(world: World) -> None:
    referral, answer = _refused_referral(world, defects.without_task_identifier)
    place = _place(referral, "Task")
    found = _expressions(answer)
    expect(any(e.startswith(f"{place}.identifier") for e in found), "expression", f"{place}.identifier", found)


def all_problems_at_once(world: World) -> None:
    referral, answer = _refused_referral(world, defects.with_two_defects)
    place, found = _place(referral, "Task"), _expressions(answer)
    for name in ("identifier", "status"):
        expect(any(e.startswith(f"{place}.{name}") for e in found), "expression", f"{place}.{name}", found)


def unknown_recipient(world: World) -> None:
    referral, answer = _refused_referral(world, defects.with_unknown_recipient)
    header = fhir.one(answer.resource, "MessageHeader", "answer")
    expect_equal("MessageHeader.response.code", "fatal-error", header.get("response", {}).get("code"))
    expect_equal("OperationOutcome code", ["unknown-recipient"], fhir.issue_codes(answer.outcome))
    expect_equal("OperationOutcome.expression", [f"{_place(referral, 'Task')}.owner"], _expressions(answer))


def wrong_ins_key(world: World) -> None:
    if world.referral().ins is None:
        raise Skipped("the sample has no INS")
    answer = _refused(world, defects.with_wrong_ins_key)
    expect_equal("OperationOutcome code", ["ins-bad-key"], fhir.issue_codes(answer.outcome))


def refusals_name_nobody(world: World) -> None:
    referral = world.referral()
    words = {*referral.patient_ids, str(referral.birth_name["family"])}
    for defect in (defects.with_two_defects, defects.with_unknown_recipient, defects.with_wrong_ins_key):
        body = world.practice.send(world.referral().changed(defect).content).body.decode(errors="replace")
        shown = [word for word in words if word in body]
        expect(not shown, "OperationOutcome", "no name and no identifier of the patient", f"{len(shown)} of them")


def language_of_refusals(world: World) -> None:
    content = world.referral().changed(defects.with_two_defects).content
    again = world.referral().changed(defects.with_two_defects).content
    french = world.practice.send(content, Accept_Language="fr").outcome
    english = world.practice.send(again, Accept_Language="en").outcome
    expect_equal("codes in both languages", fhir.issue_codes(french), fhir.issue_codes(english))
    texts = [outcome["issue"][0].get("details", {}).get("text") for outcome in (french, english)]
    expect(texts[0] != texts[1] and all(texts), "details.text", "French for fr, English for en", texts)


def _refused(world: World, defect: Callable[[Any], None]) -> Answer:
    return _refused_referral(world, defect)[1]


def _refused_referral(world: World, defect: Callable[[Any], None]) -> tuple[Referral, Answer]:
    referral = world.referral().changed(defect)
    answer = world.practice.send(referral.content)
    expect(answer.status in (400, 422), "status", "422, or 400 without a readable header", answer.status)
    _expect_codes(answer)
    return referral, answer


def _expect_plain_outcome(answer: Answer, status: int) -> None:
    expect_equal("status", status, answer.status)
    expect_equal("body", "OperationOutcome", answer.resource["resourceType"])
    _expect_codes(answer)


def _expect_codes(answer: Answer) -> None:
    """Every issue has a code that software can rely on."""
    issues = answer.outcome.get("issue", [])
    without = [issue for issue in issues if not fhir.codes(issue.get("details"))]
    expect(
        bool(issues) and not without, "OperationOutcome.issue", "details.coding in each issue", f"{len(without)} bare"
    )


def _expressions(answer: Answer) -> list[str]:
    return [e for issue in answer.outcome.get("issue", []) for e in issue.get("expression", [])]


def _place(referral: Referral, type: str) -> str:
    """Where an entry stands, as FHIRPath reaches it."""
    types = [entry["resource"]["resourceType"] for entry in referral.bundle["entry"]]
    return f"Bundle.entry[{types.index(type)}].resource"
