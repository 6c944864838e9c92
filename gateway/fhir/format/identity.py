"""Who the patient is: one person, whose identity traits can be trusted as far as they claim.

A billing number (NSS) has the system of an INS; only its type tells. Taking one for the other is an identity incident,
so a qualified identity needs an identifier that says it is an INS.

Source: FR Core 2.2, FRCorePatientINSProfile (identifier slices, traits); RNIV 1 (statuses, strict traits).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.fhir.format.bundle import Entry, Message, Resource
from gateway.fhir.format.elements import find
from gateway.fhir.format.identifiers import ins_key_is_right, is_ins
from gateway.fhir.format.systems import (
    BILLING_NUMBER,
    BIRTH_PLACE,
    IDENTITY_RELIABILITY,
    IDENTITY_STATUS,
    INS_NIR,
    INS_TEST_SYSTEMS,
    INS_TYPES,
    INSEE_CODE,
)
from gateway.model import Finding, InsStatus

_SEX_DIGITS = {"male": "1378", "female": "2478"}
"""First digit of an INS. 3 and 4 are numbers being assigned; 7 and 8 temporary ones, read leniently."""


def check_identity(message: Message, *, production: bool = False) -> Iterator[Finding]:
    """Everything that is wrong with whom the message is about."""
    yield from _check_only_one(message)
    for patient in message.all("Patient"):
        yield from _check_patient(patient, production)


def _check_only_one(message: Message) -> Iterator[Finding]:
    """No other patient hides in a contained resource, a logical reference or a subject of another kind."""
    for entry in message.entries:
        for place in message.places_of(entry):
            value = place.value
            if not isinstance(value, Mapping):
                continue
            if value.get("resourceType") == "Patient" and place.path != entry.path:
                yield Finding("two-patients", place.path)
            if place.element in {f"{entry.type}.{name}" for name in ("subject", "patient", "for")}:
                yield from _check_subject(message, entry, place.path, value)


def _check_subject(message: Message, entry: Entry, path: str, reference: Resource) -> Iterator[Finding]:
    target = message.resolve(reference.get("reference"), entry)
    if target is None:
        yield Finding("missing-element", f"{path}.reference")
    elif target.type != "Patient":
        yield Finding("wrong-reference-target", f"{path}.reference", (("type", target.type), ("allowed", "Patient")))


def _check_patient(patient: Entry, production: bool) -> Iterator[Finding]:
    identifiers = list(find(patient.resource, patient.path, "identifier"))
    numbers = [(path, i) for path, i in identifiers if is_ins_identifier(i)]
    if not any(i.get("system") and i.get("value") for _, i in identifiers):
        yield Finding("missing-element", f"{patient.path}.identifier")
    yield from _check_name(patient)
    yield from (
        Finding("missing-element", f"{patient.path}.{x}") for x in ("gender", "birthDate") if x not in patient.resource
    )
    yield from _check_status(patient, identifiers, numbers)
    for path, number in numbers:
        yield from _check_ins(patient, path, number, production)
    if len({number.get("value") for _, number in numbers if number.get("use", "official") == "official"}) > 1:
        yield Finding("two-ins", f"{patient.path}.identifier")


def is_ins_identifier(identifier: Mapping[str, Any]) -> bool:
    """Whether an identifier of a patient says that it is an INS: by its system and its type.

    The system of the NIR alone does not say it; that of a NIA, or of test and demonstration, does.
    """
    system, types = identifier.get("system"), _type_codes(identifier)
    if system not in INS_TYPES or BILLING_NUMBER in types:
        return False
    return INS_TYPES[system] in types or (system != INS_NIR and not types)


def _type_codes(identifier: Mapping[str, Any]) -> set[str]:
    return {coding.get("code", "") for coding in identifier.get("type", {}).get("coding", [])}


def _check_name(patient: Entry) -> Iterator[Finding]:
    """Exactly one birth name (use official), with a family name and exactly one given name."""
    names = [(path, n) for path, n in find(patient.resource, patient.path, "name") if n.get("use") == "official"]
    if len(names) != 1:
        yield Finding("official-name", f"{patient.path}.name")
        return
    path, name = names[0]
    if not name.get("family"):
        yield Finding("missing-element", f"{path}.family")
    if len(name.get("given", [])) != 1:
        yield Finding("one-given-name", f"{path}.given")


def identity_status(patient: Resource) -> tuple[str, Mapping[str, Any]] | None:
    """(path within the patient, Coding) of the identity status; None where it is not given."""
    for at, extension in _extensions(patient, "", IDENTITY_RELIABILITY):
        for path, part in _extensions(extension, at, "identityStatus"):
            if isinstance(part.get("valueCoding"), Mapping):
                return f"{path}.valueCoding", part["valueCoding"]
    return None


def _extensions(holder: Mapping[str, Any], path: str, url: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((p, e) for p, e in find(holder, path, "extension") if e.get("url") == url)


def _check_status(
    patient: Entry, identifiers: list[tuple[str, Any]], numbers: list[tuple[str, Any]]
) -> Iterator[Finding]:
    for path, identifier in identifiers:
        if identifier.get("system") in INS_TYPES and _is_ambiguous(identifier):
            yield Finding("billing-number-as-ins", f"{path}.type")
    found = identity_status(patient.resource)
    if found is None:
        return
    path, coding = found
    if coding.get("system") == IDENTITY_STATUS and coding.get("code") not in set(InsStatus):
        yield Finding("wrong-code", f"{patient.path}.{path}.code", (("value_set", "fr-core-vs-identity-status"),))
    claimed = numbers or any(i.get("system") in INS_TYPES and _is_ambiguous(i) for _, i in identifiers)
    if coding.get("code") == InsStatus.QUALIFIED and not claimed:
        yield from _check_qualified_without_ins(patient, identifiers)


def _is_ambiguous(identifier: Mapping[str, Any]) -> bool:
    """In the system of an INS, but its type says nothing, or says both."""
    types = _type_codes(identifier)
    says_ins, says_billing = bool(types & set(INS_TYPES.values())), BILLING_NUMBER in types
    return says_ins == says_billing and identifier.get("system") == INS_NIR


def _check_qualified_without_ins(patient: Entry, identifiers: list[tuple[str, Any]]) -> Iterator[Finding]:
    billing = [path for path, i in identifiers if i.get("system") == INS_NIR and BILLING_NUMBER in _type_codes(i)]
    yield from (Finding("billing-number-as-ins", f"{path}.type") for path in billing)
    if not billing:
        yield Finding("qualified-without-ins", f"{patient.path}.identifier")


def _check_ins(patient: Entry, path: str, number: Mapping[str, Any], production: bool) -> Iterator[Finding]:
    value = str(number.get("value", ""))
    if production and number.get("system") in INS_TEST_SYSTEMS:
        yield Finding("test-ins-in-production", f"{path}.system")
    if not is_ins(value):
        yield Finding("ins-bad-format", f"{path}.value")
    elif not ins_key_is_right(value):
        yield Finding("ins-bad-key", f"{path}.value")
    elif value[0] not in _SEX_DIGITS.get(patient.resource.get("gender", ""), value[0]):
        yield Finding("ins-sex-differs", f"{patient.path}.gender")
    yield from _check_birth_place(patient, value)


def _check_birth_place(patient: Entry, ins: str) -> Iterator[Finding]:
    """The INSEE code of the birth place is a strict trait; communes merge, so another one than the INS's only warns."""
    places = [e.get("valueAddress", {}) for _, e in _extensions(patient.resource, "", BIRTH_PLACE)]
    codes = [e.get("valueCoding", {}).get("code") for place in places for _, e in _extensions(place, "", INSEE_CODE)]
    if not codes:
        yield Finding("birth-place-code-missing", f"{patient.path}.extension")
    elif is_ins(ins) and ins[5:10] not in codes:
        yield Finding("ins-birth-place-differs", f"{patient.path}.extension")
