"""What of a message the receipt of loss calls structured: just that must come back from a CDA, unchanged.

Everything else (narrative, attachments) is cut away, with the resources that hold nothing structured. Of the
references, those stay that a CDA header can say; they are listed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.fhir.format.bundle import Entry, Message, index_message
from gateway.fhir.format.leaves import child_path
from gateway.mapping.catalog import type_of_message
from gateway.mapping.context import Context
from gateway.mapping.result import Outcome

RELATIONS: dict[str, tuple[str, ...]] = {
    "MessageHeader": ("sender", "author", "focus"),
    "Task": ("focus", "for", "requester", "owner"),
    "ServiceRequest": ("subject", "encounter", "requester", "performer"),
    "PractitionerRole": ("practitioner", "organization"),
    "Encounter": ("subject", "serviceProvider"),
    "Patient": ("generalPractitioner",),
    "Composition": ("subject", "author"),
}
"""Resource type → the references that the header of a document carries."""
CLINICAL: dict[str, tuple[str, ...]] = {
    "Condition": ("subject",),
    "AllergyIntolerance": ("patient",),
    "MedicationStatement": ("subject",),
    "MedicationRequest": ("subject",),
    "Observation": ("subject",),
    "Procedure": ("subject",),
    "Immunization": ("patient",),
    "Device": ("patient",),
}
"""The same for what a structured body carries: whom it is about."""
_DOCUMENTS = ("DocumentReference", "Binary")
"""Attachments are documents of their own."""


def carried(bundle: Mapping[str, Any], context: Context, form: str = "level-1") -> dict[str, Any]:
    """The structured part of a message of ours. Raises MappingError for a message without a document type."""
    message = index_message(bundle)
    receipt = type_of_message(message.event[1]).to_cda(message, context, "", form).loss
    structured = frozenset(item.path for item in receipt.items if item.outcome == Outcome.STRUCTURED)
    entries = [
        {"fullUrl": entry.full_url, "resource": _carried(entry, structured)}
        for entry in _reachable(message, structured)
        if entry.type not in _DOCUMENTS
    ]
    return {"resourceType": "Bundle", "type": "message", "entry": entries}


def _reachable(message: Message, structured: frozenset[str]) -> list[Entry]:
    """The entries that a document speaks of: the message itself, what its body carries, then whatever these lead to."""
    found = [e for e in message.entries if e.type in ("MessageHeader", "Composition") or _is_in_body(e, structured)]
    for entry in found:
        for reference in _references(_relations(entry.resource)):
            target = message.resolve(reference, entry)
            if target and target not in found:
                found.append(target)
    return found


def _is_in_body(entry: Entry, structured: frozenset[str]) -> bool:
    return entry.type in CLINICAL and any(path.startswith(f"{entry.path}.") for path in structured)


def _references(relations: Mapping[str, Any]) -> list[str]:
    held = [item for value in relations.values() for item in (value if isinstance(value, list) else [value])]
    return [item["reference"] for item in held if "reference" in item]


def _carried(entry: Entry, structured: frozenset[str]) -> dict[str, Any]:
    kept = _keep(entry.resource, entry.path, structured) or {}
    return {"resourceType": entry.type, **_relations(entry.resource), **kept}


def _relations(resource: Mapping[str, Any]) -> dict[str, Any]:
    names = (RELATIONS | CLINICAL).get(resource["resourceType"], ())
    return {name: resource[name] for name in names if name in resource}


def _keep(value: Any, path: str, structured: frozenset[str]) -> Any:
    """The structured leaves of `value`; None where there is none."""
    if isinstance(value, Mapping):
        members = {name: _keep(member, child_path(path, name), structured) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not None} or None
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [_keep(item, f"{path}[{index}]", structured) for index, item in enumerate(value)]
        return [item for item in items if item is not None] or None
    return value if path in structured else None
