"""What is indexed is what can be searched."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.format.search_parameters import SEARCH_PARAMETERS, search_values

TASK: dict[str, Any] = {
    "resourceType": "Task",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "T-1"}, {"value": "bare"}],
    "status": "requested",
    "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
    "for": {"reference": "Patient/p1"},
    "basedOn": [{"reference": "ServiceRequest/s1"}, {"reference": "ServiceRequest/s2"}],
    "owner": {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "1510000001"}},
}


def test_a_token_is_found_with_its_system_and_without() -> None:
    values = search_values(TASK)
    assert ("identifier", "urn:oid:1.2.3|T-1") in values
    assert ("identifier", "T-1") in values


def test_a_token_without_a_system_is_found_as_such() -> None:
    assert ("identifier", "|bare") in search_values(TASK)
    assert ("identifier", "|T-1") not in search_values(TASK)


def test_every_repetition_of_a_reference_is_indexed() -> None:
    assert {("based-on", "ServiceRequest/s1"), ("based-on", "ServiceRequest/s2")} <= set(search_values(TASK))


def test_a_logical_reference_is_found_by_its_identifier() -> None:
    assert ("owner:identifier", "urn:oid:1.2.250.1.71.4.2.2|1510000001") in search_values(TASK)


def test_a_coded_concept_is_found_by_any_of_its_codings() -> None:
    assert ("code", "http://hl7.org/fhir/CodeSystem/task-code|fulfill") in search_values(TASK)


def test_only_patients_are_indexed_as_patient() -> None:
    audit: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "entity": [{"what": {"reference": "Task/t1"}}, {"what": {"reference": "Patient/p1"}}],
    }
    values = search_values(audit)
    assert ("patient", "Patient/p1") in values
    assert ("patient", "Task/t1") not in values
    assert ("entity", "Task/t1") in values


@pytest.mark.parametrize("reference", ["urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "#p", "https://x/Patient/1", 7])
def test_a_reference_that_is_not_local_is_not_indexed(reference: object) -> None:
    assert search_values({"resourceType": "Task", "for": {"reference": reference}}) == ()  # type: ignore[dict-item]


def test_a_type_that_is_not_in_the_table_has_no_values() -> None:
    assert search_values({"resourceType": "Basic", "identifier": [{"value": "x"}]}) == ()


def test_each_parameter_is_a_token_or_a_reference_with_targets() -> None:
    rows = [parameter for table in SEARCH_PARAMETERS.values() for parameter in table.values()]
    assert {row.kind for row in rows} == {"token", "reference"}
    assert all(bool(row.targets) == (row.kind == "reference") for row in rows)


_JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["", "x", "Patient/1", "a|b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["identifier", "system", "value", "coding", "code", "reference", "for", "what", "entity"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    st.sampled_from(sorted(SEARCH_PARAMETERS)), st.dictionaries(st.sampled_from(["identifier", "for", "entity"]), _JSON)
)
def test_any_content_gives_pairs_of_known_names(type_: str, content: dict[str, object]) -> None:
    known = {n for name in SEARCH_PARAMETERS[type_] for n in (name, f"{name}:identifier")}
    assert {name for name, _ in search_values({**content, "resourceType": type_})} <= known  # type: ignore[dict-item]
