"""The second opinion: the model library behind its door."""

from typing import Any

import pytest

from gateway.fhir.format.bundle import read_message
from gateway.fhir.format.shape import check_shape, warm
from tests.fhir.format.messages import PLAIN


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"name": "x"}, "Patient.name"),
        ({"name": [{"family": 1}]}, "Patient.name[0].family"),
        ({"colour": 1}, "Patient.colour"),
        ({"DUPONT Jeanne": 1}, "Patient.?"),
        ({"contained": [{"resourceType": "Zzz"}]}, "Patient"),
        ({"contained": [{"resourceType": 7}]}, "Patient"),
    ],
)
def test_a_wrong_shape_is_found_and_nothing_foreign_leaves(members: dict[str, Any], path: str) -> None:
    findings = check_shape({"resourceType": "Patient", **members}, "Patient")
    assert [(finding.code, finding.path) for finding in findings] == [("wrong-shape", path)]


def test_warming_makes_the_models_ready() -> None:
    warm(["Patient", "Task"])
    for entry in read_message(PLAIN).entries:
        assert check_shape(entry.resource, entry.path) == ()
