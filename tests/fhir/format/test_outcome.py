"""Answers: what an OperationOutcome and an answer Bundle hold, and that both are right FHIR."""

from datetime import UTC, datetime

import pytest

from gateway.fhir.format.bundle import check_bundle, index_message
from gateway.fhir.format.elements import walk
from gateway.fhir.format.outcome import Answer, ResponseCode, operation_outcome, response_message
from gateway.fhir.format.structure import check_structure
from gateway.fhir.format.systems import ERROR
from gateway.model import Finding, ItemId, Language, Severity

FINDINGS = (
    Finding("wrong-code", "Bundle.entry[3].resource.gender", (("value_set", "administrative-gender"),)),
    Finding("rpps-bad-key", "Bundle.entry[4].resource.identifier[1].value"),
    Finding("not-json"),
)
TASK = {"resourceType": "Task", "id": "t1", "status": "requested", "intent": "order"}


def answer(code: ResponseCode) -> Answer:
    return Answer(
        response_to="b1c2c1c6-7544-5f80-83c9-660b11e05681",
        event="referral-request",
        code=code,
        at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        bundle_id=ItemId("00000000-0000-4000-8000-000000000001"),
        header_id=ItemId("00000000-0000-4000-8000-000000000002"),
        outcome_id=ItemId("00000000-0000-4000-8000-000000000003"),
        endpoint="https://gateway.example/fhir",
    )


def test_each_finding_becomes_an_issue_with_code_place_and_words() -> None:
    issues = operation_outcome(FINDINGS, Language.FRENCH)["issue"]
    assert issues[0] == {
        "severity": "error",
        "code": "code-invalid",
        "details": {
            "coding": [{"system": ERROR, "code": "wrong-code"}],
            "text": "Le code n'appartient pas au jeu de valeurs obligatoire administrative-gender. "
            "Utiliser un code de ce jeu de valeurs.",
        },
        "expression": ["Bundle.entry[3].resource.gender"],
    }
    assert [issue["severity"] for issue in issues] == ["error", "warning", "fatal"]
    assert "expression" not in issues[2]


def test_the_words_follow_the_language_and_the_rest_does_not() -> None:
    french, english = (operation_outcome(FINDINGS, language)["issue"] for language in Language)
    assert "required value set" in english[0]["details"]["text"]
    assert [i["details"]["coding"] for i in french] == [i["details"]["coding"] for i in english]


def test_a_finding_may_weigh_less_than_its_row() -> None:
    softer = Finding("wrong-code", severity=Severity.INFORMATION)
    assert operation_outcome([softer], Language.ENGLISH)["issue"][0]["severity"] == "information"


@pytest.mark.parametrize("code", list(ResponseCode))
@pytest.mark.parametrize("task", [TASK, None])
def test_an_answer_is_a_right_message_in_its_own_right(code: ResponseCode, task: dict[str, str] | None) -> None:
    bundle = response_message(answer(code), operation_outcome(FINDINGS, Language.FRENCH), task)
    message = index_message(bundle)
    assert check_bundle(message) == ()
    assert [e.type for e in message.entries] == ["MessageHeader", "OperationOutcome"] + ["Task"] * (task is not None)
    response = message.header.resource["response"]
    assert (response["identifier"], response["code"]) == ("b1c2c1c6-7544-5f80-83c9-660b11e05681", code)
    assert message.resolve(response["details"]["reference"], message.header) == message.entries[1]
    assert bundle["timestamp"] == "2026-11-22T09:30:00.000+00:00"


def test_an_outcome_alone_is_right_fhir() -> None:
    assert list(check_structure(walk(operation_outcome(FINDINGS, Language.ENGLISH), "OperationOutcome"))) == []
