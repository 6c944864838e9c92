"""The body of a CDA → DocumentReference with its attachments: the PDF of level 1, the whole document kept beside.

Source: IHE PCC/HL7 CDA level 1 (nonXMLBody); ANS PDSm for the DocumentReference of a document.
"""

from collections.abc import Iterator
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
    resource |= {"status": "current", "subject": reference(header.patient)}
    resource |= {"type": {"coding": [header.type]}} if header.type else {}
    resource |= {"date": _instant(header.written_at)} if _instant(header.written_at) else {}
    resource |= {"author": [reference(url) for url in header.authors]} if header.authors else {}
    resource |= {"authenticator": reference(header.legal_authenticator)} if header.legal_authenticator else {}
    resource |= {"custodian": reference(header.custodian)} if header.custodian else {}
    if header.relates:
        code, identifier = header.relates
        resource["relatesTo"] = [{"code": code, "target": {"identifier": identifier}}]
    if header.title:
        resource["description"] = header.title
    if header.confidentiality:
        resource["securityLabel"] = [{"coding": [header.confidentiality]}]
    resource["content"] = [{"attachment": _attachment(document, header, place)}]
    return header.bundling.add(resource | _context(header), f"{place}document-reference")


def _context(header: Header) -> dict[str, Any]:
    period = {"start": header.event_start, "end": header.event_end}
    context: dict[str, Any] = {
        "encounter": [reference(header.encounter)] if header.encounter else [],
        "event": [{"coding": [code]} for code in header.event_codes],
        "period": {name: value for name, value in period.items() if value},
        "facilityType": {"coding": [header.facility_type]} if header.facility_type else {},
        "practiceSetting": {"coding": [header.practice_setting]} if header.practice_setting else {},
        "related": _related(header),
    }
    known = {name: value for name, value in context.items() if value}
    return {"context": known} if known else {}


def _related(header: Header) -> list[Resource]:
    """What the header names and no other element refers to: the orders, the readers, whoever did what is told."""
    orders = ({"identifier": identifier} for order in header.orders for identifier in order.identifiers)
    people = dict.fromkeys((*header.recipients, header.performer, header.care_team))
    return [*orders, *(reference(url) for url in people if url and url not in header.authors)]


def _attachment(document: Node, header: Header, place: str) -> Resource:
    text = document["component/nonXMLBody/text"]
    attachment: Resource = {"language": header.language} if header.language else {}
    if not text.exists:
        return _copy(document, header, attachment, place)
    media_type = text.attribute("mediaType", "body-media-type")
    content = text.text("body", Outcome.ATTACHED)
    binary: Resource = {"resourceType": "Binary", "contentType": media_type or "application/octet-stream"}
    binary |= {"data": "".join(content.split())} if content else {}
    url = header.bundling.add(binary, f"{place}binary")
    return attachment | {"contentType": binary["contentType"], "url": url} | _title(header)


def _copy(document: Node, header: Header, attachment: Resource, place: str) -> Resource:
    """A structured body: the PDF of its section "Copie du document", where it has one. The rest is read by sections."""
    for media in _media(document):
        value = media["value"]
        media_type = value.attribute("mediaType", "body-media-type")
        binary: Resource = {"resourceType": "Binary", "contentType": media_type or "application/octet-stream"}
        data = value.text("body", Outcome.ATTACHED)
        binary |= {"data": "".join(data.split())} if data else {}
        url = header.bundling.add(binary, f"{place}binary[{media.path}]")
        attachment = {**attachment, "contentType": binary["contentType"], "url": url}
    return attachment if "url" in attachment else attachment | {"contentType": "text/xml"}


def _media(document: Node) -> Iterator[Node]:
    """Every observationMedia of the sections."""
    for component in document["component/structuredBody"].each("component"):
        for entry in component["section"].each("entry"):
            for part in entry["organizer"].each("component"):
                yield from part.each("observationMedia")


def _title(header: Header) -> Resource:
    return {"title": header.title} if header.title else {}


def _instant(value: str | None) -> str | None:
    return value if value and "T" in value else None
