"""Names: the parts that the ANS profile takes, in the number that it takes."""

from tests.mapping.parts.letters import Json, letter, part

AUTHOR = "//h:assignedAuthor/h:assignedPerson/h:name"


def _author_name(bundle: Json) -> Json:
    name: Json = part(bundle, "Practitioner")["name"][0]
    return name


def test_a_professional_has_one_given_name_and_titles_of_the_value_sets() -> None:
    written = letter(
        "02-rich",
        lambda b: _author_name(b).update(
            {"given": ["Odile", "Marie"], "prefix": ["Chère", "MME"], "suffix": ["Jr", "PR"]}
        ),
    )
    assert written.values(f"{AUTHOR}/*/text()") == ["MME", "BRASSENNE", "Odile", "PR"]
    assert written.outcome("Practitioner", "name[0].given[1]") == {"narrative"}
    assert written.outcome("Practitioner", "name[0].prefix[0]") == {"narrative"}
    assert part(written.back, "Practitioner")["name"][0]["suffix"] == ["PR"]


def test_a_professional_without_family_name_has_no_name_element() -> None:
    written = letter("02-rich", lambda b: part(b, "Practitioner").update(name=[{"text": "Dr Odile B."}]))
    assert written.values("//h:assignedAuthor/h:assignedPerson") == []


def test_a_patients_name_that_nobody_qualified_stands_as_the_used_one() -> None:
    name = {"family": "LANDREGUES", "given": ["CAMILLE"]}
    written = letter("07-no-ins", lambda b: part(b, "Patient").update(name=[name]))
    assert set(written.values("//h:patient/h:name/*/@qualifier")) == {"CL"}
    assert part(written.back, "Patient")["name"] == [{"use": "usual", **name}]


def test_birth_and_used_name_are_not_mixed_with_a_third() -> None:
    third = {"use": "nickname", "given": ["Cam"]}
    written = letter("07-no-ins", lambda b: part(b, "Patient")["name"].append(third))
    assert "Cam" not in written.values("//h:patient/h:name/*/text()")
