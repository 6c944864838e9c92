"""What a part claims structured comes back equal, nothing is invented, and each claimed leaf is in the entry."""

import re
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from lxml import etree

from gateway.fhir.format.leaves import leaves
from gateway.mapping.entries import (
    allergy,
    device,
    immunization,
    medication,
    observation,
    problem,
    procedure,
    vital_signs,
)
from gateway.mapping.entries.entry import EntryPart
from tests.mapping.entries import strategies as made
from tests.mapping.entries.trip import additions, back, differences, is_accepted, plain, read, write


def under(place: str, names: str) -> str:
    """Element paths below a place."""
    return " ".join(f"{place}.{name}" for name in names.split())


CONCEPT = "coding.system coding.version coding.code coding.display text"
QUANTITY = "value unit system code"
RANGE = f"{under('low', QUANTITY)} {under('high', QUANTITY)}"
RATIO = f"{under('numerator', QUANTITY)} {under('denominator', QUANTITY)}"
MEASURE = f"""{under("code", CONCEPT)} {under("valueQuantity", QUANTITY)} valueQuantity.comparator
    {under("valueRange", RANGE)} {under("valueRatio", RATIO)} {under("valueCodeableConcept", CONCEPT)}
    valueString valueInteger valueBoolean valueDateTime {under("valuePeriod", "start end")}
    {under("dataAbsentReason.coding", "system code")} {under("interpretation", CONCEPT)}
    {under("referenceRange", RANGE)} referenceRange.text"""
RESULT = f"""{MEASURE} {under("identifier", "system value")} status effectiveDateTime
    {under("effectivePeriod", "start end")} {under("method", CONCEPT)} {under("bodySite", CONCEPT)} note.text"""
MEDICINE = f"""{under("identifier", "system value")} status {under("medicationCodeableConcept", CONCEPT)}
    {under("reasonCode", CONCEPT)} note.text"""
DOSAGE = f"""text patientInstruction {under("timing.repeat", "frequency period periodUnit when")}
    {under("timing.repeat.boundsDuration", QUANTITY)} asNeededBoolean {under("asNeededCodeableConcept", CONCEPT)}
    {under("route", "coding.system coding.version coding.code coding.display text")} {under("site", CONCEPT)}
    {under("doseAndRate.doseQuantity", QUANTITY)} {under("doseAndRate.doseRange", RANGE)}
    {under("doseAndRate.rateQuantity", QUANTITY)} {under("doseAndRate.rateRange", RANGE)}
    {under("maxDosePerPeriod", RATIO)}"""

CASES: dict[str, tuple[EntryPart, made.Made, str]] = {
    "problem": (
        problem.PART,
        made.CONDITIONS,
        """identifier.system identifier.value clinicalStatus.coding.system clinicalStatus.coding.code
        verificationStatus.coding.system verificationStatus.coding.code category.coding.system category.coding.code
        severity.coding.system severity.coding.version severity.coding.code severity.coding.display severity.text
        code.coding.system code.coding.version code.coding.code code.coding.display code.text
        bodySite.coding.system bodySite.coding.version bodySite.coding.code bodySite.coding.display bodySite.text
        onsetDateTime abatementDateTime note.text""",
    ),
    "allergy": (
        allergy.PART,
        made.ALLERGIES,
        """identifier.system identifier.value clinicalStatus.coding.system clinicalStatus.coding.code
        verificationStatus.coding.system verificationStatus.coding.code type category criticality
        code.coding.system code.coding.version code.coding.code code.coding.display code.text onsetDateTime note.text
        reaction.manifestation.coding.system reaction.manifestation.coding.version reaction.manifestation.coding.code
        reaction.manifestation.coding.display reaction.manifestation.text reaction.description reaction.onset
        reaction.severity reaction.note.text""",
    ),
    "procedure": (
        procedure.DONE,
        made.PROCEDURES,
        """identifier.system identifier.value status code.coding.system code.coding.version code.coding.code
        code.coding.display code.text bodySite.coding.system bodySite.coding.version bodySite.coding.code
        bodySite.coding.display bodySite.text performedDateTime performedPeriod.start performedPeriod.end note.text""",
    ),
    "planned-procedure": (
        procedure.PLANNED,
        made.REQUESTS,
        """identifier.system identifier.value status intent priority code.coding.system code.coding.version
        code.coding.code code.coding.display code.text bodySite.coding.system bodySite.coding.version
        bodySite.coding.code bodySite.coding.display bodySite.text occurrenceDateTime occurrencePeriod.start
        occurrencePeriod.end note.text""",
    ),
    "immunization": (
        immunization.PART,
        made.IMMUNIZATIONS,
        """identifier.system identifier.value status vaccineCode.coding.system vaccineCode.coding.version
        vaccineCode.coding.code vaccineCode.coding.display vaccineCode.text occurrenceDateTime lotNumber
        site.coding.system site.coding.version site.coding.code site.coding.display site.text route.coding.system
        route.coding.version route.coding.code route.coding.display route.text doseQuantity.value doseQuantity.unit
        doseQuantity.system doseQuantity.code protocolApplied.doseNumberPositiveInt note.text""",
    ),
    "device": (
        device.PART,
        made.DEVICES,
        """identifier.system identifier.value type.coding.system type.coding.version type.coding.code
        type.coding.display type.text udiCarrier.carrierHRF deviceName.name deviceName.type""",
    ),
    "observation": (observation.PART, made.OBSERVATIONS, f"{RESULT} {under('component', MEASURE)}"),
    "vital-sign": (vital_signs.PART, made.VITAL_SIGNS, f"{RESULT} category.coding.system category.coding.code"),
    "vital-signs-panel": (
        vital_signs.PART,
        made.PANELS,
        f"""status category.coding.system category.coding.code code.coding.system code.coding.code effectiveDateTime
        effectivePeriod.start effectivePeriod.end {under("component", MEASURE)}""",
    ),
    "medication-statement": (
        medication.PART,
        made.STATEMENTS,
        f"""{MEDICINE} effectivePeriod.start effectivePeriod.end {under("dosage", DOSAGE)}""",
    ),
    "medication-request": (
        medication.PART,
        made.ORDERS,
        f"""{MEDICINE} intent authoredOn {under("dosageInstruction", DOSAGE)}
        {under("dosageInstruction.timing.repeat.boundsPeriod", "start end")}""",
    ),
}
"""Part, resources for it, and the elements that its docstring says it carries."""

FRAME = {"resourceType", "subject.reference", "patient.reference"}
FROM_THE_CONCERN = {"clinicalStatus.coding.system", "clinicalStatus.coding.code"}
REQUIRED_BY_FHIR = {"occurrenceString", "intent"}
IMPLIED = re.compile(
    r".*\.unit|.*timing\.repeat\.(frequency|period|periodUnit)|requester\.reference|.*category\.coding\.(system|code)"
)
"""What the code of a unit, a moment of the day, an author and a vital sign say by themselves."""
EACH = pytest.mark.parametrize("name", CASES)


@EACH
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_structured_comes_back_equal_and_nothing_else_with_it(name: str, data: st.DataObject) -> None:
    part, resources, _ = CASES[name]
    sent, found = back(part, data.draw(resources))
    assert list(differences(sent, found)) == []
    added = {path for path in additions(sent, found) if not IMPLIED.fullmatch(path)}
    assert added <= FRAME | FROM_THE_CONCERN | REQUIRED_BY_FHIR


@EACH
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_leaf_of_an_entry_of_ours_is_read(name: str, data: st.DataObject) -> None:
    part, resources, _ = CASES[name]
    assert read(part, write(part, data.draw(resources)).entry[0]).unread == {}


@EACH
def test_a_part_claims_what_it_says_and_the_resources_reach_all_of_it(name: str) -> None:
    part, resources, carried = CASES[name]
    said, claimed, seen = set(carried.split()), set[str](), count(1)

    def reaches_all(resource: made.Json) -> bool:
        claimed.update(_claimed(part, resource))
        return next(seen) >= 150 and claimed >= said

    limits = settings(max_examples=4000, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    with suppress(NoSuchExample):
        find(resources, reaches_all, settings=limits)
    assert claimed == said


@EACH
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_each_structured_leaf_is_in_the_entry(name: str, data: st.DataObject) -> None:
    part, resources, _ = CASES[name]
    resource = data.draw(resources)
    written = write(part, resource)
    for path, value in leaves(resource, resource["resourceType"]):
        if path in written.structured:
            changed = _changed(resource, path, value)
            assert not is_accepted(part, changed) or _bytes(part, changed) != _bytes(part, resource), path


def _claimed(part: EntryPart, resource: made.Json) -> set[str]:
    return {plain(path).partition(".")[2] for path in write(part, resource).structured}


def _bytes(part: EntryPart, resource: made.Json) -> bytes:
    return etree.tostring(write(part, resource).entry)


def _changed(value: Any, path: str, old: Any, here: str = "") -> Any:
    """A copy with another value at one path."""
    here = here or value["resourceType"]
    if isinstance(value, dict):
        return {name: _changed(member, path, old, f"{here}.{name}") for name, member in value.items()}
    if isinstance(value, list):
        return [_changed(item, path, old, f"{here}[{index}]") for index, item in enumerate(value)]
    return _other(value) if here == path else value


def _other(value: Any) -> Any:
    """Another value of the same type; another date for a date."""
    if not isinstance(value, str):
        return value + 1
    return ("1999-01-02" if value != "1999-01-02" else "1998") if value[:4].isdigit() else f"{value}9"
