"""Who sends and who receives: every professional with a structure, every one of them identified.

A recipient may also be only an identifier, which the CPTS registry must know; that is found out later.

Source: docs/messages/referral-request.md; ANS Annuaire Santé IG (idNat_PS, RPPS, idNat_Struct).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.fhir.format.bundle import Entry, Message
from gateway.fhir.format.elements import find
from gateway.fhir.format.identifiers import luhn_is_right
from gateway.fhir.format.systems import PS_IDNAT, RPPS, STRUCT_IDNAT
from gateway.model import Finding

_PLACES: Sequence[tuple[str, tuple[str, ...]]] = (
    ("MessageHeader", ("sender",)),
    ("MessageHeader", ("author",)),
    ("Task", ("requester",)),
    ("Task", ("owner",)),
    ("Task", ("restriction", "recipient")),
    ("ServiceRequest", ("requester",)),
)
"""Where a message names its parties."""


def check_parties(message: Message) -> Iterator[Finding]:
    """What is missing of the senders and recipients, and doubtful RPPS numbers."""
    for type_, steps in _PLACES:
        for entry in message.all(type_):
            for path, reference in find(entry.resource, entry.path, *steps):
                yield from _check_party(message, entry, path, reference)
    for practitioner in message.all("Practitioner"):
        yield from _check_rpps(practitioner)


def _check_party(message: Message, entry: Entry, path: str, reference: Mapping[str, Any]) -> Iterator[Finding]:
    party = message.resolve(reference.get("reference"), entry)
    if party is None:
        identifier = reference.get("identifier", {})
        if not (identifier.get("system") and identifier.get("value")):
            yield Finding("missing-element", f"{path}.identifier")
    elif party.type == "PractitionerRole":
        yield from _check_role(message, party)
    elif party.type == "Organization":
        yield from _check_identified(party, STRUCT_IDNAT)


def _check_role(message: Message, role: Entry) -> Iterator[Finding]:
    for name, systems in (("practitioner", (PS_IDNAT, RPPS)), ("organization", (STRUCT_IDNAT,))):
        target = message.resolve(role.resource.get(name, {}).get("reference"), role)
        if target is None:
            yield Finding("missing-element", f"{role.path}.{name}.reference")
        else:
            yield from _check_identified(target, *systems)


def _check_identified(entry: Entry, *systems: str) -> Iterator[Finding]:
    identifiers = entry.resource.get("identifier", [])
    if not any(i.get("system") in systems and i.get("value") for i in identifiers):
        yield Finding("missing-identifier", f"{entry.path}.identifier", (("systems", ", ".join(systems)),))


def _check_rpps(practitioner: Entry) -> Iterator[Finding]:
    for path, identifier in find(practitioner.resource, practitioner.path, "identifier"):
        system, value = identifier.get("system"), str(identifier.get("value", ""))
        # An idNat_PS is opaque but for its prefix: 8 announces an RPPS.
        number = value if system == RPPS else value[1:] if system == PS_IDNAT and value.startswith("8") else None
        if number is not None and not (len(number) == 11 and luhn_is_right(number)):
            yield Finding("rpps-bad-key", f"{path}.value")
