"""There and back: one resource as an entry, and the resources that the entry gives."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.leaves import child_path, leaves
from gateway.mapping.context import BENCH
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Bundling
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.result import Ledger, Outcome
from gateway.mapping.source import CDA, Element, Node, cda_leaves
from gateway.mapping.structural_cda import cda_structural_rule
from gateway.mssante.format.build import root

Json = dict[str, Any]
PATIENT = "urn:uuid:00000000-0000-4000-8000-000000000001"
WRITTEN_AT = "2026-11-20T09:30:00+01:00"


@dataclass(frozen=True)
class Written:
    """An entry and what became of each leaf of its resource."""

    entry: etree._Element
    ledger: Ledger
    structured: frozenset[str]
    """Paths of the leaves that are claimed STRUCTURED, from the resource type down."""

    def values(self, path: str) -> list[str]:
        """Texts or attributes at an XPath."""
        found = self.entry.xpath(path, namespaces={"h": CDA})
        return [str(value) for value in found] if isinstance(found, list) else []


@dataclass(frozen=True)
class Read:
    """The resources of a statement, and what became of each of its leaves."""

    resources: list[Json]
    ledger: Ledger
    unread: dict[str, str]
    """Leaves that nobody claimed: they are told in words."""


def is_accepted(part: EntryPart, resource: Json) -> bool:
    """Whether the part writes the resource."""
    return part.accepts(Element(resource, resource["resourceType"], Ledger()))


def write(part: EntryPart, resource: Json) -> Written:
    """The entry of a resource that the part accepts."""
    assert is_accepted(part, resource)
    type_, ledger = resource["resourceType"], Ledger()
    entry = root("entry")
    part.to_cda(entry, Element(resource, type_, ledger), Writing(BENCH, _resolver(ledger), "r3", "20261120093000+0100"))
    claims = ledger.claims.items()
    return Written(entry, ledger, frozenset(path for path, (outcome, _) in claims if outcome == Outcome.STRUCTURED))


def _resolver(ledger: Ledger) -> Resolver:
    """A message without a Task: nothing is the referral."""
    header = {"resourceType": "MessageHeader", "id": "m", "eventCoding": {"system": "s", "code": "c"}}
    entry = {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000009", "resource": header}
    return Resolver(index_message({"resourceType": "Bundle", "type": "message", "entry": [entry]}), ledger)


def read(part: EntryPart, statement: etree._Element, words: Mapping[str, str] | None = None) -> Read:
    """The resources of a statement, sent over the wire. `words`: what the narrative says at each reference."""
    ledger = Ledger()
    node = Node(etree.fromstring(etree.tostring(statement)), "entry", ledger)
    told = words or {}
    reading = Reading(Bundling(BENCH), PATIENT, WRITTEN_AT, lambda reference: told.get(reference.peek("value") or ""))
    resources = part.to_fhir(node, reading)
    assert node.element is not None
    unread = {
        path: value
        for path, value in cda_leaves(node.element, "entry")
        if path not in ledger.claims and cda_structural_rule(path) is None
    }
    return Read(resources, ledger, unread)


def back(part: EntryPart, resource: Json) -> tuple[Json, Json]:
    """The structured part of a resource, and the resource that comes back."""
    written = write(part, resource)
    (found,) = read(part, written.entry[0]).resources
    return kept(resource, resource["resourceType"], written.structured) or {}, found


def kept(value: Any, path: str, structured: frozenset[str]) -> Any:
    """What of a value is structured; None where nothing is."""
    if isinstance(value, Mapping):
        found = {name: kept(member, child_path(path, name), structured) for name, member in value.items()}
        return {name: member for name, member in found.items() if member is not None} or None
    if isinstance(value, list):
        items = [kept(item, f"{path}[{index}]", structured) for index, item in enumerate(value)]
        return [item for item in items if item is not None] or None
    return value if path in structured else None


def differences(sent: Json, found: Json) -> Iterator[tuple[str, object, object]]:
    """Where a leaf of what was sent is not in what was found, with its digits and its place."""
    there = dict(leaves(found, ""))
    for path, value in leaves(sent, ""):
        if _same(there.get(path)) != _same(value) or type(there.get(path)) is not type(value):
            yield path, value, there.get(path)


def _same(value: object) -> str:
    """With its digits; `Z` is the offset zero."""
    return re.sub(r"(T[\d:.]+)Z$", r"\1+00:00", str(value))


def additions(sent: Json, found: Json) -> set[str]:
    """The element paths that came with the way back."""
    return {plain(path) for path, _ in leaves(found, "")} - {plain(path) for path, _ in leaves(sent, "")}


def plain(path: str) -> str:
    """An element path without positions."""
    return re.sub(r"\[\d+\]", "", path)
