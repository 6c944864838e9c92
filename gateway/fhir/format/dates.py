"""Dates of a message: what ends before it begins, and an answer owed before it was asked for.

Source: FHIR R4 4.0.1, dateTime (partial dates are compared only as far as both go), Period (per-1).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from gateway.fhir.format.bundle import Message
from gateway.fhir.format.elements import find
from gateway.model import Finding


def check_dates(message: Message) -> Iterator[Finding]:
    """Periods the wrong way round, and Tasks whose answer is owed before they were written."""
    for entry in message.entries:
        for place in message.places_of(entry):
            if place.type == "Period" and isinstance(place.value, Mapping) and is_reversed(place.value):
                yield Finding("period-reversed", place.path)
    for task in message.all("Task"):
        for path, due in find(task.resource, task.path, "restriction", "period", "end"):
            if is_before(str(due), str(task.resource.get("authoredOn", ""))):
                yield Finding("answer-before-request", path)


def is_reversed(period: Mapping[str, object]) -> bool:
    """Whether a Period surely ends before it starts."""
    return is_before(str(period.get("end", "")), str(period.get("start", "")))


def is_before(one: str, other: str) -> bool:
    """Whether one dateTime is surely before another: as instants, or as far as the less precise one goes.

    >>> is_before("2026-11-20T09:00:00+01:00", "2026-11-20T08:30:00Z"), is_before("2026-11", "2026-11-20")
    (True, False)
    """
    if "T" in one and "T" in other:
        try:
            return datetime.fromisoformat(one) < datetime.fromisoformat(other)
        except ValueError:  # a leap second
            return one[:10] < other[:10]
    length = min(len(one), len(other), 10)
    return one[:length] < other[:length]
