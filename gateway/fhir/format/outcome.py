"""What we answer: OperationOutcome resources, and the message that answers a message.

Source: FHIR R4 4.0.1, OperationOutcome; messaging §2.5.3 (MessageHeader.response); `gateway/error_catalogue.tsv`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.error_catalogue import describe, entry_of, severity_of
from gateway.fhir.format.systems import ERROR, MESSAGE_EVENT
from gateway.model import Finding, ItemId, Language


class ResponseCode(StrEnum):
    """How a message was taken. Source: FHIR R4, value set response-code."""

    OK = "ok"
    FATAL_ERROR = "fatal-error"
    TRANSIENT_ERROR = "transient-error"


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of the message that answers a message, except its content. Ids are fresh UUIDs; `at` is aware."""

    response_to: str
    """Id of the MessageHeader received (`Message.header_id`)."""
    event: str
    """Code of the event received."""
    code: ResponseCode
    at: datetime
    bundle_id: ItemId
    header_id: ItemId
    outcome_id: ItemId
    endpoint: str
    """Our own FHIR base URL: source of the answer, and where its Task is read."""


def operation_outcome(findings: Iterable[Finding], language: Language) -> dict[str, Any]:
    """An OperationOutcome with one issue per finding, in their order; there must be at least one."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(finding, language) for finding in findings]}


def _issue(finding: Finding, language: Language) -> dict[str, Any]:
    entry = entry_of(finding)
    issue: dict[str, Any] = {
        "severity": severity_of(finding).value,
        "code": entry.issue,
        "details": {
            "coding": [{"system": ERROR, "code": finding.code}],
            "text": describe(finding, language),
        },
    }
    return issue | ({"expression": [finding.path]} if finding.path else {})


def response_message(
    answer: Answer, outcome: Mapping[str, Any], task: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The answer Bundle: MessageHeader with `response`, then `outcome`, then the Task as our server keeps it."""
    outcome = {"resourceType": "OperationOutcome", "id": answer.outcome_id} | dict(outcome)
    entries = [
        {"fullUrl": f"urn:uuid:{answer.header_id}", "resource": _header(answer)},
        {"fullUrl": f"urn:uuid:{answer.outcome_id}", "resource": outcome},
    ]
    if task is not None:
        entries.append({"fullUrl": f"{answer.endpoint}/Task/{task['id']}", "resource": task})
    return {
        "resourceType": "Bundle",
        "id": answer.bundle_id,
        "type": "message",
        "timestamp": answer.at.isoformat(timespec="milliseconds"),
        "entry": entries,
    }


def _header(answer: Answer) -> dict[str, Any]:
    return {
        "resourceType": "MessageHeader",
        "id": answer.header_id,
        "eventCoding": {"system": MESSAGE_EVENT, "code": answer.event},
        "source": {"endpoint": answer.endpoint},
        "response": {
            "identifier": answer.response_to,
            "code": answer.code.value,
            "details": {"reference": f"urn:uuid:{answer.outcome_id}"},
        },
    }
