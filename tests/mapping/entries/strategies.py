"""Resources for the round trips of entries: whatever a part carries, and things beside it that it does not."""

from typing import Any

from hypothesis import strategies as st

from gateway.fhir.format import systems

Json = dict[str, Any]
Made = st.SearchStrategy[Json]

# --- pieces ------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=20)
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.\-/]{0,10}", fullmatch=True)
SYSTEMS = st.sampled_from(
    [systems.ICD_10, systems.SNOMED_CT, systems.LOINC, systems.ATC, "urn:oid:1.2.250.1.215.300.1", "urn:oid:bad"]
    + ["https://example.org/codes"]
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
    st.fixed_dictionaries({"text": WORDS.map("pour {}".format)}),
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
