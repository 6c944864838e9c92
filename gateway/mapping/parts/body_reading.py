"""The body of a CDA → DocumentReference with its attachments: the PDF of level 1, the whole document kept beside.

Source: IHE PCC/HL7 CDA level 1 (nonXMLBody); ANS PDSm for the DocumentReference of a document.
"""

from typing import Any

from gateway.fhir.format import systems
from gateway.mapping.parts.header_reading import Header
from gateway.mapping.parts.people import Resource, reference
from gateway.mapping.result import Outcome
from gateway.mapping.source import Node


def body_to_fhir(document: Node, header: Header, place: str = "") -> str:
    """Add the DocumentReference (and the Binary of an embedded PDF); returns its fullUrl."""
    resource: Resource = {"resourceType": "DocumentReference"}
    resource["masterIdentifier"] = {"system": systems.URI, "value": header.identifier}
    resource |= {"identifier": [header.set_id]} if header.set_id else {}
    resource |= {"status": "current", "type": {"coding": [header.type]}, "subject": reference(header.patient)}
    resource |= {"date": _instant(header.written_at)} if _instant(header.written_at) else {}
    resource |= {"author": [reference(url) for url in header.authors]} if header.authors else {}
    resource |= {"authenticator": reference(header.legal_authenticator)} if header.legal_authenticator else {}
    resource |= {"custodian": reference(header.custodian)} if header.custodian else {}
    if header.title:
        resource["description"] = header.title
    if header.confidentiality:
        resource["securityLabel"] = [{"coding": [header.confidentiality]}]
    resource["content"] = [{"attachment": _attachment(document, header, place)}]
    return header.bundling.add(resource | _context(header), f"{place}document-reference")


def _context(header: Header) -> dict[str, Any]:
    period = {"start": header.event_start, "end": header.event_end}
    known = {name: value for name, value in period.items() if value}
    return {"context": {"period": known}} if known else {}


def _attachment(document: Node, header: Header, place: str) -> Resource:
    text = document["component/nonXMLBody/text"]
    attachment: Resource = {"language": header.language} if header.language else {}
    if not text.exists:
        # A structured body is not taken apart here: its leaves count as lost, and the original travels along.
        return attachment | {"contentType": "text/xml"}
    media_type = text.attribute("mediaType", "body-media-type")
    content = text.text("body", Outcome.ATTACHED)
    binary: Resource = {"resourceType": "Binary", "contentType": media_type or "application/octet-stream"}
    binary["data"] = "".join((content or "").split())
    url = header.bundling.add(binary, f"{place}binary")
    return attachment | {"contentType": binary["contentType"], "url": url} | _title(header)


def _title(header: Header) -> Resource:
    return {"title": header.title} if header.title else {}


def _instant(value: str | None) -> str | None:
    return value if value and "T" in value else None
