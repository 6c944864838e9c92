"""What the caller of `$process-message` is told: the answer Bundle, remembered so that a duplicate gets the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.error_catalogue import entry_of, severity_of
from gateway.errors import InputError
from gateway.fhir.format.bundle import Message, index_message
from gateway.fhir.format.outcome import Answer, ResponseCode, operation_outcome, response_message
from gateway.fhir.format.reading import parse_json, write_json
from gateway.journal import Remembered
from gateway.mapping.result import LossReport
from gateway.model import Finding, Language, Severity
from gateway.ports import Clock, Ids, MessageAnswer

_UNREADABLE_STATUS = {401, 403, 413, 415, 429}
"""These are said of the request, not of the message: a plain OperationOutcome."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Makes answers; `endpoint` is our FHIR base URL."""

    clock: Clock
    ids: Ids
    endpoint: str

    def accepted(self, message: Message, outcome: Mapping[str, Any], task: Mapping[str, Any]) -> MessageAnswer:
        """200 `ok`: committed to disk."""
        return self._message(message, ResponseCode.OK, 200, outcome, task)

    def refused(self, content: bytes, findings: Sequence[Finding], language: Language) -> MessageAnswer:
        """A message Bundle where the MessageHeader can be read, else an OperationOutcome."""
        outcome = operation_outcome(findings, language)
        status = entry_of(findings[0]).status
        message = header_of(content)
        if message is None or status in _UNREADABLE_STATUS:
            return MessageAnswer(400 if status == 422 else status, write_json(outcome))
        code = ResponseCode.TRANSIENT_ERROR if status == 503 else ResponseCode.FATAL_ERROR
        return self._message(message, code, 503 if status == 503 else 422, outcome, None)

    def again(self, known: Remembered, content: bytes, language: Language) -> MessageAnswer:
        """A request seen before: its first answer, or the refusal of an id used for something else."""
        if known.same:
            return stored_answer(known.answer)
        code = "request-id-reused" if known.name == "request" else "id-reused"
        return self.refused(content, [Finding(code, _PLACE.get(known.name, ""))], language)

    def _message(
        self,
        message: Message,
        code: ResponseCode,
        status: int,
        outcome: Mapping[str, Any],
        task: Mapping[str, Any] | None,
    ) -> MessageAnswer:
        answer = Answer(
            response_to=message.header_id,
            event=message.event[1],
            code=code,
            at=self.clock.now(),
            bundle_id=self.ids.new(),
            header_id=self.ids.new(),
            outcome_id=self.ids.new(),
            endpoint=self.endpoint,
        )
        return MessageAnswer(status, write_json(response_message(answer, outcome, task)))


_PLACE = {"bundle": "Bundle.id", "header": "Bundle.entry[0].resource.id", "request": "http.X-Request-Id"}


def header_of(content: bytes) -> Message | None:
    """The message, unchecked, where at least its MessageHeader can be read."""
    try:
        message = index_message(parse_json(content))
    except InputError:
        return None
    readable = bool(message.entries) and message.header.type == "MessageHeader" and message.header_id != ""
    return message if readable and isinstance(message.header.resource.get("eventCoding"), Mapping) else None


def accepted_outcome(loss: LossReport, warnings: Sequence[Finding], language: Language) -> dict[str, Any]:
    """One information issue with the counts, then whatever deserves a warning."""
    counts = loss.as_json()["counts"]
    facts = tuple((name, str(counts[name])) for name in ("leaves", "structured", "narrative", "attached", "withheld"))
    told = [w for w in warnings if severity_of(w) is not Severity.INFORMATION]
    return operation_outcome([Finding("accepted", "", facts), *told], language)


def names_of(content: bytes, request_id: str | None) -> tuple[tuple[str, str, str], ...]:
    """By what a duplicate of this request is recognised: (name, id, hash of what the id stood for)."""
    body = sha256(content).hexdigest()
    message = header_of(content)
    names = [("request", request_id, body)] if request_id else []
    if message:
        bundle_id = message.bundle.get("id")
        names += [("bundle", bundle_id, body)] if isinstance(bundle_id, str) else []
        names += [("header", message.header_id, _content_hash(message))]
    return tuple(names)


def _content_hash(message: Message) -> str:
    """The hash of what a resent message keeps: its entries, not its envelope's id and time."""
    return sha256(write_json(message.bundle.get("entry"))).hexdigest()


def store_answer(answer: MessageAnswer) -> bytes:
    """The answer as it is kept."""
    return json.dumps({"status": answer.status, "body": answer.body.decode()}).encode()


def stored_answer(content: bytes) -> MessageAnswer:
    kept = json.loads(content)
    return MessageAnswer(kept["status"], kept["body"].encode())
