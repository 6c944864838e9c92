"""What the CapabilityStatement declares is what the server does: no more, no less."""

from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from tests.fhir.adapters.caller import Caller
from tests.fhir.adapters.conftest import House

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SERVED = [
    "AuditEvent",
    "Binary",
    "Communication",
    "DocumentReference",
    "Patient",
    "Provenance",
    "ServiceRequest",
    "Task",
]
ALL_TYPES = [*SERVED, "CarePlan", "Encounter", "Observation", "Organization", "Practitioner", "Subscription"]
VALUES = {"token": "urn:x|y", "reference": "Task/1", "date": "ge2026", "number": "1"}


@pytest.fixture
def statement(nobody: Caller) -> dict[str, Any]:
    statement: dict[str, Any] = nobody.get("/fhir/metadata").json
    return statement


@pytest.fixture
def declared(statement: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {resource["type"]: resource for resource in statement["rest"][0]["resource"]}


def codes(resource: dict[str, Any] | None) -> set[str]:
    return {interaction["code"] for interaction in (resource or {}).get("interaction", [])}


def test_the_statement_is_one(statement: dict[str, Any]) -> None:
    CapabilityStatement.model_validate(statement)
    assert [resource["type"] for resource in statement["rest"][0]["resource"]] == SERVED
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")


@pytest.mark.parametrize("type_", ALL_TYPES)
def test_read_works_where_it_is_declared_and_nowhere_else(
    house: House, practice: Caller, declared: dict[str, Any], type_: str
) -> None:
    house.keep({"resourceType": type_, "id": "x-1", "contentType": "text/plain"})
    assert (practice.get(f"/fhir/{type_}/x-1").status == 200) == ("read" in codes(declared.get(type_)))


@pytest.mark.parametrize("type_", ALL_TYPES)
def test_search_works_where_it_is_declared_and_nowhere_else(
    practice: Caller, declared: dict[str, Any], type_: str
) -> None:
    by_get = practice.get(f"/fhir/{type_}?_id=x").status
    by_post = practice.post(f"/fhir/{type_}/_search", b"_id=x", FORM).status
    expected = "search-type" in codes(declared.get(type_))
    assert (by_get == 200, by_post == 200) == (expected, expected)


@pytest.mark.parametrize("type_", ALL_TYPES)
def test_every_declared_parameter_is_taken(practice: Caller, declared: dict[str, Any], type_: str) -> None:
    for parameter in declared.get(type_, {}).get("searchParam", []):
        reply = practice.get(f"/fhir/{type_}?_id=x&{parameter['name']}={VALUES[parameter['type']]}")
        repeated = parameter["name"] == "_id"
        assert reply.status == (400 if repeated else 200), parameter


@pytest.mark.parametrize("type_", ALL_TYPES)
def test_a_parameter_of_another_type_is_not_taken(practice: Caller, declared: dict[str, Any], type_: str) -> None:
    everywhere = {p["name"] for resource in declared.values() for p in resource.get("searchParam", [])}
    own = {p["name"] for p in declared.get(type_, {}).get("searchParam", [])}
    for name in everywhere - own:
        assert practice.get(f"/fhir/{type_}?{name}=x").status in (400, 404, 405)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ""), ("PUT", "/t-1"), ("PATCH", "/t-1"), ("DELETE", "/t-1"), ("GET", "/_history"),
     ("GET", "/t-1/_history"), ("GET", "/t-1/_history/1"), ("POST", "/$validate")],
)  # fmt: skip
def test_what_is_not_declared_is_not_done(practice: Caller, declared: dict[str, Any], method: str, path: str) -> None:
    assert {code for resource in declared.values() for code in codes(resource)} == {"read", "search-type"}
    assert practice.ask(method, f"/fhir/Task{path}", body=b"{}").status in (404, 405)


def test_the_declared_operations_work(practice: Caller, statement: dict[str, Any], declared: dict[str, Any]) -> None:
    assert [operation["name"] for operation in statement["rest"][0]["operation"]] == ["process-message"]
    assert practice.post("/fhir/$process-message", b"{}").status == 200
    assert {type_ for type_ in declared if "operation" in declared[type_]} == {"Task"}
    assert practice.get("/fhir/Task/t-1/$timeline").status == 200


def test_conditional_read_works_as_declared(practice: Caller, declared: dict[str, Any]) -> None:
    assert declared["Task"]["conditionalRead"] == "not-match"
    assert practice.get("/fhir/Task/t-1", {"If-None-Match": 'W/"1"'}).status == 304


def test_the_declared_formats_are_given_and_no_other(practice: Caller, statement: dict[str, Any]) -> None:
    for media_type in statement["format"]:
        assert practice.get("/fhir/Task/t-1", {"Accept": media_type}).headers["content-type"].startswith(media_type)
    assert practice.get("/fhir/Task/t-1", {"Accept": "application/fhir+xml"}).status == 406
    assert "406" in statement["rest"][0]["documentation"]
