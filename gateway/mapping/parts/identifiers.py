"""FHIR Identifier ↔ CDA II.

An II names its space by an OID. A FHIR system that is a URL gets an OID under 2.25, derived from the URL, and the URL
itself travels in `assigningAuthorityName`; the way back is then exact. Source: HL7 V3 data types (II); ITU-T X.667.
"""

from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from gateway.mapping.source import Element, Node
from gateway.mapping.terminology import oid_of, uri_of
from gateway.mssante.format.build import add


def derived_oid(url: str) -> str:
    """The OID that stands for an identifier space known only by a URL."""
    return f"2.25.{uuid5(NAMESPACE_URL, url).int}"


def add_id(parent: etree._Element, system: str, value: str) -> None:
    """An `id` element for (system, value)."""
    oid = oid_of(system)
    add(
        parent,
        "id",
        root=oid or derived_oid(system),
        extension=value,
        assigningAuthorityName=None if oid else system,
    )


def is_complete(identifier: Element) -> bool:
    """Whether it has the system and the value that an II needs."""
    return bool(identifier["system"].peek() and identifier["value"].peek())


def to_cda(parent: etree._Element, identifier: Element, rule: str) -> bool:
    """Add the identifier's system and value; False where either is missing. `use` and `type` are the caller's."""
    system, value = identifier["system"].peek(), identifier["value"].peek()
    if not system or not value:
        return False
    identifier["system"].structured(rule)
    identifier["value"].structured(rule)
    add_id(parent, system, value)
    return True


def to_fhir(node: Node, rule: str) -> dict[str, object] | None:
    """The II as {system, value}; None where it has no root. A root alone is the value, as `urn:oid:`."""
    node.implied(f"{rule}-unknown", "nullFlavor")
    root = node.attribute("root", rule)
    if root is None:
        return None
    extension, authority = node.attribute("extension", rule), node.peek("assigningAuthorityName")
    if extension is None:
        return {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{root}"}
    if authority is None or derived_oid(authority) != root:
        return {"system": uri_of(root), "value": extension}
    return {"system": node.attribute("assigningAuthorityName", rule), "value": extension}
