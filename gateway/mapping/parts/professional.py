"""A professional in a structure: Practitioner, PractitionerRole and Organization together ↔ the CDA roles.

In CDA one person stands in many roles (author, legal authenticator, performer, recipient …), each holding the same
identifiers, speciality, contact, name and structure. In FHIR the three resources are referred to from many places.
Source: ANS "Structuration minimale" (author, custodian, legalAuthenticator, informationRecipient); ANS annexe
PS_IdNat and Struct_IdNat.
"""

from dataclasses import dataclass

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.parts import coding, contact, identifiers, names
from gateway.mapping.source import Element, Node
from gateway.model import Party
from gateway.mssante.format.build import add

IDNPS = systems.PS_IDNAT
IDNST = systems.STRUCT_IDNAT
Resource = dict[str, object]


@dataclass(frozen=True, slots=True)
class Professional:
    """Cursors on the three resources; any may not exist (a structure alone, a person without structure)."""

    practitioner: Element
    role: Element
    organization: Element

    @property
    def person_id(self) -> str | None:
        """PS_IdNat, from the identifier or from the RPPS."""
        return _person_id(self.practitioner)

    @property
    def structure_id(self) -> str | None:
        """Struct_IdNat."""
        return next((i["value"].peek() for i in self.organization.each("identifier") if _system(i) == IDNST), None)

    @property
    def party(self) -> Party:
        """For routing."""
        return Party(self.person_id, self.structure_id, self.display_name)

    @property
    def display_name(self) -> str:
        """For people: "Odile BRASSENNE", or the structure's name."""
        name = self.practitioner.first("name")
        words = [*(g.peek() for g in name.each("given")), (name["family"].peek() or "").upper()]
        person = " ".join(word for word in words if word)
        return person or self.organization["name"].peek() or ""


def _system(identifier: Element) -> str | None:
    return identifier["system"].peek()


def _person_id(practitioner: Element) -> str | None:
    values = {_system(i): i["value"].peek() for i in practitioner.each("identifier")}
    rpps = values.get(systems.RPPS)
    return values.get(IDNPS) or (f"8{rpps}" if rpps else None)


# --- to CDA ------------------------------------------------------------------------------------------------------


def entity_to_cda(
    entity: etree._Element, who: Professional, *, person: str, organization: str, mailboxes: bool = True
) -> etree._Element | None:
    """Fill an assignedAuthor, assignedEntity or associatedEntity. `person` and `organization` name its children.

    Returns the organisation element, where there is one.
    """
    person_id_to_cda(entity, who.practitioner)
    specialty = coding.coding_in(who.role.first("specialty"), systems.SPECIALITY)
    if specialty:
        coding.to_cda(entity, "code", specialty, "author-specialty", "specialties")
    contact_of_role(entity, who, mailboxes=mailboxes)
    person_name_to_cda(entity, who.practitioner, person)
    if not who.organization.exists:
        return None
    return organization_to_cda(add(entity, organization), who.organization, mailboxes=mailboxes)


def assigned_to_cda(entity: etree._Element, who: Professional) -> etree._Element | None:
    """Fill an assignedAuthor or assignedEntity; returns its representedOrganization, where there is one."""
    return entity_to_cda(entity, who, person="assignedPerson", organization="representedOrganization")


def contact_of_role(entity: etree._Element, who: Professional, *, mailboxes: bool) -> None:
    """The addresses and telecoms of the person: those of the role, else of the practitioner."""
    for address in who.practitioner.each("address"):
        contact.address_to_cda(entity, address, "professional-address")
    for holder in (who.role, who.practitioner):
        contact.telecoms_to_cda(entity, holder, "professional-telecom", mailboxes=mailboxes)


def person_id_to_cda(entity: etree._Element, practitioner: Element) -> None:
    """The `id` of a person: PS_IdNat. An RPPS that it contains is carried by it."""
    value = _person_id(practitioner)
    if value is None:
        return
    given = {_system(i): i for i in practitioner.each("identifier")}
    for system, type_code in ((IDNPS, "IDNPS"), (systems.RPPS, "RPPS")):
        identifier = given.get(system)
        if identifier and value.endswith(identifier["value"].peek() or "?"):
            _claim_identifier(identifier, type_code)
    if IDNPS not in given:
        practitioner.ledger.fill("id/@extension", "professional-id-from-rpps")
    identifiers.add_id(entity, IDNPS, value)


def _claim_identifier(identifier: Element, type_code: str) -> None:
    for name in ("system", "value"):
        identifier[name].structured("professional-id")
    kind = identifier["type"].first("coding")
    if kind["code"].peek() == type_code and kind["system"].peek() == systems.FR_IDENTIFIER_TYPE:
        kind["system"].structured("identifier-type-by-root")
        kind["code"].structured("identifier-type-by-root")
    if identifier["use"].peek() == "official" and type_code != "RPPS":
        identifier["use"].structured("identifier-use-by-root")


def person_name_to_cda(entity: etree._Element, practitioner: Element, element: str) -> None:
    """assignedPerson, associatedPerson or informationRecipient, with the first name given; CDA wants its family."""
    name = practitioner.first("name")
    if name["family"].peek():
        names.person_to_cda(add(entity, element), name, "professional-name")


def organization_to_cda(
    target: etree._Element, organization: Element, *, mailboxes: bool = True, described: bool = True
) -> etree._Element:
    """Fill a representedOrganization, receivedOrganization, scopingOrganization or custodian organisation."""
    national = (i for i in organization.each("identifier") if _system(i) == IDNST and i["value"].peek())
    if identifier := next(national, None):  # the profile takes one
        _claim_identifier(identifier, "IDNST")
        identifiers.add_id(target, IDNST, identifier["value"].peek() or "")
    if name := organization["name"].structured("structure-name"):
        add(target, "name", name)
    if described:
        contact.telecoms_to_cda(target, organization, "structure-telecom", mailboxes=mailboxes)
        for address in organization.each("address"):
            contact.address_to_cda(target, address, "structure-address")
    return target


# --- to FHIR -----------------------------------------------------------------------------------------------------


def device_to_fhir(entity: Node) -> Resource | None:
    """The Device that wrote a document; None where a person did."""
    device = entity["assignedAuthoringDevice"]
    if not device.exists:
        return None
    ids = [i for n in entity.each("id") if (i := identifiers.to_fhir(n, "device-id"))]
    name, model = device["softwareName"].text("device-name"), device["manufacturerModelName"].text("device-model")
    parts: dict[str, object] = {
        "identifier": ids,
        "deviceName": [{"name": name, "type": "user-friendly-name"}] if name else [],
        "modelNumber": model,
    }
    return {"resourceType": "Device"} | {key: value for key, value in parts.items() if value}


def practitioner_to_fhir(entity: Node, person: str) -> Resource | None:
    """The Practitioner of an entity; None where it names nobody."""
    name = names.person_to_fhir(entity[person]["name"], "professional-name")
    ids = [i for n in entity.each("id") for i in _person_identifiers(n)]
    if not ids and not name:
        return None
    practitioner: Resource = {"resourceType": "Practitioner"}
    practitioner |= {"identifier": ids} if ids else {}
    practitioner |= {"name": [name]} if name else {}
    addresses = [a for n in entity.each("addr") if (a := contact.address_to_fhir(n, "professional-address"))]
    return practitioner | ({"address": addresses} if addresses else {})


def _person_identifiers(node: Node) -> list[Resource]:
    found = identifiers.to_fhir(node, "professional-id")
    if found is None:
        return []
    if found["system"] != IDNPS:
        return [found]
    value = str(found["value"])
    national = _typed("IDNPS", IDNPS, value, "official")
    is_rpps = value.startswith("8") and len(value) == len("8") + 11 and "/" not in value
    return [national, _typed("RPPS", systems.RPPS, value[1:])] if is_rpps else [national]


def _typed(code: str, system: str, value: str, use: str | None = None) -> Resource:
    kind = {"coding": [{"system": systems.FR_IDENTIFIER_TYPE, "code": code}]}
    return ({"use": use} if use else {}) | {"type": kind, "system": system, "value": value}


def role_to_fhir(entity: Node) -> Resource:
    """The PractitionerRole of an entity, without its references."""
    role: Resource = {"resourceType": "PractitionerRole"}
    if specialty := coding.to_fhir(entity["code"], "author-specialty"):
        role["specialty"] = [{"coding": [specialty]}]
    if telecoms := contact.telecoms_to_fhir(entity, "professional-telecom"):
        role["telecom"] = telecoms
    return role


def organization_to_fhir(node: Node) -> Resource | None:
    """The Organization of a structure element; None where it is absent or empty."""
    ids = [i for n in node.each("id") if (i := identifiers.to_fhir(n, "structure-id"))]
    organization: Resource = {"resourceType": "Organization"}
    if ids:
        organization["identifier"] = [
            _typed("IDNST", IDNST, str(i["value"]), "official") if i["system"] == IDNST else i for i in ids
        ]
    if name := node["name"].text("structure-name"):
        organization["name"] = name
    if telecoms := contact.telecoms_to_fhir(node, "structure-telecom"):
        organization["telecom"] = telecoms
    addresses = [a for n in node.each("addr") if (a := contact.address_to_fhir(n, "structure-address"))]
    organization |= {"address": addresses} if addresses else {}
    return organization if len(organization) > 1 else None
