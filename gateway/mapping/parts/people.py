"""Collecting the resources of a Bundle that is being made from a CDA: each person and structure once.

A CDA repeats a person in every role. Two descriptions are of one resource when one says nothing that the other does
not say; otherwise both are kept, because which is right cannot be known. Source: identity rule of this gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.fhir.format import systems
from gateway.mapping.context import Context
from gateway.mapping.parts import professional
from gateway.mapping.source import Node

Resource = dict[str, Any]

UNKNOWN: Resource = {"extension": [{"url": systems.DATA_ABSENT_REASON, "valueCode": "unknown"}]}
"""An element that FHIR requires and that the document does not give."""


@dataclass(slots=True)
class Bundling:
    """The entries of the Bundle under construction, in order; ids come from the context."""

    context: Context
    entries: dict[str, Resource] = field(default_factory=dict)
    """fullUrl → resource."""

    def add(self, resource: Resource, place: str) -> str:
        """Add a resource; returns its fullUrl."""
        url = self.context.urn(place)
        self.entries[url] = resource
        return url

    def share(self, resource: Resource) -> str:
        """The fullUrl of a resource that says the same or more, else of this one, added."""
        for url, known in self.entries.items():
            if known["resourceType"] == resource["resourceType"] and covers(known, resource):
                return url
        return self.add(resource, f"{resource['resourceType']}[{len(self.entries)}]")

    def role(self, entity: Node, *, person: str, organization: str) -> str | None:
        """The PractitionerRole (or the Device, or the Organization alone) that an entity names; None for nobody."""
        structure = professional.organization_to_fhir(entity[organization])
        works_for = reference(self.share(structure)) if structure else None
        if device := professional.device_to_fhir(entity):
            return self.share(device | ({"owner": works_for} if works_for else {}))
        practitioner = professional.practitioner_to_fhir(entity, person)
        if not practitioner and not works_for:
            return None
        role: Resource = professional.role_to_fhir(entity)
        if not practitioner and works_for and len(role) == 1:
            return str(works_for["reference"])
        role |= {"practitioner": reference(self.share(practitioner))} if practitioner else {}
        return self.share(role | ({"organization": works_for} if works_for else {}))

    def as_bundle(self, kind: str, timestamp: str | None = None) -> Resource:
        """The Bundle."""
        entries = [{"fullUrl": url, "resource": resource} for url, resource in self.entries.items()]
        bundle: Resource = {"resourceType": "Bundle", "id": str(self.context.uuid("bundle")), "type": kind}
        return bundle | ({"timestamp": timestamp} if timestamp else {}) | {"entry": entries}


def reference(url: str) -> Resource:
    """A Reference to an entry."""
    return {"reference": url}


def covers(known: Any, other: Any) -> bool:
    """Whether every element of `other` stands in `known` (lists as sets)."""
    if isinstance(known, Mapping) and isinstance(other, Mapping):
        return all(name in known and covers(known[name], value) for name, value in other.items())
    if isinstance(known, list) and isinstance(other, list):
        return all(any(covers(item, value) for item in known) for value in other)
    return bool(known == other)
