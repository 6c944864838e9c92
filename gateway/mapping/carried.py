"""What of a message the receipt of loss calls structured: just that must come back from the target, equal.

Everything else (narrative, attachments) is cut away, with the resources that hold nothing structured and whatever
points to them. Two messages that went through a CDA are compared by this part.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.leaves import child_path
from gateway.mapping.catalog import type_of_message
from gateway.mapping.context import Context
from gateway.mapping.result import Outcome


def carried(bundle: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The structured part of a message of ours. Raises MappingError for a message without a document type."""
    message = index_message(bundle)
    receipt = type_of_message(message.event[1]).to_cda(message, context, "").loss
    structured = {item.path for item in receipt.items if item.outcome == Outcome.STRUCTURED}
    entries = []
    for entry in message.entries:
        kept = _prune(entry.resource, entry.path, structured)
        if kept:
            entries.append({"fullUrl": entry.full_url, "resource": {"resourceType": entry.type, **kept}})
    return {"resourceType": "Bundle", "type": "message", "entry": _without_dangling(entries)}


def _prune(value: Any, path: str, structured: set[str]) -> Any:
    """The structured leaves of `value`, and its references; None where there is none of the former."""
    if isinstance(value, Mapping):
        members = {name: _prune(member, child_path(path, name), structured) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not None} or None
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [_prune(item, f"{path}[{index}]", structured) for index, item in enumerate(value)]
        return items if any(item is not None for item in items) else None
    return value if path in structured or path.endswith(".reference") else None


def _without_dangling(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without references to what was cut away, and without entries that hold only references."""
    while True:
        known = {entry["fullUrl"] for entry in entries}
        cut = [{**e, "resource": _cut(e["resource"], known)} for e in entries]
        kept = [e for e in cut if _says_something(e["resource"])]
        if len(kept) == len(entries):
            return kept
        entries = kept


def _cut(value: Any, known: set[str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"reference"}:
            return value if value["reference"] in known else None
        members = {name: _cut(member, known) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in (None, {}, [])}
    if isinstance(value, list):
        items = [_cut(item, known) for item in value]
        return [item for item in items if item not in (None, {}, [])]
    return value


def _says_something(resource: Mapping[str, Any]) -> bool:
    """Whether a resource has more than its type and references. A role is its references, so it counts."""
    if resource["resourceType"] == "PractitionerRole":
        return len(resource) > 1
    return any(not _is_reference(v) for name, v in resource.items() if name != "resourceType")


def _is_reference(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_reference(item) for item in value)
    return isinstance(value, Mapping) and set(value) == {"reference"}
