"""The elements that the maps of a referral carry structured: those of each entry part, and those of the header.

The lists are the denominators of the coverage that `python -m tests.properties` prints; they are written by hand from
what the parts say of themselves, so that an element which no generated message reaches shows as such.
"""

from tests.mapping.entries.test_round_trips import CASES, CONCEPT, under

_IDENTIFIER = "identifier.system identifier.value"
_TYPED = f"{_IDENTIFIER} identifier.use identifier.type.coding.system identifier.type.coding.code"
_TELECOM = under("telecom", "system value use")
_ADDRESS = under("address", "use line city state postalCode country")
_CODING = "system code display"
_PATIENT = f"""{_TYPED} {_TELECOM} {_ADDRESS} gender birthDate name.use name.family name.given name.extension.url
    name.extension.valueString extension.url extension.extension.url
    {under("extension.extension.valueCoding", "system code")}
    {under("extension.valueAddress", "city country extension.url")}
    {under("extension.valueAddress.extension.valueCoding", "system code")}"""

HEADER: dict[str, str] = {
    "Task": f"{_IDENTIFIER} authoredOn",
    "ServiceRequest": f"""{_IDENTIFIER} authoredOn {under("category.coding", _CODING)} {under("code", CONCEPT)}
        {under("reasonCode", CONCEPT)}""",
    "Patient": _PATIENT,
    "Practitioner": f"{_TYPED} {_TELECOM} {_ADDRESS} {under('name', 'family given prefix suffix')}",
    "PractitionerRole": f"{_TELECOM} {under('specialty.coding', _CODING)}",
    "Organization": f"{_TYPED} {_TELECOM} {_ADDRESS} name {under('type.coding', _CODING)}",
    "Encounter": f"""{_IDENTIFIER} {under("class", _CODING)} {under("serviceType.coding", _CODING)}
        period.start period.end status""",
    "Composition": "title date confidentiality",
    "DocumentReference": f"{under('content.attachment', 'contentType title')} {under('type.coding', _CODING)}",
}
"""Resource type → the elements that the header of a document, or its section of the reason, carries."""

_TYPES = {
    "problem": "Condition",
    "allergy": "AllergyIntolerance",
    "procedure": "Procedure",
    "planned-procedure": "ServiceRequest",
    "immunization": "Immunization",
    "device": "Device",
    "observation": "Observation",
    "vital-sign": "Observation",
    "vital-signs-panel": "Observation",
    "medication-statement": "MedicationStatement",
    "medication-request": "MedicationRequest",
}


def _paths(kind: str, names: str) -> set[str]:
    return {f"{kind}.{name}" for name in names.split()}


CARRIED: frozenset[str] = frozenset().union(
    *(_paths(kind, names) for kind, names in HEADER.items()),
    *(_paths(_TYPES[case], names) for case, (_, _, names) in CASES.items()),
)
"""`Patient.name.family`, …: all of them."""
