"""Resources for the round trips of entries: whatever a part carries, and things beside it that it does not."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gateway.fhir.format import systems

Json = dict[str, Any]
Made = st.SearchStrategy[Json]

# --- pieces ------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=20).filter(
    str.strip
)
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.\-/]{0,10}", fullmatch=True)
_CCAM = "urn:oid:1.2.250.1.215.300.1"
SYSTEMS = st.sampled_from(
    [systems.ICD_10, systems.SNOMED_CT, systems.LOINC, systems.ATC, _CCAM, "urn:oid:bad", "https://example.org/codes"]
)
DATES = st.one_of(
    st.dates().map(lambda d: d.isoformat()),
    st.dates().map(lambda d: d.isoformat()[:7]),
    st.dates().map(lambda d: d.isoformat()[:4]),
    st.datetimes().map(lambda d: d.isoformat(timespec="seconds") + "+01:00"),
    st.datetimes().map(lambda d: d.isoformat(timespec="milliseconds") + "-04:30"),
    st.just("2026-11-20T08:30:00Z"),
)
PERIODS = st.fixed_dictionaries({}, optional={"start": DATES, "end": DATES})
CODINGS = st.fixed_dictionaries(
    {}, optional={"system": SYSTEMS, "version": WORDS, "code": CODES, "display": WORDS, "userSelected": st.booleans()}
)
GOOD_CODINGS = st.fixed_dictionaries({"system": SYSTEMS, "code": CODES}, optional={"display": WORDS})
CONCEPTS = st.one_of(
    st.fixed_dictionaries({"coding": st.lists(CODINGS, min_size=1, max_size=3)}, optional={"text": WORDS}),
    st.fixed_dictionaries({"text": WORDS}),
)
SAYING = st.one_of(
    st.fixed_dictionaries(
        {"coding": st.tuples(GOOD_CODINGS, CODINGS).map(list)}, optional={"text": WORDS.map("pour {}".format)}
    ),
    st.fixed_dictionaries({"text": WORDS.map(lambda words: f"pour {words}".strip())}),
)
"""Concepts that certainly say something, in words that deny nothing."""
IDENTIFIERS = st.lists(
    st.fixed_dictionaries(
        {"value": CODES}, optional={"system": st.sampled_from(["urn:oid:2.25.7", "https://example.org/ids"])}
    ),
    min_size=1,
    max_size=2,
)
NOTES = st.lists(st.fixed_dictionaries({"text": WORDS}, optional={"time": DATES}), min_size=1, max_size=2)


def status(system: str, *codes: str) -> Made:
    """A status as CodeableConcept."""
    code = st.sampled_from(codes)
    coding = st.fixed_dictionaries({"system": st.just(system), "code": code}, optional={"display": WORDS})
    return st.fixed_dictionaries({"coding": st.tuples(coding).map(list)}, optional={"text": WORDS})


def resources(type_: str, required: dict[str, Any], optional: dict[str, Any]) -> Made:
    """Resources of a type."""
    return st.fixed_dictionaries({"resourceType": st.just(type_)} | required, optional=optional)


# --- problem -----------------------------------------------------------------------------------------------------

CONDITIONS = resources(
    "Condition",
    {"code": SAYING},
    {
        "identifier": IDENTIFIERS,
        "clinicalStatus": status(
            systems.CONDITION_CLINICAL, "active", "recurrence", "relapse", "inactive", "remission", "resolved"
        ),
        "verificationStatus": status(
            systems.CONDITION_VERIFICATION, "unconfirmed", "provisional", "differential", "confirmed", "refuted"
        ),
        "category": st.lists(
            status(systems.CONDITION_CATEGORY, "problem-list-item", "encounter-diagnosis", "other"),
            min_size=1,
            max_size=2,
        ),
        "severity": CONCEPTS,
        "bodySite": st.lists(CONCEPTS, min_size=1, max_size=2),
        "onsetDateTime": DATES,
        "onsetString": WORDS,
        "abatementDateTime": DATES,
        "abatementString": WORDS,
        "note": NOTES,
        "recordedDate": DATES,
    },
)

# --- allergy -----------------------------------------------------------------------------------------------------

REACTIONS = st.fixed_dictionaries(
    {"manifestation": st.lists(CONCEPTS, min_size=1, max_size=3)},
    optional={
        "description": WORDS,
        "onset": DATES,
        "severity": st.sampled_from(["mild", "moderate", "severe"]),
        "note": NOTES,
        "substance": CONCEPTS,
    },
)
ALLERGIES = resources(
    "AllergyIntolerance",
    {"code": SAYING},
    {
        "identifier": IDENTIFIERS,
        "clinicalStatus": status(systems.ALLERGY_CLINICAL, "active", "inactive", "resolved"),
        "verificationStatus": status(systems.ALLERGY_VERIFICATION, "unconfirmed", "confirmed", "refuted"),
        "type": st.sampled_from(["allergy", "intolerance", "autre"]),
        "category": st.lists(
            st.sampled_from(["food", "medication", "environment", "biologic", "autre"]), min_size=1, max_size=3
        ),
        "criticality": st.sampled_from(["low", "high", "unable-to-assess", "autre"]),
        "onsetDateTime": DATES,
        "lastOccurrence": DATES,
        "note": NOTES,
        "reaction": st.lists(REACTIONS, min_size=1, max_size=2),
    },
)

# --- procedures --------------------------------------------------------------------------------------------------

_ACT: dict[str, Any] = {
    "identifier": IDENTIFIERS,
    "bodySite": st.lists(CONCEPTS, min_size=1, max_size=2),
    "note": NOTES,
    "reasonCode": st.lists(CONCEPTS, min_size=1, max_size=1),
}
PROCEDURES = resources(
    "Procedure",
    {"code": SAYING, "status": st.sampled_from(["completed", "in-progress", "stopped", "not-done"])},
    _ACT | {"performedDateTime": DATES, "performedPeriod": PERIODS, "performedString": WORDS},
)
REQUESTS = resources(
    "ServiceRequest",
    {
        "code": SAYING,
        "status": st.sampled_from(["active", "completed", "revoked"]),
        "intent": st.sampled_from(["plan", "order", "proposal"]),
    },
    _ACT
    | {
        "priority": st.sampled_from(["routine", "urgent", "asap", "stat", "autre"]),
        "occurrenceDateTime": DATES,
        "occurrencePeriod": PERIODS,
        "doNotPerform": st.just(False),
    },
)

# --- immunization ------------------------------------------------------------------------------------------------

_LISTED = {
    "site": {"system": systems.SNOMED_CT, "code": "16217701000119102", "display": "deltoïde gauche"},
    "route": {"system": "http://standardterms.edqm.eu", "code": "20035000"},
}
_CIS = st.fixed_dictionaries({"system": st.just(systems.CIS), "code": st.just("60000001")}, optional={"display": WORDS})
IMMUNIZATIONS = resources(
    "Immunization",
    {
        "status": st.sampled_from(["completed", "not-done"]),
        "vaccineCode": SAYING | st.fixed_dictionaries({"coding": st.tuples(_CIS, GOOD_CODINGS).map(list)}),
    },
    {
        "identifier": IDENTIFIERS,
        "occurrenceDateTime": DATES,
        "occurrenceString": WORDS,
        "lotNumber": WORDS,
        "site": CONCEPTS | st.just({"coding": [_LISTED["site"]], "text": "bras"}),
        "route": CONCEPTS | st.just({"coding": [_LISTED["route"]]}),
        "doseQuantity": st.fixed_dictionaries(
            {"value": st.decimals(0, 10, places=2), "system": st.just(systems.UCUM), "code": st.just("mL")},
            optional={"unit": st.sampled_from(["mL", "millilitre"])},
        ),
        "protocolApplied": st.lists(
            st.fixed_dictionaries({"doseNumberPositiveInt": st.integers(1, 9)}, optional={"series": WORDS}),
            min_size=1,
            max_size=2,
        ),
        "note": NOTES,
        "primarySource": st.booleans(),
    },
)

# --- device ------------------------------------------------------------------------------------------------------

DEVICES = resources(
    "Device",
    {"type": SAYING},
    {
        "identifier": IDENTIFIERS,
        "status": st.just("active"),
        "udiCarrier": st.lists(
            st.fixed_dictionaries({}, optional={"carrierHRF": WORDS, "deviceIdentifier": CODES}), min_size=1, max_size=2
        ),
        "deviceName": st.lists(
            st.fixed_dictionaries({"name": WORDS, "type": st.sampled_from(["model-name", "user-friendly-name"])}),
            min_size=1,
            max_size=2,
        ),
        "lotNumber": WORDS,
    },
)

# --- whole pieces, so that few examples reach every element ---

_WHOLE: Made = st.fixed_dictionaries(
    {
        "coding": st.tuples(
            st.fixed_dictionaries({"system": SYSTEMS, "version": CODES, "code": CODES, "display": CODES})
        ).map(list),
        "text": CODES,
    }
)
CONCEPT = CONCEPTS | _WHOLE


def often(sparse: Made, whole: dict[str, Any]) -> Made:
    """One of few members, or one of all of these."""
    return sparse | st.fixed_dictionaries(whole)


# --- quantities and values ---------------------------------------------------------------------------------------

_NUMBERS = st.one_of(st.decimals(-99, 9999, places=2), st.integers(-9, 9999), st.decimals(0, 1, places=5))
_NAMED_UNITS = st.fixed_dictionaries(
    {"system": st.just(systems.UCUM), "code": st.sampled_from(["mg", "mm[Hg]", "{puff}", "mL/min/{1.73_m2}", "1"])},
    optional={"unit": st.sampled_from(["mg", "mmHg", "bouffée", "par bouffée", " mg"])},
)
_UNIT: Json = {"system": systems.UCUM, "code": "g/L"}
PLAIN_UNITS = st.sampled_from([_UNIT | {"unit": "milli"}, _UNIT, _UNIT | {"code": "mg", "unit": "mg"}])


def quantities(units: Made = PLAIN_UNITS) -> Made:
    """Quantities that CDA says, of the given units."""
    return st.tuples(_NUMBERS, units).map(lambda made: {"value": made[0], **made[1]})


def ranges(units: Made = PLAIN_UNITS) -> Made:
    """Ranges with both bounds."""
    return st.fixed_dictionaries({"low": quantities(units), "high": quantities(units)})


QUANTITIES = st.one_of(quantities(), quantities(_NAMED_UNITS), quantities(st.just({})))
"""Also such as only words tell: a unit with a blank before it."""
COMPARED = st.tuples(quantities(), st.sampled_from(["<", "<=", ">=", ">"])).map(lambda m: {**m[0], "comparator": m[1]})
RATIOS = st.fixed_dictionaries({"numerator": quantities(), "denominator": quantities()})
SOME_PERIOD = PERIODS.filter(bool)
TRIMMED = WORDS.filter(lambda text: text == text.strip())
_ABSENT = st.sampled_from(["unknown", "asked-unknown", "temp-unknown", "not-asked", "masked", "not-applicable"])
VALUES = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"valueQuantity": quantities() | COMPARED}),
    st.one_of(*(st.fixed_dictionaries({"valueRange": ranges()}), st.fixed_dictionaries({"valueRatio": RATIOS})) * 2),
    st.fixed_dictionaries({"valueCodeableConcept": SAYING | _WHOLE}),
    st.fixed_dictionaries({"valueString": TRIMMED}),
    st.fixed_dictionaries({"valueInteger": st.integers(-99, 99)}),
    st.fixed_dictionaries({"valueBoolean": st.booleans()}),
    st.fixed_dictionaries({"valueDateTime": DATES}),
    st.fixed_dictionaries({"valuePeriod": SOME_PERIOD}),
    _ABSENT.map(
        lambda code: {
            "dataAbsentReason": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": code}]
            }
        }
    ),
)

# --- observation, vital signs ------------------------------------------------------------------------------------

_RANGES = st.fixed_dictionaries(
    {}, optional={"low": quantities(), "high": quantities(), "text": WORDS, "age": ranges()}
)
_RESULT: dict[str, Any] = {
    "interpretation": st.lists(CONCEPT, min_size=1, max_size=2),
    "referenceRange": st.lists(_RANGES, min_size=1, max_size=2),
}
_SIGNS = st.tuples(
    st.sampled_from(["20564-1", "8306-3", "8280-0"]).map(lambda code: {"system": systems.LOINC, "code": code}),
    st.fixed_dictionaries({}, optional={"display": WORDS, "version": CODES}),
    st.lists(CODINGS, max_size=1),
    st.fixed_dictionaries({}, optional={"text": WORDS}),
).map(lambda m: {"coding": [m[0] | m[1], *m[2]]} | m[3])
"""Codes of measures that the French profile takes, in any unit."""
COMPONENTS = st.tuples(
    often(st.fixed_dictionaries({"code": SAYING}, optional=_RESULT), {"code": _WHOLE, **_RESULT}), VALUES
).map(lambda m: m[0] | m[1])
_OBSERVED: dict[str, Any] = {
    "identifier": IDENTIFIERS,
    "effectiveDateTime": DATES,
    "effectivePeriod": PERIODS,
    "method": CONCEPT,
    "bodySite": CONCEPT,
    "note": NOTES,
    "issued": st.just("2026-11-20T08:30:00Z"),
}


def observations(category: str, optional: dict[str, Any], values: Made = VALUES) -> Made:
    """Observations of a category, with one value or none."""
    coding = {"system": systems.OBSERVATION_CATEGORY, "code": category}
    made = resources("Observation", {"status": st.just("final"), "code": SAYING | _WHOLE}, _OBSERVED | optional)
    return st.tuples(made, values).map(lambda m: {**m[0], **m[1], "category": [{"coding": [coding]}]})


_PARTS = {"component": st.lists(COMPONENTS, min_size=1, max_size=2)}
OBSERVATIONS = st.one_of(
    observations("laboratory", _RESULT | _PARTS),
    st.tuples(observations("laboratory", {}), st.lists(COMPONENTS, min_size=2, max_size=4)).map(
        lambda m: {**m[0], "component": m[1]}
    ),
)
VITAL_SIGNS = st.tuples(observations("vital-signs", _RESULT), _SIGNS).map(lambda m: {**m[0], "code": m[1]})
_MEASURES = st.lists(st.tuples(COMPONENTS, _SIGNS).map(lambda m: {**m[0], "code": m[1]}), min_size=1, max_size=3)
PANELS = st.tuples(observations("vital-signs", {}, st.just({})), _MEASURES).map(
    lambda m: {**m[0], "code": {"coding": [{"system": systems.LOINC, "code": "85354-9"}]}, "component": m[1]}
)

# --- medication --------------------------------------------------------------------------------------------------

_LATER = st.dates(min_value=date(2027, 1, 1)).map(lambda d: d.isoformat())
_TREATED = st.fixed_dictionaries({}, optional={"start": DATES, "end": _LATER}).filter(bool)
_ROUTES = st.fixed_dictionaries(
    {"coding": st.just([{"system": "http://standardterms.edqm.eu", "code": "20053000", "display": "Voie orale"}])},
    optional={"text": WORDS},
) | _WHOLE.map(lambda c: {**c, "coding": [{**c["coding"][0], "system": "http://standardterms.edqm.eu"}]})
_CYCLES: Made = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"period": st.integers(1, 40) | st.just(Decimal("1.5")), "periodUnit": st.sampled_from(["h", "d", "wk", "mo"])},
        optional={"frequency": st.integers(1, 9)},
    ),
)
_WHEN: Made = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"when": st.lists(st.sampled_from(["ACM", "CV", "HS", "MORN"]), min_size=1, max_size=3, unique=True)}
    ),
)
_BOUNDS = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"boundsPeriod": _TREATED}),
    st.fixed_dictionaries({"boundsDuration": quantities()}),
    st.just({"dayOfWeek": ["mon"]}),
)
_REPEATS = st.tuples(_CYCLES, _WHEN, _BOUNDS).map(lambda m: m[0] | m[1] | m[2]).filter(bool)
_AMOUNTS = st.one_of(
    st.fixed_dictionaries({"doseQuantity": quantities(), "rateRange": ranges()}),
    st.fixed_dictionaries({"doseRange": ranges(), "rateQuantity": quantities()}),
    st.fixed_dictionaries({"doseQuantity": quantities()}, optional={"rateQuantity": quantities(), "type": CONCEPT}),
    st.fixed_dictionaries({"doseRange": ranges()}, optional={"rateRange": ranges()}),
    st.fixed_dictionaries({"doseRange": ranges()}, optional={"rateRatio": RATIOS}),
)
_NEEDED: Made = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"asNeededBoolean": st.booleans()}),
    st.fixed_dictionaries({"asNeededCodeableConcept": SAYING | _WHOLE}),
)
_DOSED: dict[str, Any] = {
    "text": WORDS,
    "patientInstruction": WORDS,
    "timing": st.fixed_dictionaries({"repeat": _REPEATS}),
    "route": _ROUTES | CONCEPT,
    "site": CONCEPT,
    "method": CONCEPT,
    "doseAndRate": st.lists(_AMOUNTS, min_size=1, max_size=2),
    "maxDosePerPeriod": RATIOS,
}
_DOSAGE = often(
    st.fixed_dictionaries({}, optional=_DOSED), {**_DOSED, "doseAndRate": st.tuples(_AMOUNTS).map(list), "site": _WHOLE}
)
_IF_NEEDED = _WHOLE.map(lambda concept: [{"asNeededCodeableConcept": concept}])
DOSAGES = st.lists(st.tuples(_DOSAGE, _NEEDED).map(lambda m: m[0] | m[1]), min_size=1, max_size=2) | st.tuples(
    st.tuples(_DOSAGE, _NEEDED).map(lambda m: m[0] | m[1])
).map(list)
_MEDICINE = {
    "status": st.just("active"),
    "medicationCodeableConcept": SAYING
    | _WHOLE
    | st.fixed_dictionaries({"coding": st.tuples(_CIS, GOOD_CODINGS).map(list)}, optional={"text": TRIMMED}),
}
_REASONED = {"identifier": IDENTIFIERS, "reasonCode": st.lists(CONCEPT, min_size=1, max_size=2), "note": NOTES}
_FOR_A_WHILE = st.tuples(quantities(), st.integers(2, 4)).map(
    lambda m: [{"timing": {"repeat": {"frequency": m[1], "period": 1, "periodUnit": "d", "boundsDuration": m[0]}}}]
)
STATEMENTS = resources(
    "MedicationStatement",
    _MEDICINE,
    _REASONED | {"effectivePeriod": _TREATED, "effectiveDateTime": DATES, "dosage": DOSAGES | _IF_NEEDED},
) | resources("MedicationStatement", _MEDICINE | {"dosage": _FOR_A_WHILE}, _REASONED)
ORDERS = resources(
    "MedicationRequest",
    _MEDICINE | {"intent": st.just("order")},
    _REASONED
    | {
        "authoredOn": DATES,
        "requester": st.just({"identifier": {"system": systems.PS_IDNAT, "value": "899700001011"}}),
        "dosageInstruction": DOSAGES | _IF_NEEDED | _FOR_A_WHILE,
    },
)
