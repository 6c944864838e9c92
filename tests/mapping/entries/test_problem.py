"""Problems: what worked documents say, and what must never come out as a fact."""

import pytest
from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries.problem import PART
from tests.mapping.entries.trip import PATIENT, Json, back, is_accepted, read, write
from tests.mapping.entries.worked import changed, read_all, resources_of, statements, with_child

OBSERVATION = "h:entryRelationship/h:observation"
CERTAINTY = (
    '<entryRelationship typeCode="SUBJ" inversionInd="true"><observation classCode="OBS" moodCode="EVN">'
    '<templateId root="1.2.250.1.213.1.1.3.171"/><value xsi:type="CE" code="{}"/></observation></entryRelationship>'
)


def condition(**members: object) -> Json:
    return {"resourceType": "Condition", "code": {"coding": [{"system": systems.ICD_10, "code": "I10"}]}, **members}


def certainty(code: str) -> Json:
    return {"coding": [{"system": systems.CONDITION_VERIFICATION, "code": code}]}


def a_problem() -> etree._Element:
    """The BPCO of the worked referral."""
    return statements("referral-level3.xml", PART.templates[1])[0][-1]


def test_an_active_problem_of_another_software() -> None:
    found = read_all(PART, "referral-level3.xml")
    assert found[-1] == {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": systems.CONDITION_CLINICAL, "code": "active"}]},
        "category": [
            {"coding": [{"system": systems.SNOMED_CT, "code": "282291009", "display": "interprétation diagnostique"}]}
        ],
        "code": {
            "coding": [
                {
                    "system": systems.ICD_10,
                    "code": "J44.9",
                    "display": "Maladie pulmonaire obstructive chronique, sans précision",
                }
            ],
            "text": "BPCO probable, à confirmer",
        },
        "subject": {"reference": PATIENT},
        "onsetDateTime": "2026-07",
    }


def test_a_problem_of_the_past_is_inactive_and_keeps_its_dates() -> None:
    phlebitis = next(c for c in read_all(PART, "referral-level3.xml") if c["code"]["text"].startswith("Phlébite"))
    assert phlebitis["clinicalStatus"]["coding"][0]["code"] == "inactive"
    assert (phlebitis["onsetDateTime"], phlebitis["abatementDateTime"]) == ("2011", "2011")


def test_every_leaf_of_the_worked_problems_is_read() -> None:
    found, words = statements("referral-level3.xml", PART.templates[1])
    assert [read(PART, statement, words).unread for statement in found] == [{}] * len(found)


def test_a_problem_that_stands_alone_is_read() -> None:
    (found,) = resources_of(PART, a_problem()[-1][0])
    assert found["code"]["coding"][0]["code"] == "J44.9"


def test_a_refuted_problem_is_negated_and_comes_back_refuted() -> None:
    written = write(PART, condition(verificationStatus=certainty("refuted")))
    assert written.values(".//h:observation/@negationInd") == ["true"]
    (found,) = read(PART, written.entry[0]).resources
    assert found["verificationStatus"] == certainty("refuted")


def test_a_provisional_problem_is_unconfirmed_for_others_and_comes_back_provisional() -> None:
    written = write(PART, condition(verificationStatus=certainty("provisional")))
    assert "unconfirmed" in written.values(".//h:value/@code")
    assert back(PART, condition(verificationStatus=certainty("provisional")))[1]["verificationStatus"] == certainty(
        "provisional"
    )


def test_a_code_that_says_no_known_problem_is_negated_in_cda_and_not_refuted_in_fhir() -> None:
    nothing = {"resourceType": "Condition", "code": {"coding": [{"system": systems.IPS_ABSENT}]}}
    nothing["code"]["coding"][0]["code"] = "no-known-problems"  # type: ignore[index]
    assert write(PART, nothing).values(".//h:observation/@negationInd") == ["true"]
    assert "verificationStatus" not in back(PART, nothing)[1]


@pytest.mark.parametrize(
    ("status", "abatement", "act"),
    [
        ("active", None, "active"),
        ("recurrence", "2020", "active"),
        ("resolved", "2020", "completed"),
        ("remission", None, "completed"),
    ],
)
def test_the_concern_ends_just_when_it_is_over(status: str, abatement: str | None, act: str) -> None:
    given = condition(clinicalStatus={"coding": [{"system": systems.CONDITION_CLINICAL, "code": status}]})
    written = write(PART, given | ({"abatementDateTime": abatement} if abatement else {}))
    assert written.values("h:act/h:statusCode/@code") == [act]
    assert len(written.values("h:act/h:effectiveTime/h:high/@*")) == (act == "completed")


@pytest.mark.parametrize("member", ["abatementString", "abatementAge", "abatementPeriod"])
def test_an_end_that_only_words_tell_still_ends_the_concern(member: str) -> None:
    written = write(PART, condition(**{member: "jadis"}))
    assert written.values("h:act/h:statusCode/@code") == ["completed"]


@pytest.mark.parametrize(
    "members",
    [
        {"verificationStatus": certainty("entered-in-error")},
        {"verificationStatus": {"text": "peu probable"}},
        {"verificationStatus": {"coding": [*certainty("confirmed")["coding"], *certainty("refuted")["coding"]]}},
        {"clinicalStatus": {"text": "guérie"}},
        {"modifierExtension": [{"url": "https://example.org/not", "valueBoolean": True}]},
        {"code": {"text": "Aucun antécédent notable"}},
        {"code": {"coding": [{"system": systems.ICD_10, "code": "I10"}], "text": "Pas d'hypertension"}},
        {"code": {"text": " "}},
        {"code": {"coding": [{"code": "I10"}]}},
        {"code": {}},
    ],
)
def test_what_an_entry_cannot_say_is_left_to_words(members: Json) -> None:
    assert not is_accepted(PART, condition(**members))


@pytest.mark.parametrize(
    ("path", "attributes"),
    [
        (".", {"moodCode": "INT"}),
        (".", {"negationInd": "true"}),
        (".", {"nullFlavor": "UNK"}),
        (OBSERVATION, {"moodCode": "GOL"}),
        (OBSERVATION, {"nullFlavor": "UNK"}),
        (OBSERVATION, {"{urn:hl7-org:sdtc}valueNegationInd": "true"}),
        ("h:entryRelationship", {"negationInd": "true"}),
    ],
)
def test_wishes_denials_and_unknowns_of_others_do_not_become_conditions(path: str, attributes: Json) -> None:
    assert resources_of(PART, changed(a_problem(), path, **attributes)) == []


@pytest.mark.parametrize("child", [CERTAINTY.format("likely"), CERTAINTY.format("confirmed") * 1 + "<a/>"])
def test_a_certainty_of_others_is_understood_or_the_problem_is_left_to_words(child: str) -> None:
    found = resources_of(PART, with_child(a_problem(), OBSERVATION, child))
    known = "confirmed" in child
    assert [c.get("verificationStatus") for c in found] == ([certainty("confirmed")] if known else [])


def test_the_problem_of_a_relative_is_not_the_patients() -> None:
    subject = '<subject><relatedSubject classCode="PRS"><code code="MTH"/></relatedSubject></subject>'
    assert resources_of(PART, with_child(a_problem(), OBSERVATION, subject)) == []


@pytest.mark.parametrize("code", ["refuted", "unconfirmed"])
def test_a_denial_beside_a_doubt_could_be_read_two_ways(code: str) -> None:
    negated = changed(a_problem(), OBSERVATION, negationInd="true")
    assert resources_of(PART, with_child(negated, OBSERVATION, CERTAINTY.format(code))) == []


def test_a_denied_problem_of_others_is_refuted() -> None:
    for value in ("true", "1"):
        (found,) = resources_of(PART, changed(a_problem(), OBSERVATION, negationInd=value))
        assert found["verificationStatus"] == certainty("refuted")


def test_a_problem_of_others_that_is_said_to_be_uncertain_is_unconfirmed() -> None:
    (found,) = resources_of(PART, with_child(a_problem(), OBSERVATION, '<uncertaintyCode code="UN"/>'))
    assert found["verificationStatus"] == certainty("unconfirmed")


def test_words_that_deny_beside_a_code_that_does_not_stay_words() -> None:
    assert resources_of(PART, a_problem(), {"#pb2": "Pas de BPCO"}) == []


def test_a_time_without_zone_keeps_its_day_and_the_receipt_says_so() -> None:
    late = changed(a_problem(), f"{OBSERVATION}/h:effectiveTime/h:low", value="202607011230")
    found = read(PART, late)
    assert found.resources[0]["onsetDateTime"] == "2026-07-01"
    assert any(item.rule == "time-without-zone-keeps-its-day" for item in found.ledger.additions)
