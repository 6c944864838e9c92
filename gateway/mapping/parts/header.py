"""The CDA header as a whole, in the order of the schema, from FHIR parts that a document type has picked.

Source: ANS "Structuration minimale des documents de santé" (cardinalities, fixed values); HL7 CDA R2 (order).
"""

from dataclasses import dataclass

from lxml import etree

from gateway.errors import MappingError
from gateway.fhir.format import systems
from gateway.mapping.context import Context
from gateway.mapping.parts import coding, dates, identifiers, patient
from gateway.mapping.parts.contact import telecoms_to_cda
from gateway.mapping.parts.professional import (
    IDNST,
    Professional,
    assigned_to_cda,
    entity_to_cda,
    organization_to_cda,
    person_id_to_cda,
    person_name_to_cda,
)
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element
from gateway.mapping.terminology import display_of, oid_in
from gateway.model import Finding
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, root, unknown


@dataclass(frozen=True, slots=True)
class DocumentCode:
    """What a document is. Source: JDV_J07."""

    code: str
    display: str
    oid: str = oids.LOINC


LEVEL_1 = (oids.TEMPLATE_SCANNED_DOCUMENT,)
LETTER_LEVEL_3 = (oids.TEMPLATE_MEDICAL_DOCUMENT, oids.TEMPLATE_MEDICAL_SUMMARY, oids.TEMPLATE_REFERRAL_SUMMARY)
"""A letter has no national model; IHE PCC Referral Summary with its parents. Source: IHE PCC TF-2."""


@dataclass(frozen=True, slots=True)
class Order:
    """A business id of the thread, kept in `inFulfillmentOf`."""

    identifiers: tuple[Element, ...]
    category: Element | None = None


@dataclass(frozen=True, slots=True)
class HeaderSource:
    """Where each part of a header comes from."""

    place: str
    """Which document of the message: the root of its derived ids ("letter", "attachment[0]")."""
    code: DocumentCode
    title: str
    written_at: Element
    patient: Element
    author: Professional
    recipients: tuple[Professional, ...]
    orders: tuple[Order, ...]
    encounter: Element
    facility: Professional
    """The structure where the patient was seen."""
    treating_doctor: Professional | None = None
    confidentiality: str = "N"
    templates: tuple[str, ...] = LEVEL_1
    """The templateIds of the model, beside the two of every French document."""


CONFIDENTIALITY = {"N": "Normal", "R": "Restreint", "V": "Très restreint"}
"""The codes that the profile takes, with their names."""


def choose_confidentiality(given: Element) -> str:
    """Normal, or more. What is less than normal is told in the letter: the profile has no code for it."""
    known = given.peek() in CONFIDENTIALITY
    return (given.structured("confidentiality") if known else None) or "N"


def to_cda(source: HeaderSource, context: Context) -> etree._Element:
    """A ClinicalDocument with its header; for a level 1 model, with an empty nonXMLBody, else without a body.

    Raises MappingError `facility-unknown` where neither the message nor the registry says what kind of structure
    the author works in.
    """
    document = root("ClinicalDocument")
    _identity(document, source, context)
    patient.to_cda(document, source.patient)
    _people(document, source)
    for order in source.orders:
        _order(document, order)
    _service_event(document, source, context)
    _encounter(document, source, context)
    if source.templates == LEVEL_1:
        body = add(add(document, "component"), "nonXMLBody")
        add(body, "text", mediaType="application/pdf", representation="B64")
    return document


def _identity(document: etree._Element, source: HeaderSource, context: Context) -> None:
    add(document, "realmCode", code="FR")
    add(document, "typeId", root=oids.CDA_TYPE_ID, extension=oids.CDA_TYPE_ID_EXTENSION)
    for template in (oids.TEMPLATE_HL7_FRANCE, oids.TEMPLATE_CI_SIS, *source.templates):
        add(document, "templateId", root=template)
    add(document, "id", root=context.oid(f"{source.place}/id"))
    code = source.code
    add(document, "code", code=code.code, displayName=code.display, codeSystem=code.oid)
    add(document, "title", source.title)
    add(document, "effectiveTime", value=_written(source))
    add(
        document,
        "confidentialityCode",
        code=source.confidentiality,
        displayName=CONFIDENTIALITY[source.confidentiality],
        codeSystem=oids.CONFIDENTIALITY,
    )
    add(document, "languageCode", code="fr-FR")
    add(document, "setId", root=context.oid(f"{source.place}/set"))
    add(document, "versionNumber", value="1")


def _written(source: HeaderSource) -> str:
    return dates.to_cda(source.written_at.structured("document-time") or "") or ""


def _people(document: etree._Element, source: HeaderSource) -> None:
    author = add(document, "author")
    add(author, "time", value=_written(source))
    assigned_to_cda(add(author, "assignedAuthor"), source.author)
    custodian = add(add(document, "custodian"), "assignedCustodian")
    organization_to_cda(add(custodian, "representedCustodianOrganization"), source.author.organization, described=False)
    for recipient in source.recipients:
        _recipient(document, recipient)
    legal = add(document, "legalAuthenticator")
    source.author.practitioner.ledger.fill("legalAuthenticator", "legal-authenticator-is-author")
    add(legal, "time", value=_written(source))
    add(legal, "signatureCode", code="S")
    assigned_to_cda(add(legal, "assignedEntity"), source.author)
    if source.treating_doctor:
        _treating_doctor(document, source.treating_doctor)


def _recipient(document: etree._Element, who: Professional) -> None:
    intended = add(add(document, "informationRecipient"), "intendedRecipient")
    person_id_to_cda(intended, who.practitioner)
    for holder in (who.role, who.practitioner):
        telecoms_to_cda(intended, holder, "professional-telecom", mailboxes=False)
    person_name_to_cda(intended, who.practitioner, "informationRecipient")
    if who.organization.exists:
        organization_to_cda(add(intended, "receivedOrganization"), who.organization, mailboxes=False)
        for kind in who.organization.each("type"):
            # What kind of structure the reader works in is a copy of the directory; the model has no place for it.
            kind.claim_all(Outcome.WITHHELD, "directory-data-of-recipient")


def _treating_doctor(document: etree._Element, who: Professional) -> None:
    participant = add(document, "participant", typeCode="INF")
    add(participant, "functionCode", code="PCP", displayName="Médecin traitant", codeSystem=oids.PARTICIPATION_FUNCTION)
    add(participant, "time", nullFlavor="NA")
    entity = add(participant, "associatedEntity", classCode="PROV")
    entity_to_cda(entity, who, person="associatedPerson", organization="scopingOrganization", mailboxes=False)


def _order(document: etree._Element, order: Order) -> None:
    named = [identifier for identifier in order.identifiers if identifiers.is_complete(identifier)]
    if not named:  # CDA wants an id in each order
        return
    target = add(add(document, "inFulfillmentOf"), "order")
    for identifier in named:
        identifiers.to_cda(target, identifier, "order-id")
    if order.category:
        coding.to_cda(target, "code", order.category, "order-category", None)


def _service_event(document: etree._Element, source: HeaderSource, context: Context) -> None:
    event = add(add(document, "documentationOf"), "serviceEvent")
    start = source.encounter["period"]["start"].peek() or source.written_at.peek() or ""
    add(add(event, "effectiveTime"), "low", value=dates.to_cda(start))
    entity = add(add(event, "performer", typeCode="PRF"), "assignedEntity")
    structure = assigned_to_cda(entity, source.author)
    if structure is None:
        structure = add(entity, "representedOrganization")
    _practice_setting(structure, source, context)


def _practice_setting(structure: etree._Element, source: HeaderSource, context: Context) -> None:
    given = coding.coding_in(source.encounter["serviceType"], systems.PRACTICE_SETTING)
    name = "standardIndustryClassCode"
    if given and coding.to_cda(structure, name, given, "practice-setting", "practice_settings"):
        return
    code = context.practice_setting or "AMBULATOIRE"
    rule = "practice-setting-from-registry" if context.practice_setting else "practice-setting-default"
    source.encounter.ledger.guess(name, rule)
    _from_table(structure, name, code, "practice_settings")


def _encounter(document: etree._Element, source: HeaderSource, context: Context) -> None:
    target = add(add(document, "componentOf"), "encompassingEncounter")
    encounter = source.encounter
    for identifier in encounter.each("identifier"):
        identifiers.to_cda(target, identifier, "encounter-id")
    if encounter["class"].exists:
        coding.to_cda(target, "code", encounter["class"], "encounter-class", "encounter_classes")
    _period(target, encounter)
    facility = add(add(target, "location"), "healthCareFacility")
    structure_id = source.facility.structure_id
    if structure_id:
        identifiers.add_id(facility, IDNST, structure_id)
    _facility_code(facility, source, context)


def _period(target: etree._Element, encounter: Element) -> None:
    if not encounter["period"]["start"].exists:
        unknown(target, "effectiveTime")
        encounter.ledger.fill("componentOf/encompassingEncounter/effectiveTime", "encounter-time-unknown")
        return
    times = add(target, "effectiveTime")
    for fhir, cda in (("start", "low"), ("end", "high")):
        if value := encounter["period"][fhir].structured("encounter-period"):
            add(times, cda, value=dates.to_cda(value))
    _status(encounter)


def _status(encounter: Element) -> None:
    """CDA knows an encounter by its times: one that has ended is finished. "Unknown" says nothing to carry."""
    status, ended = encounter["status"].peek(), encounter["period"]["end"].exists
    if status == implied_status(ended):
        rule = "encounter-status-by-period"
        encounter["status"].take(Outcome.STRUCTURED if ended else Outcome.STRUCTURAL, rule)


def implied_status(ended: bool) -> str:
    """The status of an encounter that is known only by its times."""
    return "finished" if ended else "unknown"


def facility_coding(organization: Element) -> Element | None:
    """The coding of a structure's type that is a JDV_J02 code."""
    codings = (coding.coding_in(kind, systems.FACILITY_TYPE) for kind in organization.each("type"))
    return next((found for found in codings if found), None)


def _facility_code(facility: etree._Element, source: HeaderSource, context: Context) -> None:
    given = facility_coding(source.facility.organization)
    if given and coding.to_cda(facility, "code", given, "structure-type", "facility_types"):
        return
    if not context.facility_type:
        raise MappingError(Finding("facility-unknown", f"{source.facility.organization.path}.type"))
    source.encounter.ledger.fill("healthCareFacility/code", "facility-type-from-registry")
    _from_table(facility, "code", context.facility_type, "facility_types")


def _from_table(parent: etree._Element, name: str, code: str, table: str) -> None:
    add(parent, name, code=code, displayName=display_of(table, code) or code, codeSystem=oid_in(table, code))
