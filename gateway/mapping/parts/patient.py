"""Patient ↔ recordTarget: identifiers, INS block, names, sex, birth date and place, address.

An INS travels only when the identity is qualified; otherwise it is withheld, and the sender is told.
Source: ANS "Structuration minimale" (INS block rule); RNIV (only a qualified INS is sent); FR Core patient profiles.
"""

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.parts import contact, dates, identifiers, names
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element, Node
from gateway.model import Identifier, InsStatus, PatientIdentity
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown

_GENDER = {"male": "M", "female": "F", "unknown": "UN"}
_GENDER_NAME = {"M": "Masculin", "F": "Féminin", "UN": "Inconnu"}
_INS_TYPES = {
    systems.INS_NIR: ("INS-NIR", "official"),
    systems.INS_NIA: ("INS-NIA", "temp"),
    systems.INS_NIR_TEST: ("INS-NIR-TEST", "official"),
    systems.INS_NIR_DEMO: ("INS-NIR-DEMO", "official"),
}
_STATUS_SYSTEMS = (systems.IDENTITY_STATUS, systems.IDENTITY_STATUS_2_1)


def identity_of(patient: Element) -> PatientIdentity:
    """The identifiers that routing needs. Claims nothing. Only the type tells an INS from a billing number."""
    local, ins = None, None
    for identifier in patient.each("identifier"):
        system, value = identifier["system"].peek(), identifier["value"].peek()
        if not system or not value:
            continue
        if _is_ins(identifier):
            ins = ins or Identifier(system, value)
        elif _type_code(identifier) == "PI":
            local = local or Identifier(system, value)
    return PatientIdentity(local, ins, _status(patient))


def _type_code(identifier: Element) -> str | None:
    return identifier["type"].first("coding")["code"].peek()


def _is_ins(identifier: Element) -> bool:
    expected = _INS_TYPES.get(identifier["system"].peek() or "")
    return expected is not None and _type_code(identifier) == expected[0]


def _status(patient: Element) -> InsStatus | None:
    coding = _status_coding(patient)
    status = coding["code"].peek()
    if status is None or coding["system"].peek() not in _STATUS_SYSTEMS:
        return None
    return InsStatus(status) if status in set(InsStatus) else None


def _status_coding(patient: Element) -> Element:
    return patient.extension(systems.IDENTITY_RELIABILITY).extension("identityStatus")["valueCoding"]


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(document: etree._Element, patient: Element) -> None:
    """Add recordTarget."""
    role = add(add(document, "recordTarget"), "patientRole")
    qualified = identity_of(patient).ins_status is InsStatus.QUALIFIED
    for identifier in patient.each("identifier"):
        _identifier_to_cda(role, identifier, qualified)
    for address in patient.each("address"):
        contact.address_to_cda(role, address, "patient-address")
    contact.telecoms_to_cda(role, patient, "patient-telecom")
    if qualified:
        _claim_status(patient)
    _person_to_cda(add(role, "patient"), patient)


def _identifier_to_cda(role: etree._Element, identifier: Element, qualified: bool) -> None:
    if _is_ins(identifier):
        if not qualified:
            identifier.claim_all(Outcome.WITHHELD, "ins-not-qualified")
            return
        identifiers.to_cda(role, identifier, "patient-ins")
        _claim_implied(identifier, *_INS_TYPES[identifier["system"].peek() or ""], systems.FR_IDENTIFIER_TYPE)
    elif _type_code(identifier) == "PI":
        identifiers.to_cda(role, identifier, "patient-local-id")
        _claim_implied(identifier, "PI", "usual", systems.IDENTIFIER_TYPE)


def _claim_implied(identifier: Element, code: str, use: str, system: str) -> None:
    """Type and use that the way back derives from the root: structured where they are just that."""
    coding = identifier["type"].first("coding")
    if coding["code"].peek() == code and coding["system"].peek() == system:
        coding["code"].structured("patient-identifier-type-by-root")
        coding["system"].structured("patient-identifier-type-by-root")
    if identifier["use"].peek() == use:
        identifier["use"].structured("patient-identifier-use-by-root")


def _claim_status(patient: Element) -> None:
    """A qualified identity is what an INS in a CDA means."""
    reliability = patient.extension(systems.IDENTITY_RELIABILITY)
    status = reliability.extension("identityStatus")
    for leaf in (reliability["url"], status["url"], status["valueCoding"]["code"]):
        leaf.structured("patient-identity-qualified")
    system = status["valueCoding"]["system"]
    if system.peek() == systems.IDENTITY_STATUS:  # the way back writes this one; the older is told in the letter
        system.structured("patient-identity-qualified")


def _person_to_cda(target: etree._Element, patient: Element) -> None:
    names.patient_to_cda(target, patient)
    gender = _GENDER.get(patient["gender"].peek() or "")
    if gender:
        patient["gender"].structured("patient-gender")
    else:  # the profile wants a code and has none for "other": the letter tells it
        gender = _GENDER["unknown"]
        patient.ledger.fill("recordTarget/patientRole/patient/administrativeGenderCode", "patient-gender-unknown")
    name, system = _GENDER_NAME[gender], oids.ADMINISTRATIVE_GENDER
    add(target, "administrativeGenderCode", code=gender, displayName=name, codeSystem=system)
    _birth_time_to_cda(target, patient)
    _birth_place_to_cda(target, patient)


def _birth_time_to_cda(target: etree._Element, patient: Element) -> None:
    value = dates.to_cda(patient["birthDate"].peek() or "")
    if value is None:
        unknown(target, "birthTime")
        patient.ledger.fill("recordTarget/patientRole/patient/birthTime", "patient-birth-date-unknown")
        return
    patient["birthDate"].structured("patient-birth-date")
    add(target, "birthTime", value=value)


def _birth_place_to_cda(target: etree._Element, patient: Element) -> None:
    place = patient.extension(systems.BIRTH_PLACE)
    address = place["valueAddress"]
    commune = address.extension(systems.INSEE_CODE)
    code = commune["valueCoding"]["code"].peek()
    if not code or commune["valueCoding"]["system"].peek() != systems.COMMUNE:
        return
    for leaf in (place["url"], commune["url"], commune["valueCoding"]["system"], commune["valueCoding"]["code"]):
        leaf.structured("patient-birth-place")
    addr = add(add(add(target, "birthplace"), "place"), "addr")
    add(addr, "county", code)
    for name in ("city", "country"):
        if value := address[name].structured("patient-birth-place"):
            add(addr, name, value)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(record_target: Node) -> dict[str, object]:
    """The Patient resource of a recordTarget."""
    role = record_target["patientRole"]
    person = role["patient"]
    ids = [_identifier_to_fhir(found) for n in role.each("id") if (found := identifiers.to_fhir(n, "patient-id"))]
    patient: dict[str, object] = {"resourceType": "Patient"}
    qualified = any(i["system"] in _INS_TYPES for i in ids)
    parts: list[tuple[str, list[dict[str, object]]]] = [
        ("extension", _extensions(person, qualified)),
        ("identifier", ids),
        ("name", names.patient_to_fhir(person["name"])),
        ("telecom", contact.telecoms_to_fhir(role, "patient-telecom")),
        ("address", [a for n in role.each("addr") if (a := contact.address_to_fhir(n, "patient-address"))]),
    ]
    patient |= {name: value for name, value in parts if value}
    return patient | _sex_and_birth(person)


def _identifier_to_fhir(found: dict[str, object]) -> dict[str, object]:
    ins = _INS_TYPES.get(str(found["system"]))
    code, use, system = (*ins, systems.FR_IDENTIFIER_TYPE) if ins else ("PI", "usual", systems.IDENTIFIER_TYPE)
    return {"use": use, "type": {"coding": [{"system": system, "code": code}]}, **found}


def _sex_and_birth(person: Node) -> dict[str, object]:
    values: dict[str, object] = {}
    gender = person["administrativeGenderCode"]
    word = next((word for word, cda in _GENDER.items() if cda == gender.peek("code")), None)
    if word:
        gender.attribute("code", "patient-gender")
        gender.implied("patient-gender", "displayName", "codeSystem", "codeSystemName")
        values["gender"] = word
    birth = person["birthTime"]
    birth.implied("patient-birth-date-unknown", "nullFlavor")
    value = birth.peek("value") or ""
    if date := dates.to_fhir(value[:8]):
        values["birthDate"] = date
        if value == value[:8]:  # the hour of birth has no place here: words tell it
            birth.attribute("value", "patient-birth-date")
    return values


def _extensions(person: Node, qualified: bool) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    if qualified:
        status = {"system": systems.IDENTITY_STATUS, "code": InsStatus.QUALIFIED.value}
        inner = [{"url": "identityStatus", "valueCoding": status}]
        found.append({"url": systems.IDENTITY_RELIABILITY, "extension": inner})
    address = person["birthplace/place/addr"]
    code = address["county"].text("patient-birth-place")
    if code:
        commune = {"url": systems.INSEE_CODE, "valueCoding": {"system": systems.COMMUNE, "code": code}}
        value: dict[str, object] = {"extension": [commune]}
        value |= {n: text for n in ("city", "country") if (text := address[n].text("patient-birth-place"))}
        found.append({"url": systems.BIRTH_PLACE, "valueAddress": value})
    return found
