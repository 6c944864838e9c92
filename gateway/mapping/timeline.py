"""The trace of a thread as FHIR: a Bundle of AuditEvents in order, for `Task/$timeline`.

Source: FHIR R4 AuditEvent; IHE BALP for agents and entities. One AuditEvent per line of the trace; the French words
are in `outcomeDesc`, the code in `subtype`.
"""

from collections.abc import Iterable
from string import Formatter
from typing import Any

from gateway.fhir.format import systems
from gateway.journal import Event
from gateway.model import Language
from gateway.tables import read_table

_REST = {"system": systems.AUDIT_EVENT_TYPE, "code": "rest"}
_FAILED = frozenset({"refused", "undeliverable", "quarantined", "expired", "rejected-by-software"})

_WORDS = {row["code"]: row for row in read_table("gateway", "trace.tsv")}


def words_of(event: Event, language: Language) -> str:
    """One line of the trace in words."""
    sentence, facts = _WORDS[event.code][language.value], dict(event.facts)
    names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    return sentence.format(**{name: facts.get(name, "?") for name in names})


def timeline(events: Iterable[Event], task_id: str) -> dict[str, Any]:
    """A Bundle of type `collection`, in order of time."""
    ordered = sorted(events, key=lambda event: event.at)
    entries = [{"resource": _audit_event(event, task_id, number)} for number, event in enumerate(ordered, 1)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _audit_event(event: Event, task_id: str, number: int) -> dict[str, Any]:
    details = [{"type": name, "valueString": value} for name, value in event.facts if value]
    entity: dict[str, Any] = {"what": {"reference": f"Task/{task_id}"}}
    return {
        "resourceType": "AuditEvent",
        "id": f"{task_id}-{number}",
        "type": _REST,
        "subtype": [{"system": systems.TRACE, "code": event.code, "display": words_of(event, Language.ENGLISH)}],
        "recorded": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "outcome": "8" if event.code in _FAILED else "0",
        "outcomeDesc": words_of(event, Language.FRENCH),
        "agent": [{"who": {"display": event.actor}, "requestor": event.actor.startswith("client:")}],
        "source": {"observer": {"display": "cpts-gateway"}},
        "entity": [entity | ({"detail": details} if details else {})],
    }
