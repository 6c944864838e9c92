"""recordTarget: what the ANS profile requires is always there."""

import pytest

from tests.mapping.parts.letters import Json, letter, part


@pytest.mark.parametrize("gender", ["other", None])
def test_a_sex_that_cda_has_no_code_for_is_unknown_there_and_told_in_the_letter(gender: str | None) -> None:
    def change(bundle: Json) -> None:
        patient = part(bundle, "Patient")
        patient.pop("gender")
        patient.update({"gender": gender} if gender else {})

    written = letter("07-no-ins", change)
    assert written.values("//h:patient/h:administrativeGenderCode/@code") == ["UN"]
    assert written.outcome("Patient", "gender") == ({"narrative"} if gender else set())
    assert "patient-gender-unknown" in {item.rule for item in written.loss.items}
