"""The CDA header → FHIR resources, whatever the document is.

Source: HL7 CDA R2; ANS "Structuration minimale"; the header table of ANS IG-document-core for what stands where.
"""

from dataclasses import dataclass
from typing import Any

from gateway.fhir.format import systems
from gateway.mapping.parts import coding, dates, identifiers, patient
from gateway.mapping.parts.header import implied_status
from gateway.mapping.parts.people import Bundling, Resource, reference
from gateway.mapping.parts.professional import organization_to_fhir
from gateway.mapping.result import Outcome
from gateway.mapping.source import Node
from gateway.mapping.terminology import uri_of

_PERSON = {"person": "assignedPerson", "organization": "representedOrganization"}


@dataclass(frozen=True, slots=True)
class Order:
    """One `inFulfillmentOf`: its identifiers and its code."""

    identifiers: tuple[Resource, ...]
    code: Resource | None


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says, as FHIR values and references into the Bundle under construction."""

    bundling: Bundling
    identifier: str
    """`urn:oid:…` of the document (root, and ^extension where there is one)."""
    set_id: Resource | None
    version: str | None
    type: Resource
    title: str | None
    written_at: str | None
    confidentiality: Resource | None
    language: str | None
    patient: str
    authors: tuple[str, ...]
    custodian: str | None
    recipients: tuple[str, ...]
    legal_authenticator: str | None
    treating_doctor: str | None
    orders: tuple[Order, ...]
    encounter: str | None
    replaces: Resource | None
    event_codes: tuple[Resource, ...]
    event_start: str | None
    event_end: str | None


def read_header(document: Node, bundling: Bundling) -> Header:
    """Read every part of the header, claiming each leaf. Several documents of one submission share a Bundle."""
    authors = _authors(document, bundling)
    recipients = _recipients(document, bundling)
    legal = document["legalAuthenticator"]
    legal["time"].attribute("value", "signature-time")
    legal["signatureCode"].attribute("code", "signature-code")
    legal_role = bundling.role(legal["assignedEntity"], **_PERSON)
    custodian = _custodian(document, bundling)
    treating_doctor = _treating_doctor(document, bundling)
    patient_resource = patient.to_fhir(document["recordTarget"])
    if treating_doctor:
        patient_resource["generalPractitioner"] = [reference(treating_doctor)]
    patient_url = bundling.add(patient_resource, "patient")
    _care_team(document, bundling, patient_url)
    start, end = _event(document, bundling)
    set_id = document["setId"]
    return Header(
        bundling=bundling,
        identifier=_document_id(document["id"]),
        set_id=identifiers.to_fhir(set_id, "set-id"),
        version=document["versionNumber"].attribute("value", "version-number"),
        type=coding.to_fhir(document["code"], "document-type") or {},
        title=document["title"].text("document-title"),
        written_at=_time(document["effectiveTime"], "document-time"),
        confidentiality=coding.to_fhir(document["confidentialityCode"], "confidentiality"),
        language=document["languageCode"].attribute("code", "language"),
        patient=patient_url,
        authors=authors,
        custodian=custodian,
        recipients=recipients,
        legal_authenticator=legal_role,
        treating_doctor=treating_doctor,
        orders=tuple(_order(node["order"]) for node in document.each("inFulfillmentOf")),
        encounter=_encounter(document, bundling, patient_url),
        replaces=identifiers.to_fhir(document["relatedDocument/parentDocument/id"], "replaces"),
        event_codes=_event_codes(document),
        event_start=start,
        event_end=end,
    )


def _document_id(node: Node) -> str:
    root, extension = node.attribute("root", "document-id"), node.attribute("extension", "document-id")
    return f"urn:oid:{root}" + (f"^{extension}" if extension else "")


def _time(node: Node, rule: str) -> str | None:
    value = node.attribute("value", rule)
    return dates.to_fhir(value) if value else None


def _authors(document: Node, bundling: Bundling) -> tuple[str, ...]:
    found = []
    for author in document.each("author"):
        author["time"].attribute("value", "author-time")
        if role := bundling.role(author["assignedAuthor"], **_PERSON):
            found.append(_with_function(role, author["functionCode"], bundling))
    return tuple(found)


def _with_function(role: str, function: Node, bundling: Bundling) -> str:
    """The role with what the person was to the patient (PCP: treating doctor) as its code."""
    code = coding.to_fhir(function, "function")
    resource = bundling.entries[role]
    if code and resource["resourceType"] == "PractitionerRole":
        resource["code"] = [{"coding": [code]}]
    return role


def _recipients(document: Node, bundling: Bundling) -> tuple[str, ...]:
    found = []
    for node in document.each("informationRecipient"):
        entity = node["intendedRecipient"]
        if role := bundling.role(entity, person="informationRecipient", organization="receivedOrganization"):
            found.append(role)
            _structure_type(entity["receivedOrganization/standardIndustryClassCode"], role, bundling)
    return tuple(found)


def _structure_type(node: Node, role: str, bundling: Bundling) -> None:
    """The type of a structure, where its industry class is one (JDV_J02) rather than a practice setting (JDV_J04)."""
    if node.exists and uri_of(node.peek("codeSystem") or "") == systems.FACILITY_TYPE:
        _set_type(bundling, role, coding.to_fhir(node, "structure-type"))


def _set_type(bundling: Bundling, role: str, kind: Resource | None) -> None:
    holder = bundling.entries[role]
    organization = holder.get("organization", {}).get("reference", role)
    if kind and bundling.entries[organization]["resourceType"] == "Organization":
        bundling.entries[organization]["type"] = [{"coding": [kind]}]


def _custodian(document: Node, bundling: Bundling) -> str | None:
    organization = organization_to_fhir(document["custodian/assignedCustodian/representedCustodianOrganization"])
    return bundling.share(organization) if organization else None


def _treating_doctor(document: Node, bundling: Bundling) -> str | None:
    for participant in document.each("participant"):
        if _is_treating_doctor(participant):
            participant.attribute("typeCode", "treating-doctor")
            participant["functionCode"].claim_all(Outcome.STRUCTURED, "treating-doctor")
            participant["time"].claim_all(Outcome.STRUCTURED, "treating-doctor")
            entity = participant["associatedEntity"]
            entity.attribute("classCode", "treating-doctor")
            return bundling.role(entity, person="associatedPerson", organization="scopingOrganization")
    return None


def _care_team(document: Node, bundling: Bundling, patient_url: str) -> None:
    """Every other participant: a member of the patient's care team, in the role that the document gives."""
    members = [_member(node, bundling) for node in document.each("participant") if not _is_treating_doctor(node)]
    if any(members):
        team: Resource = {"resourceType": "CareTeam", "subject": reference(patient_url)}
        bundling.share(team | {"participant": [member for member in members if member]})


def _is_treating_doctor(node: Node) -> bool:
    return node.peek("typeCode") == "INF" and node["functionCode"].peek("code") == "PCP"


def _member(node: Node, bundling: Bundling) -> Resource | None:
    node.attribute("typeCode", "participant")
    entity = node["associatedEntity"]
    entity.attribute("classCode", "participant")
    role = bundling.role(entity, person="associatedPerson", organization="scopingOrganization")
    function = coding.to_fhir(node["functionCode"], "participant-function")
    start, end = _time(node["time/low"], "participant-time"), _time(node["time/high"], "participant-time")
    node["time"].attribute("nullFlavor", "participant-time-unknown")
    member: Resource = {"role": [{"coding": [function]}]} if function else {}
    member |= {"member": reference(role)} if role else {}
    period = {name: value for name, value in (("start", start), ("end", end)) if value}
    return (member | ({"period": period} if period else {})) or None


def _order(order: Node) -> Order:
    found = (identifiers.to_fhir(node, "order-id") for node in order.each("id"))
    return Order(tuple(i for i in found if i), coding.to_fhir(order["code"], "order-code"))


def _event(document: Node, bundling: Bundling) -> tuple[str | None, str | None]:
    """The times of the first serviceEvent, its performer folded into the people already known."""
    event = document["documentationOf/serviceEvent"]
    performer = event["performer"]
    performer.attribute("typeCode", "service-event-performer")
    bundling.role(performer["assignedEntity"], **_PERSON)
    return (
        _time(event["effectiveTime/low"], "service-event-time"),
        _time(event["effectiveTime/high"], "service-event-time"),
    )


def _event_codes(document: Node) -> tuple[Resource, ...]:
    """The codes of every serviceEvent."""
    events = (node["serviceEvent"] for node in document.each("documentationOf"))
    codes = (coding.to_fhir(code, "service-event-code") for event in events for code in event.each("code"))
    return tuple(code for code in codes if code)


def _encounter(document: Node, bundling: Bundling, patient_url: str) -> str | None:
    node = document["componentOf/encompassingEncounter"]
    if not node.exists:
        return None
    encounter: Resource = {"resourceType": "Encounter", "status": "unknown"}
    ids = [i for n in node.each("id") if (i := identifiers.to_fhir(n, "encounter-id"))]
    kind = coding.to_fhir(node["code"], "encounter-class")
    start = _time(node["effectiveTime/low"], "encounter-period")
    end = _time(node["effectiveTime/high"], "encounter-period")
    node["effectiveTime"].attribute("nullFlavor", "encounter-time-unknown")
    if start:
        encounter["status"] = implied_status(end is not None)
        encounter["period"] = {"start": start} | ({"end": end} if end else {})
    encounter |= {"identifier": ids} if ids else {}
    encounter |= {"class": kind or {"system": systems.ACT_CODE, "code": "AMB"}, "subject": reference(patient_url)}
    _setting(document, encounter)
    _facility(node["location/healthCareFacility"], encounter, bundling)
    return bundling.share(encounter)


def _setting(document: Node, encounter: Resource) -> None:
    path = "documentationOf/serviceEvent/performer/assignedEntity/representedOrganization/standardIndustryClassCode"
    setting = coding.to_fhir(document[path], "practice-setting")
    if setting:
        encounter["serviceType"] = {"coding": [setting]}


def _facility(node: Node, encounter: Resource, bundling: Bundling) -> None:
    kind = coding.to_fhir(node["code"], "structure-type")
    found = identifiers.to_fhir(node["id"], "structure-id")
    if found:
        structure: dict[str, Any] = {"resourceType": "Organization", "identifier": [found]}
        url = bundling.share(structure)
        encounter["serviceProvider"] = reference(url)
        _set_type(bundling, url, kind)
