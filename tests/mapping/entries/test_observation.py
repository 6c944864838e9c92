"""Results: what worked documents say, values of every type, and what must never be read as a result."""

from decimal import Decimal

import pytest
from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries.observation import PART
from tests.mapping.entries.trip import PATIENT, Json, back, is_accepted, write
from tests.mapping.entries.worked import changed, resources_of, statements, with_child

REFERRAL = "referral-level3.xml"
INNER = (
    '<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">'
    '<templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.13"/><code code="8480-6" codeSystem="2.16.840.1.113883.6.1"/>'
    '<statusCode code="completed"/><effectiveTime value="{}"/><value xsi:type="INT" value="3"/>'
    "</observation></entryRelationship>"
)


def observation(**members: object) -> Json:
    code = {"coding": [{"system": systems.LOINC, "code": "718-7"}]}
    return {"resourceType": "Observation", "status": "final", "code": code, **members}


def grams(value: object, **members: object) -> Json:
    return {"value": value, "unit": "g/dL", "system": systems.UCUM, "code": "g/dL", **members}


def haemoglobin() -> etree._Element:
    return statements(REFERRAL, PART.templates[1])[0][2]


def test_a_result_of_another_software() -> None:
    assert resources_of(PART, haemoglobin()) == [
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": systems.LOINC, "code": "718-7", "display": "Hémoglobine"}]},
            "subject": {"reference": PATIENT},
            "effectiveDateTime": "2026-11-13",
            "valueQuantity": grams(Decimal("14.1")),
        }
    ]


def test_a_decimal_keeps_its_last_zero() -> None:
    _, found = back(PART, observation(valueQuantity=grams(Decimal("14.10"))))
    assert str(found["valueQuantity"]["value"]) == "14.10"


@pytest.mark.parametrize(
    ("comparator", "bound", "inclusive"),
    [("<", "high", "false"), ("<=", "high", "true"), (">", "low", "false"), (">=", "low", "true")],
)
def test_a_compared_value_is_one_bound_of_an_interval(comparator: str, bound: str, inclusive: str) -> None:
    made = write(PART, observation(valueQuantity=grams(5, comparator=comparator)))
    assert made.values(f"//h:value[@*='IVL_PQ']/h:{bound}/@inclusive") == [inclusive]


def test_a_unit_with_an_annotation_that_receivers_refuse_stands_beside_the_bare_unit() -> None:
    rate = {"value": 41, "unit": "mL/min", "system": systems.UCUM, "code": "mL/min/{1.73_m2}"}
    made = write(PART, observation(valueQuantity=rate))
    assert made.values("//h:value/@unit") == ["mL/min"]
    assert made.values("//h:value/h:translation/@code") == ["mL/min/{1.73_m2}"]
    assert back(PART, observation(valueQuantity=rate))[1]["valueQuantity"] == rate


@pytest.mark.parametrize(
    "resource",
    [
        *(observation(status=s) for s in ("preliminary", "amended", "cancelled", "entered-in-error", "unknown")),
        observation(valueQuantity={"value": 3, "unit": "boîtes"}),
        observation(valueQuantity={"value": 3, "code": "C", "system": "https://example.org/units"}),
        observation(valueTime="08:00:00"),
        observation(valueQuantity=grams(3), dataAbsentReason={"text": "perdu"}),
        observation(dataAbsentReason={"text": "Tube hémolysé"}),
        observation(focus=[{"display": "le donneur"}]),
        observation(component=[{"code": {"text": "taille"}, "valueQuantity": {"value": 2, "unit": "pouces"}}]),
    ],
)
def test_what_only_words_tell_has_no_entry(resource: Json) -> None:
    assert not is_accepted(PART, resource)


@pytest.mark.parametrize(
    ("path", "attributes"),
    [
        (".", {"negationInd": "true"}),
        (".", {"moodCode": "RQO"}),
        (".", {"nullFlavor": "UNK"}),
        ("h:statusCode", {"code": "nullified"}),
    ],
)
def test_what_is_not_a_plain_fact_is_left_to_words(path: str, attributes: dict[str, str]) -> None:
    assert resources_of(PART, changed(haemoglobin(), path, **attributes)) == []


def test_a_result_of_a_relative_is_left_to_words() -> None:
    assert resources_of(PART, with_child(haemoglobin(), ".", "<subject/>")) == []


def test_a_part_of_the_same_time_is_a_component_and_one_of_another_time_is_not() -> None:
    (same,) = resources_of(PART, with_child(haemoglobin(), ".", INNER.format("20261113")))
    (other,) = resources_of(PART, with_child(haemoglobin(), ".", INNER.format("20261114")))
    assert [component["valueInteger"] for component in same["component"]] == [3]
    assert "component" not in other


def test_a_range_whose_bound_is_not_meant_is_left_to_words() -> None:
    item = (
        '<referenceRange><observationRange><value xsi:type="IVL_PQ">'
        '<high value="5" unit="mg/L" inclusive="false"/></value></observationRange></referenceRange>'
    )
    assert "referenceRange" not in resources_of(PART, with_child(haemoglobin(), ".", item))[0]
