"""The structure check, case by case, and against the independent models of fhir.resources."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.elements import definitions, walk
from gateway.fhir.format.reading import parse_json
from gateway.fhir.format.resource_types import RESOURCE_TYPES
from gateway.fhir.format.shape import check_shape
from gateway.fhir.format.structure import check_structure
from tests.fhir.format.messages import ALL, codes
from tests.fhir.format.test_bundle import mutate, places


def found(type_: str, **members: Any) -> list[tuple[str, str]]:
    return codes(tuple(check_structure(walk({"resourceType": type_, **members}, type_))))


TASK = {"status": "requested", "intent": "order"}

CASES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"birthDate": "1952-03-14"}, []),
    ({"birthDate": "1952"}, []),
    ({"birthDate": "1952-02-30"}, [("wrong-format", "Patient.birthDate")]),
    ({"birthDate": "1974-13-00"}, [("wrong-format", "Patient.birthDate")]),
    ({"birthDate": 1952}, [("wrong-format", "Patient.birthDate")]),
    ({"birthDate": ""}, [("empty-element", "Patient.birthDate")]),
    ({"birthDate": ["1952"]}, [("wrong-type", "Patient.birthDate")]),
    ({"birthDate": {"x": 1}}, [("wrong-type", "Patient.birthDate")]),
    ({"birthDate": None}, [("wrong-type", "Patient.birthDate")]),
    ({"_birthDate": {"extension": [{"url": "u", "valueString": "x"}]}}, []),
    ({"_birthDate": {"extension": [{"valueString": "x"}]}},
     [("missing-element", "Patient.birthDate.extension[0].url")]),
    ({"_birthDate": "x"}, [("wrong-type", "Patient.birthDate")]),
    ({"_name": [{"id": "a"}]}, [("unknown-element", "Patient.name[0]")]),
    ({"active": "true"}, [("wrong-format", "Patient.active")]),
    ({"multipleBirthInteger": 2}, []),
    ({"multipleBirthInteger": True}, [("wrong-format", "Patient.multipleBirthInteger")]),
    ({"multipleBirthInteger": 2, "multipleBirthBoolean": True}, [("more-than-one-choice", "Patient.multipleBirth")]),
    ({"name": {"family": "A"}}, [("wrong-type", "Patient.name")]),
    ({"name": []}, [("empty-element", "Patient.name")]),
    ({"name": [{}]}, [("empty-element", "Patient.name[0]")]),
    ({"name": [None]}, [("empty-element", "Patient.name[0]")]),
    ({"name": ["Ada"]}, [("wrong-type", "Patient.name[0]")]),
    ({"name": [{"given": ["Ada", None], "_given": [None, {"id": "g"}]}]}, []),
    ({"name": [{"given": ["Ada", None]}]}, [("empty-element", "Patient.name[0].given[1]")]),
    ({"name": [{"given": [["Ada"]]}]}, [("wrong-type", "Patient.name[0].given[0]")]),
    ({"colour": "blue"}, [("unknown-element", "Patient.colour")]),
    ({"class_fhir": "x"}, [("unknown-element", "Patient.?")]),
    ({"contact": [{"colour": 1}]}, [("unknown-element", "Patient.contact[0].colour")]),
    ({"contained": [{"resourceType": "Zzz"}]}, [("unsupported-resource", "Patient.contained[0]")]),
    ({"contained": [{"id": "x"}]}, [("unsupported-resource", "Patient.contained[0]")]),
    ({"contained": [{"resourceType": 7}]}, [("unsupported-resource", "Patient.contained[0]")]),
    ({"contained": [{"resourceType": "Task"}]}, [("missing-element", "Patient.contained[0].status"),
                                                 ("missing-element", "Patient.contained[0].intent")]),
    ({"text": {"status": "generated", "div": "hello"}}, [("wrong-format", "Patient.text.div")]),
    ({"extension": [{"url": "u", "valueQuantity": {"value": "1"}}]},
     [("wrong-format", "Patient.extension[0].valueQuantity.value")]),
    ({"extension": [{"url": "u", "valueRatioRange": {}}]},
     [("unknown-element", "Patient.extension[0].valueRatioRange")]),
]  # fmt: skip


@pytest.mark.parametrize(("members", "expected"), CASES)
def test_a_fault_of_structure_is_found_where_it_is(members: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found("Patient", **members) == expected


def test_a_required_choice_is_missed_by_its_name() -> None:
    item = {"type": {"text": "x"}}
    assert found("Task", **TASK, input=[item]) == [("missing-element", "Task.input[0].value")]
    assert found("Task", **TASK, input=[item | {"valueString": "x"}]) == []
    assert found("Task", **TASK, input=[item | {"_valueString": {"id": "x"}}]) == []


def test_nested_definitions_that_refer_to_others_are_followed() -> None:
    part = {"name": "a", "part": [{"name": "b", "part": [{"name": "c", "colour": 1}]}]}
    assert found("Parameters", parameter=[part]) == [
        ("unknown-element", "Parameters.parameter[0].part[0].part[0].colour")
    ]


BUNDLES = [parse_json(content) for content in ALL.values()]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 40))
def test_what_the_model_library_refuses_our_tables_refuse_too(case: int, spot: int, action: int) -> None:
    entries = [entry for bundle in BUNDLES for entry in index_message(bundle).entries]
    entry = entries[case % len(entries)]
    resource = copy.deepcopy(dict(entry.resource))
    spots = [s for s in places(resource) if s[1] != "resourceType"]
    mutate(*spots[spot % len(spots)], action)
    if resource.get("resourceType") == entry.type and not list(check_structure(walk(resource, entry.type))):
        assert check_shape(resource, entry.type) == ()


HOLDERS = [holder for holder in definitions() if holder.partition(".")[0] in RESOURCE_TYPES | {"Bundle", "Dosage"}]


@pytest.mark.parametrize(
    "holder", [*HOLDERS, "HumanName", "Address", "Identifier", "Quantity", "Reference", "Attachment"]
)
def test_our_table_names_the_same_elements_as_the_model_library(holder: str) -> None:
    """An independent reading of the standard: the library's models were generated from HL7's definitions by others."""
    from fhir.resources.R4B import get_fhir_model_class

    fields = get_fhir_model_class("".join(map(capitalised, holder.split(".")))).model_fields.values()
    theirs = {str(field.alias) for field in fields} - {"resourceType", "fhir_comments"}
    assert {name for name in theirs if not name.startswith("_")} == set(definitions()[holder])


def capitalised(name: str) -> str:
    return name[0].upper() + name[1:]
