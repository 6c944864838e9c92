"""The CDA header → FHIR resources, whatever the document is.

Source: HL7 CDA R2; ANS "Structuration minimale"; the header table of ANS IG-document-core for what stands where.
"""

from dataclasses import dataclass
from typing import Any

from gateway.fhir.format import systems
from gateway.mapping.parts import coding, dates, identifiers, patient
from gateway.mapping.parts.header import implied_status
from gateway.mapping.parts.people import UNKNOWN, Bundling, Resource, reference
from gateway.mapping.parts.professional import organization_to_fhir
from gateway.mapping.source import Node
from gateway.mapping.terminology import uri_of

_PRACTICE_SETTING = (
    "documentationOf/serviceEvent/performer/assignedEntity/representedOrganization/standardIndustryClassCode"
)
_RELATIONS = {"RPLC": "replaces", "APND": "appends", "XFRM": "transforms"}
"""relatedDocument/@typeCode → relatesTo.code. Source: HL7 V3 ActRelationshipType; FHIR R4 DocumentRelationshipType."""
_PARTICIPANT = {"person": "associatedPerson", "organization": "scopingOrganization"}
_PERSON = {"person": "assignedPerson", "organization": "representedOrganization"}


@dataclass(frozen=True, slots=True)
class Order:
    """One `inFulfillmentOf`: its identifiers, and its code for whoever has a place for it."""

    identifiers: tuple[Resource, ...]
    code: Node

    @property
    def has_code(self) -> bool:
        return self.code.peek("code") is not None


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says, as FHIR values and references into the Bundle under construction."""

    bundling: Bundling
    identifier: str
    """`urn:oid:…` of the document (root, and ^extension where there is one)."""
    set_id: Resource | None
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
    signed_at: str | None
    """Where it is not the time of the document."""
    orders: tuple[Order, ...]
    encounter: str | None
    facility_type: Resource | None
    practice_setting: Resource | None
    relates: tuple[str, Resource] | None
    """How it relates to an earlier document (a code of FHIR), and the identifier of that document."""
    event_codes: tuple[Resource, ...]
    event_start: str | None
    event_end: str | None
    performer: str | None
    care_team: str | None


def read_header(document: Node, bundling: Bundling) -> Header:
    """Read every part of the header, claiming each leaf. Several documents of one submission share a Bundle."""
    authors = _authors(document, bundling)
    recipients = _recipients(document, bundling)
    legal = document["legalAuthenticator"]
    legal_role = bundling.role(legal["assignedEntity"], **_PERSON)
    custodian = _custodian(document, bundling)
    treating_doctor = _treating_doctor(document, bundling)
    patient_resource = patient.to_fhir(document["recordTarget"])
    if treating_doctor:
        patient_resource["generalPractitioner"] = [reference(treating_doctor)]
    patient_url = bundling.add(patient_resource, "patient")
    _claim_fixed(document)
    start, end = _event(document)
    encounter = document["componentOf/encompassingEncounter"]
    return Header(
        bundling=bundling,
        identifier=_document_id(document["id"], bundling),
        set_id=identifiers.to_fhir(document["setId"], "set-id"),
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
        signed_at=_other_time(legal["time"], document, "signature-time"),
        orders=tuple(_order(node["order"]) for node in document.each("inFulfillmentOf")),
        encounter=_encounter(document, bundling, patient_url),
        facility_type=coding.to_fhir(encounter["location/healthCareFacility/code"], "structure-type"),
        practice_setting=coding.to_fhir(document[_PRACTICE_SETTING], "practice-setting"),
        relates=_relation(document["relatedDocument"]),
        event_codes=_event_codes(document),
        event_start=start,
        event_end=end,
        performer=bundling.role(document["documentationOf/serviceEvent/performer/assignedEntity"], **_PERSON),
        care_team=_care_team(document, bundling, patient_url),
    )


def _claim_fixed(document: Node) -> None:
    """The values that every first version of a signed document has. Others are told in words."""
    for name, attribute, value in (("versionNumber", "value", "1"), ("legalAuthenticator/signatureCode", "code", "S")):
        if document[name].peek(attribute) == value:
            document[name].implied("as-in-every-document", attribute)


def _document_id(node: Node, bundling: Bundling) -> str:
    """Its own, or one of ours: FHIR wants each document to have a name."""
    root, extension = node.attribute("root", "document-id"), node.attribute("extension", "document-id")
    if root is None:
        node.ledger.fill("Bundle.identifier", "document-id-missing")
        return bundling.context.urn("document-id")
    return f"urn:oid:{root}" + (f"^{extension}" if extension else "")


def _time(node: Node, rule: str) -> str | None:
    """The TS as FHIR dateTime. What of it FHIR cannot hold (a time without zone) leaves it to words as well."""
    node.implied(f"{rule}-unknown", "nullFlavor")
    value = node.peek("value") or ""
    if dates.keeps_precision(value):
        node.attribute("value", rule)
    return dates.to_fhir(value)


def _other_time(node: Node, document: Node, rule: str) -> str | None:
    """A time that is not the document's; the same time is carried by that one."""
    if _is_document_time(node, document):
        return None
    return _time(node, rule)


def _is_document_time(node: Node, document: Node) -> bool:
    value = node.peek("value")
    is_same = value == document["effectiveTime"].peek("value") and dates.keeps_precision(value or "")
    if is_same:
        node.attribute("value", "document-time")
    return is_same


def _relation(node: Node) -> tuple[str, Resource] | None:
    code = _RELATIONS.get(node.peek("typeCode") or "")
    found = identifiers.to_fhir(node["parentDocument/id"], "related-document") if code else None
    if not code or not found:
        return None
    node.attribute("typeCode", "related-document")
    return code, found


def _authors(document: Node, bundling: Bundling) -> tuple[str, ...]:
    """The authors. The time of one who wrote at another time than the document's is told in words."""
    found = []
    for author in document.each("author"):
        _is_document_time(author["time"], document)
        author["time"].implied("author-time-unknown", "nullFlavor")
        if role := bundling.role(author["assignedAuthor"], **_PERSON):
            found.append(_with_function(role, author["functionCode"], bundling))
    return tuple(found)


def _with_function(role: str, function: Node, bundling: Bundling) -> str:
    """The role with what the person was to the patient (PCP: treating doctor) as its code."""
    resource = bundling.entries[role]
    if resource["resourceType"] == "PractitionerRole" and (code := coding.to_fhir(function, "function")):
        others = [concept for concept in resource.get("code", []) if concept != {"coding": [code]}]
        resource["code"] = [*others, {"coding": [code]}]
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
    holder = bundling.entries[role]
    organization = bundling.entries[holder.get("organization", {}).get("reference", role)]
    is_type = node.exists and uri_of(node.peek("codeSystem") or "") == systems.FACILITY_TYPE
    if is_type and organization["resourceType"] == "Organization":
        _set_type(organization, coding.to_fhir(node, "structure-type"))


def _set_type(organization: Resource, kind: Resource | None) -> None:
    if kind:
        others = [concept for concept in organization.get("type", []) if concept != {"coding": [kind]}]
        organization["type"] = [*others, {"coding": [kind]}]


def _custodian(document: Node, bundling: Bundling) -> str | None:
    organization = organization_to_fhir(document["custodian/assignedCustodian/representedCustodianOrganization"])
    return bundling.share(organization) if organization else None


def _treating_doctor(document: Node, bundling: Bundling) -> str | None:
    for participant in document.each("participant"):
        if _is_treating_doctor(participant):
            participant.attribute("typeCode", "treating-doctor")
            participant["functionCode"].attribute("code", "treating-doctor")
            participant["functionCode"].implied("treating-doctor", "displayName", "codeSystem", "codeSystemName")
            participant["time"].implied("treating-doctor", "nullFlavor")
            return bundling.role(participant["associatedEntity"], **_PARTICIPANT)
    return None


def _care_team(document: Node, bundling: Bundling, patient_url: str) -> str | None:
    """Every other participant: a member of the patient's care team, in the role that the document gives."""
    members = [_member(node, bundling) for node in document.each("participant") if not _is_treating_doctor(node)]
    if not any(members):
        return None
    team: Resource = {"resourceType": "CareTeam", "subject": reference(patient_url)}
    return bundling.share(team | {"participant": [member for member in members if member]})


def _is_treating_doctor(node: Node) -> bool:
    return node.peek("typeCode") == "INF" and node["functionCode"].peek("code") == "PCP"


def _member(node: Node, bundling: Bundling) -> Resource | None:
    """What somebody was to the patient: the function, how they took part, and as what."""
    entity = node["associatedEntity"]
    who = bundling.role(entity, **_PARTICIPANT)
    roles = [
        coding.to_fhir(node["functionCode"], "participant-function"),
        _plain_code(node, "typeCode", systems.PARTICIPATION_TYPE),
        _plain_code(entity, "classCode", systems.ROLE_CLASS),
    ]
    start, end = _time(node["time/low"], "participant-time"), _time(node["time/high"], "participant-time")
    node["time"].implied("participant-time-unknown", "nullFlavor")
    period = {name: value for name, value in (("start", start), ("end", end)) if value}
    member: Resource = {"role": [{"coding": [role]} for role in roles if role]} if any(roles) else {}
    member |= {"member": reference(who)} if who else {}
    return (member | ({"period": period} if period else {})) or None


def _plain_code(node: Node, name: str, system: str) -> Resource | None:
    code = node.attribute(name, "participant")
    return {"system": system, "code": code} if code else None


def _order(order: Node) -> Order:
    found = (identifiers.to_fhir(node, "order-id") for node in order.each("id"))
    return Order(tuple(i for i in found if i), order["code"])


def _event(document: Node) -> tuple[str | None, str | None]:
    """The times of the first serviceEvent."""
    event = document["documentationOf/serviceEvent"]
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
    node["effectiveTime"].implied("encounter-time-unknown", "nullFlavor")
    if start or end:
        encounter["status"] = implied_status(end is not None)
        encounter["period"] = {name: value for name, value in (("start", start), ("end", end)) if value}
    encounter |= {"identifier": ids} if ids else {}
    if not kind:
        node.ledger.fill("Encounter.class", "ambulatory-by-default")
    encounter |= {"class": kind or {"system": systems.ACT_CODE, "code": "AMB"}, "subject": reference(patient_url)}
    _setting(document, encounter)
    _facility(node["location/healthCareFacility"], encounter, bundling)
    return bundling.share(encounter)


def _setting(document: Node, encounter: Resource) -> None:
    setting = coding.to_fhir(document[_PRACTICE_SETTING], "practice-setting")
    if setting:
        encounter["serviceType"] = {"coding": [setting]}


def _facility(node: Node, encounter: Resource, bundling: Bundling) -> None:
    kind = coding.to_fhir(node["code"], "structure-type")
    found = identifiers.to_fhir(node["id"], "structure-id")
    if found:
        structure: dict[str, Any] = {"resourceType": "Organization", "identifier": [found]}
        url = bundling.share(structure)
        encounter["serviceProvider"] = reference(url)
        _set_type(bundling.entries[url], kind)


def type_of(found: Header) -> Resource:
    """The type of a Composition, which needs one."""
    return {"coding": [found.type]} if found.type else UNKNOWN


def written_by(found: Header) -> Resource:
    """`Composition.date` and `author`, which it needs: unknown where the document says neither."""
    date = {"date": found.written_at} if found.written_at else {"_date": UNKNOWN}
    return {**date, "author": [reference(url) for url in found.authors] or [UNKNOWN]}


def attesters(found: Header) -> list[Resource]:
    """`Composition.attester`: who answers for the document, and when they signed where that is another time."""
    party = {"party": reference(found.legal_authenticator)} if found.legal_authenticator else {}
    said = party | ({"time": found.signed_at} if found.signed_at else {})
    return [{"mode": "legal", **said}] if said else []
