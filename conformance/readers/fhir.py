"""FHIR R4 JSON as the suite reads it: plain dictionaries, with the few questions that checks ask.

Source: FHIR R4 4.0.1, Bundle, Messaging (3.4.1), OperationOutcome, Task; JSON representation 2.6.2.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.readers import Unreadable

Resource = Mapping[str, Any]


def read(content: bytes, where: str) -> Resource:
    """A FHIR resource. Raises Unreadable."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise Unreadable(where, error) from None
    if not isinstance(found, dict) or "resourceType" not in found:
        raise Unreadable(where, "JSON without resourceType")
    return found


def resources(bundle: Resource, type: str) -> list[Resource]:
    """The entries of one type, in order."""
    found = (entry.get("resource", {}) for entry in bundle.get("entry", []))
    return [resource for resource in found if resource.get("resourceType") == type]


def one(bundle: Resource, type: str, where: str) -> Resource:
    """The only entry of one type. Raises Unreadable."""
    found = resources(bundle, type)
    if len(found) != 1:
        raise Unreadable(where, f"{len(found)} {type} in the Bundle instead of 1")
    return found[0]


def resolve(bundle: Resource, reference: Mapping[str, Any]) -> Resource:
    """The entry that a reference names by its fullUrl; empty where there is none."""
    by_url: dict[str, Resource] = {entry.get("fullUrl"): entry["resource"] for entry in bundle.get("entry", [])}
    return by_url.get(reference.get("reference", ""), {})


def codes(concept: Any) -> set[str]:
    """The codes of a CodeableConcept."""
    return {coding.get("code", "") for coding in (concept or {}).get("coding", [])}


def issue_codes(outcome: Resource) -> list[str]:
    """The stable code of each issue of an OperationOutcome (details.coding)."""
    return [code for issue in outcome.get("issue", []) for code in sorted(codes(issue.get("details")))]


def outcome_of(resource: Resource, where: str) -> Resource:
    """The OperationOutcome of an answer: the answer itself, or the entry of a message."""
    return resource if resource["resourceType"] == "OperationOutcome" else one(resource, "OperationOutcome", where)


def business_status(task: Resource) -> str:
    """Where the referral stands."""
    return next(iter(sorted(codes(task.get("businessStatus")))), "")


def delivery_state(task: Resource) -> str:
    """What became of its mail."""
    states = [e.get("valueCode", "") for e in task.get("extension", []) if e.get("url", "").endswith("/delivery-state")]
    return states[0] if states else ""


def outputs(task: Resource, code: str) -> list[str]:
    """References of the outputs of one kind."""
    found = [output for output in task.get("output", []) if code in codes(output.get("type"))]
    return [output.get("valueReference", {}).get("reference", "") for output in found]


def identifier(resource: Resource, system: str) -> str | None:
    """The value of the identifier of one system."""
    return next((i.get("value") for i in resource.get("identifier", []) if i.get("system") == system), None)


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every primitive with its path; the sibling `_name` of JSON stands where `name` stands.

    >>> list(leaves({"gender": "female", "_gender": {"id": "g"}}, "Patient"))
    [('Patient.gender', 'female'), ('Patient.gender.id', 'g')]
    """
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name.removeprefix('_')}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, f"{path}[{index}]")
    elif value is not None:
        yield path, value
