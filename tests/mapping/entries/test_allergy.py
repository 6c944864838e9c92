"""Allergies: what worked documents say, and that the absence of one never becomes one."""

import pytest
from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries.allergy import PART
from gateway.mapping.entries.problem import PART as PROBLEM
from gateway.mapping.entries.table import ENTRY_PARTS
from tests.mapping.entries.trip import PATIENT, Json, back, is_accepted, read, write
from tests.mapping.entries.worked import changed, read_all, resources_of, statements, with_child

OBSERVATION = "h:entryRelationship/h:observation"


def allergy(**members: object) -> Json:
    code = {"coding": [{"system": systems.ATC, "code": "J01CA04"}], "text": "Amoxicilline"}
    return {"resourceType": "AllergyIntolerance", "code": code, **members}


def certainty(code: str) -> Json:
    return {"coding": [{"system": systems.ALLERGY_VERIFICATION, "code": code}]}


def amoxicillin() -> etree._Element:
    return statements("referral-level3.xml", PART.templates[1])[0][0]


def none_known(words: str | None, kind: str = "416098002") -> list[Json]:
    """A negated observation without agent, as the worked plans have it."""
    statement = changed(amoxicillin(), OBSERVATION, negationInd="true")
    changed(statement, f"{OBSERVATION}/h:code", code=kind)
    for path in ("h:participant", "h:entryRelationship"):
        found = statement.find(f"{OBSERVATION}/{path}", {"h": "urn:hl7-org:v3"})
        assert found is not None
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)
    return resources_of(PART, statement, {"#all1": words} if words else None)


def test_the_worked_allergy_with_its_reaction() -> None:
    assert read_all(PART, "referral-level3.xml") == [
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": {"coding": [{"system": systems.ALLERGY_CLINICAL, "code": "active"}]},
            "type": "allergy",
            "category": ["medication"],
            "code": {
                "coding": [{"system": systems.ATC, "code": "J01CA04", "display": "Amoxicilline"}],
                "text": "Amoxicilline",
            },
            "patient": {"reference": PATIENT},
            "onsetDateTime": "1998",
            "reaction": [
                {
                    "manifestation": [
                        {
                            "coding": [
                                {
                                    "system": systems.ICD_10,
                                    "code": "L27.0",
                                    "display": "Éruption généralisée due à des médicaments",
                                }
                            ],
                            "text": "Éruption cutanée",
                        }
                    ],
                    "onset": "1998",
                }
            ],
        }
    ]


@pytest.mark.parametrize("name", ["referral-level3.xml", "discharge-ldl-ses.xml"])
def test_every_leaf_of_the_worked_allergies_is_read_but_who_saw_the_reaction(name: str) -> None:
    """A symptom that the patient reports: FHIR has no place for this kind, so it stays in words."""
    found, words = statements(name, PART.templates[1])
    assert found
    for statement in found:
        unread = read(PART, statement, words).unread
        assert all("observation[1]/entryRelationship[1]/observation[1]/code[1]/@" in path for path in unread)
        assert {value for path, value in unread.items() if path.endswith("@code")} <= {"418799008"}


def test_an_allergy_is_tried_before_a_problem_whose_template_it_wears() -> None:
    assert ENTRY_PARTS.index(PART) < ENTRY_PARTS.index(PROBLEM)


@pytest.mark.parametrize(
    ("kind", "code"), [("416098002", "409137002"), ("414285001", "429625007"), ("609328004", "716186003")]
)
@pytest.mark.parametrize("words", ["Aucune allergie connue", None])
def test_a_denial_without_agent_says_that_none_is_known(kind: str, code: str, words: str | None) -> None:
    (found,) = none_known(words, kind)
    assert found["code"]["coding"][0]["code"] == code
    assert found["code"].get("text") == words
    assert "verificationStatus" not in found


def test_a_denial_of_something_without_code_stays_words() -> None:
    assert none_known("Amoxicilline") == []


def test_no_known_allergy_is_a_negated_observation_without_agent_and_comes_back_as_it_was() -> None:
    nothing = allergy(code={"coding": [{"system": systems.SNOMED_CT, "code": "716186003", "display": "Aucune"}]})
    written = write(PART, nothing)
    assert written.values(".//h:observation/@negationInd") == ["true"]
    assert written.values(".//h:participant/@typeCode") == []
    found = back(PART, nothing)[1]
    assert found["code"] == nothing["code"]
    assert "verificationStatus" not in found


def test_a_refuted_allergy_is_negated_and_comes_back_refuted() -> None:
    written = write(PART, allergy(verificationStatus=certainty("refuted")))
    assert written.values(".//h:observation/@negationInd")[0] == "true"
    assert read(PART, written.entry[0]).resources[0]["verificationStatus"] == certainty("refuted")


def test_several_signs_of_one_reaction_stay_one_reaction() -> None:
    signs = [{"text": "urticaire"}, {"text": "œdème"}]
    given = allergy(reaction=[{"manifestation": signs, "severity": "severe"}, {"manifestation": [{"text": "choc"}]}])
    assert back(PART, given)[1]["reaction"] == given["reaction"]


@pytest.mark.parametrize(
    "members",
    [
        {"verificationStatus": certainty("entered-in-error")},
        {"verificationStatus": certainty("presumed")},
        {"clinicalStatus": {"text": "ancienne"}},
        {"modifierExtension": [{"url": "https://example.org/not", "valueBoolean": True}]},
        {"code": {"text": "Aucune allergie connue"}},
        {"code": {"text": "Allergies : néant"}},
        {"code": {"text": "Pas d'allergie à la pénicilline"}},
        {
            "code": {"coding": [{"system": systems.SNOMED_CT, "code": "716186003"}]},
            "verificationStatus": certainty("refuted"),
        },
    ],
)
def test_what_an_entry_cannot_say_is_left_to_words(members: Json) -> None:
    assert not is_accepted(PART, allergy(**members))


@pytest.mark.parametrize(
    "child",
    [
        '<uncertaintyCode code="UN"/>',
        '<subject><relatedSubject classCode="PRS"/></subject>',
        '<participant typeCode="CSM"><participantRole/></participant>',
    ],
)
def test_doubts_relatives_and_second_agents_of_others_stay_words(child: str) -> None:
    assert resources_of(PART, with_child(amoxicillin(), OBSERVATION, child)) == []


def test_words_that_deny_are_not_an_agent() -> None:
    statement = amoxicillin()
    name = next(statement.iter("{urn:hl7-org:v3}name"))
    name.text = "Aucune allergie connue"
    assert resources_of(PART, statement) == []


def test_a_denied_reaction_of_others_is_no_reaction() -> None:
    statement = changed(amoxicillin(), f"{OBSERVATION}/h:entryRelationship/h:observation", negationInd="true")
    (found,) = resources_of(PART, statement)
    assert "reaction" not in found


def test_an_allergy_that_has_an_end_is_not_active() -> None:
    statement = with_child(amoxicillin(), f"{OBSERVATION}/h:effectiveTime", '<high value="2001"/>')
    (found,) = resources_of(PART, statement)
    assert found["clinicalStatus"]["coding"][0]["code"] == "inactive"
