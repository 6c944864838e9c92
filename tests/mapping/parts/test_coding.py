"""Header codes: only those of the value set that the ANS profile names."""

import pytest

from gateway.errors import MappingError
from tests.mapping.parts.letters import Json, letter, part

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SETTING = "//h:performer//h:standardIndustryClassCode/@code"


def _first_coding(bundle: Json, type_: str, name: str) -> Json:
    concepts = part(bundle, type_)[name]
    coding: Json = (concepts[0] if isinstance(concepts, list) else concepts)["coding"][0]
    return coding


def test_an_encounter_class_outside_the_value_set_is_told_in_the_letter() -> None:
    kind = {"system": ACT_CODE, "code": "ACUTE", "display": "x"}
    written = letter("02-rich", lambda b: part(b, "Encounter").update({"class": kind}))
    assert written.values("//h:encompassingEncounter/h:code") == []
    assert written.outcome("Encounter", "class.code") == {"narrative"}


@pytest.mark.parametrize(("system", "code"), [(ACT_CODE, "VR"), ("urn:oid:1.2.250.1.213.1.1.4.2.291", "EXTERNE")])
def test_an_encounter_class_of_the_value_set_comes_back(system: str, code: str) -> None:
    written = letter("02-rich", lambda b: part(b, "Encounter").update({"class": {"system": system, "code": code}}))
    assert part(written.back, "Encounter")["class"]["code"] == code


def test_a_code_of_the_value_set_under_another_system_is_not_taken_for_it() -> None:
    kind = {"system": "urn:oid:1.2.3", "code": "AMB"}
    written = letter("02-rich", lambda b: part(b, "Encounter").update({"class": kind}))
    assert written.values("//h:encompassingEncounter/h:code") == []


def test_an_unknown_speciality_is_told_in_the_letter() -> None:
    written = letter("02-rich", lambda b: _first_coding(b, "PractitionerRole", "specialty").update(code="G15_10/SM99"))
    assert written.values("//h:assignedAuthor/h:code") == []
    assert written.outcome("PractitionerRole", "specialty[0].coding[0].code") == {"narrative"}


def test_an_unknown_practice_setting_falls_back_to_the_default_and_is_guessed() -> None:
    written = letter("02-rich", lambda b: _first_coding(b, "Encounter", "serviceType").update(code="ZZZ"))
    assert written.values(SETTING) == ["AMBULATOIRE"]
    assert written.loss.count("guessed") > 0


def test_an_unknown_type_of_the_authors_structure_is_refused_where_the_registry_does_not_know_it() -> None:
    with pytest.raises(MappingError) as refused:
        letter("02-rich", lambda b: _first_coding(b, "Organization", "type").update(code="SA99"))
    assert refused.value.code == "facility-unknown"
