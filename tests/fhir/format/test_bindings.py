"""Required codes and reference targets: the tables, and what they find."""

from typing import Any

import pytest

from gateway.fhir.format.bindings import bindings, check_bindings, targets
from gateway.fhir.format.elements import definitions, walk
from gateway.fhir.format.resource_types import RESOURCE_TYPES
from tests.fhir.format.messages import codes

CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"resourceType": "Task", "status": "requested"}, []),
        ({"resourceType": "Task", "status": "bogus"}, ["Task.status"]),
        ({"resourceType": "Encounter", "status": "Finished"}, ["Encounter.status"]),
        ({"resourceType": "Patient", "name": [{"use": "official"}, {"use": "birth"}]}, ["Patient.name[1].use"]),
        ({"resourceType": "Patient", "contact": [{"name": {"use": "birth"}}]}, ["Patient.contact[0].name.use"]),
        ({"resourceType": "Patient", "telecom": [{"system": "tel", "use": "pro"}]},
         ["Patient.telecom[0].system", "Patient.telecom[0].use"]),
        ({"resourceType": "Patient", "extension": [{"valueAddress": {"use": "x"}}]},
         ["Patient.extension[0].valueAddress.use"]),
        ({"resourceType": "AllergyIntolerance", "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]}},
         []),
        ({"resourceType": "AllergyIntolerance", "clinicalStatus": {"coding": [{"system": "x", "code": "active"}]}},
         ["AllergyIntolerance.clinicalStatus.coding"]),
        ({"resourceType": "AllergyIntolerance", "clinicalStatus": {"text": "active"}},
         ["AllergyIntolerance.clinicalStatus.coding"]),
        ({"resourceType": "AllergyIntolerance", "clinicalStatus": {"coding": [{"system": [], "code": {}}]}},
         ["AllergyIntolerance.clinicalStatus.coding"]),
        ({"resourceType": "AllergyIntolerance", "category": ["food", "pollen"]}, ["AllergyIntolerance.category[1]"]),
    ],
)  # fmt: skip
def test_a_code_out_of_its_value_set_is_found(resource: dict[str, Any], expected: list[str]) -> None:
    found = codes(tuple(check_bindings(walk(resource, resource["resourceType"]))))
    assert found == [("wrong-code", path) for path in expected]


def test_the_status_of_every_type_that_has_one_is_bound() -> None:
    with_status = {type_ for type_ in RESOURCE_TYPES if "status" in definitions()[type_]}
    # CarePlan to Task: the standard binds every status code that it requires.
    assert {type_ for type_ in with_status if f"{type_}.status" not in bindings()} == set()


def test_tables_name_only_elements_that_exist() -> None:
    known = {definition.path for members in definitions().values() for definition in members.values()}
    assert set(bindings()) | set(targets()) <= known


def test_known_targets_are_in_the_table() -> None:
    assert targets()["Task.requester"] >= {"PractitionerRole", "Organization", "Patient"}
    assert targets()["PractitionerRole.organization"] == {"Organization"}
    assert "Task.focus" not in targets()
