"""Vital signs: one Observation is one organizer; an organizer of others is as many Observations as it has measures."""

from typing import Any

import pytest
from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries.vital_signs import PART
from tests.mapping.entries.trip import Json, back, is_accepted, write
from tests.mapping.entries.worked import changed, read_all, resources_of, statements

REFERRAL = "referral-level3.xml"
CATEGORY = [{"coding": [{"system": systems.OBSERVATION_CATEGORY, "code": "vital-signs"}]}]


def measure(code: str, value: int, unit: str) -> Json:
    quantity: dict[str, Any] = {"value": value, "system": systems.UCUM, "code": unit}
    return {"code": {"coding": [{"system": systems.LOINC, "code": code}]}, "valueQuantity": quantity}


def vital(**members: object) -> Json:
    return {"resourceType": "Observation", "status": "final", "category": CATEGORY, **members}


PRESSURE = vital(
    code={"coding": [{"system": systems.LOINC, "code": "85354-9"}]},
    effectiveDateTime="2026-11-20T17:40:00+01:00",
    component=[measure("8480-6", 142, "mm[Hg]"), measure("8462-4", 79, "mm[Hg]")],
)


def organizer() -> etree._Element:
    return statements(REFERRAL, PART.templates[0])[0][0]


def test_an_organizer_of_another_software_gives_one_observation_per_measure() -> None:
    found = read_all(PART, REFERRAL)
    codes = [resource["code"]["coding"][0]["code"] for resource in found]
    assert codes == ["8480-6", "8462-4", "8867-4", "20564-1", "29463-7", "9279-1"]
    assert all(resource["category"] == CATEGORY for resource in found)
    assert {resource["effectiveDateTime"] for resource in found} == {"2026-11-20T09:10:00+01:00"}
    assert str(found[4]["valueQuantity"]["value"]) == "71.5"


def test_a_measure_without_time_has_that_of_its_organizer() -> None:
    silent = changed(organizer(), "h:component[1]/h:observation/h:effectiveTime", value=None, nullFlavor="UNK")
    assert resources_of(PART, silent)[0]["effectiveDateTime"] == "2026-11-20T09:10:00+01:00"


def test_a_blood_pressure_is_two_measures_for_others_and_one_panel_for_us() -> None:
    made = write(PART, PRESSURE)
    assert made.values("//h:component/@typeCode") == ["COMP", "COMP"]
    assert made.values("//h:component/h:observation/h:value/@value") == ["142", "79"]
    sent, found = back(PART, PRESSURE)
    assert sent["component"] == PRESSURE["component"]
    assert found["code"] == PRESSURE["code"]
    assert [c["valueQuantity"]["value"] for c in found["component"]] == [142, 79]


def test_a_panel_whose_measures_differ_in_time_is_read_measure_by_measure() -> None:
    late = changed(write(PART, PRESSURE).entry[0], "h:component[2]/h:observation/h:effectiveTime", value="20261121")
    assert [resource["code"]["coding"][0]["code"] for resource in resources_of(PART, late)] == ["8480-6", "8462-4"]


@pytest.mark.parametrize(
    "resource",
    [
        vital(**measure("8867-4", 84, "{beats}/min")),
        vital(**measure("8310-5", 36, "K")),
        vital(**measure("59408-5", 94, "%")),
        vital(**measure("8302-2", 2, "[ft_us]")),
        vital(code=measure("8302-2", 2, "m")["code"], valueString="un mètre"),
        vital(**measure("29463-7", 71, "kg")) | {"status": "preliminary"},
        vital(**measure("29463-7", 71, "kg")) | {"category": []},
        PRESSURE | {"valueString": "142/79"},
    ],
)
def test_what_the_french_profile_does_not_take_is_not_a_vital_sign(resource: Json) -> None:
    assert not is_accepted(PART, resource)


def test_one_denied_measure_leaves_the_others() -> None:
    found = resources_of(PART, changed(organizer(), "h:component[1]/h:observation", negationInd="true"))
    assert found[0]["code"]["coding"][0]["code"] == "8462-4"
    assert len(found) == 5
