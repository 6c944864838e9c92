"""FHIR Coding and CodeableConcept ↔ CDA CE, in the header.

Source: HL7 V3 data types (CE); ANS CI-SIS "Structuration minimale" (displayName is required in header codes).
"""

from lxml import etree

from gateway.mapping.source import Element, Node
from gateway.mapping.terminology import display_of, oid_in, oid_of, uri_of
from gateway.mssante.format.build import add

Resource = dict[str, object]


def to_cda(parent: etree._Element, name: str, coding: Element, rule: str, value_set: str | None) -> bool:
    """Add `coding` as element `name`; False (and nothing claimed) where the profile does not take it.

    `value_set` is the table of the codes that the profile allows there, and of the displays that it fills in; None:
    any code whose system has an OID.
    """
    system, code = coding["system"].peek(), coding["code"].peek()
    oid = oid_of(system) if system else None
    if not code or not oid or (value_set and oid_in(value_set, code) != oid):
        return False
    coding["system"].structured(rule)
    display = coding["display"].structured(rule)
    if display is None and value_set and (display := display_of(value_set, code)):
        coding.ledger.fill(f"{name}/@displayName", f"{rule}-display-from-value-set")
    add(parent, name, code=coding["code"].structured(rule), displayName=display or code, codeSystem=oid)
    return True


def to_fhir(node: Node, rule: str) -> Resource | None:
    """The CE as a Coding; None (and nothing claimed) where it has no code."""
    code = node.attribute("code", rule)
    if code is None:
        return None
    oid, display = node.attribute("codeSystem", rule), node.attribute("displayName", rule)
    node.implied(f"{rule}-implied-by-system", "codeSystemName")
    coding: Resource = {"system": uri_of(oid)} if oid else {}
    coding["code"] = code
    return coding | ({"display": display} if display and display != code else {})


def coding_in(concepts: "Element | None", system: str) -> Element | None:
    """The first coding of `system` in a CodeableConcept."""
    if concepts is None:
        return None
    return next((c for c in concepts.each("coding") if c["system"].peek() == system), None)
