"""What we publish: right FHIR, and in step with the tables that the code uses."""

import json
from pathlib import Path
from typing import Any

import pytest

import gateway.fhir.profiles
from gateway import __version__
from gateway.error_catalogue import CATALOGUE
from gateway.fhir.format.bindings import check_bindings
from gateway.fhir.format.codes import code_systems, error_code_system, own_codes
from gateway.fhir.format.elements import walk
from gateway.fhir.format.resource_types import RESOURCE_TYPES
from gateway.fhir.format.rules import rules_of
from gateway.fhir.format.structure import check_structure
from gateway.fhir.format.systems import ERROR, MESSAGE_EVENT

FILES = sorted(Path(gateway.fhir.profiles.__path__[0]).glob("*.json"))


def read(name: str) -> dict[str, Any]:
    return next(json.loads(file.read_text("utf-8")) for file in FILES if file.stem == name)  # type: ignore[no-any-return]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_is_right_fhir_under_its_own_name(file: Path) -> None:
    resource = json.loads(file.read_text("utf-8"))
    places = walk(resource, resource["resourceType"])
    assert [*check_structure(places), *check_bindings(places)] == []
    assert file.stem == f"{resource['resourceType']}-{resource['id']}"


@pytest.mark.parametrize("expected", code_systems(__version__), ids=lambda resource: str(resource["id"]))
def test_the_published_code_systems_follow_the_tables(expected: dict[str, Any]) -> None:
    """If this fails: python tools/fhir_profiles.py"""
    assert read(f"CodeSystem-{expected['id']}") == expected


def test_every_event_has_its_definition_and_its_rules() -> None:
    for event in own_codes()[MESSAGE_EVENT]:
        definition = read(f"MessageDefinition-{event}")
        assert definition["eventCoding"] == {
            "system": MESSAGE_EVENT,
            "code": event,
            "display": own_codes()[MESSAGE_EVENT][event],
        }
        assert {focus["code"] for focus in definition["focus"]} <= RESOURCE_TYPES
        single = {rule.resource for rule in rules_of(event) if rule.kind == "exactly-one"}
        assert {f["code"] for f in definition["focus"] if (f["min"], f["max"]) == (1, "1")} == single


def test_the_error_catalogue_is_a_right_code_system_too() -> None:
    resource = error_code_system(__version__)
    assert resource["url"] == ERROR
    assert {concept["code"] for concept in resource["concept"]} == set(CATALOGUE)
    assert list(check_structure(walk(resource, "CodeSystem"))) == []
