"""Treatments: what worked documents say, timings that CDA can say, and what must never be read as taken."""

from decimal import Decimal

import pytest
from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries.medication import PART
from tests.mapping.entries.trip import PATIENT, Json, back, is_accepted, read, write
from tests.mapping.entries.worked import changed, read_all, resources_of, statements, with_child

REFERRAL = "referral-level3.xml"
EDQM = "http://standardterms.edqm.eu"
PRECONDITION = "<precondition><criterion>{}</criterion></precondition>"


def statement(**members: object) -> Json:
    medicine = {"coding": [{"system": systems.ATC, "code": "C03CA01"}], "text": "Furosémide 40 mg"}
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": medicine,
        **members,
    }


def request(**members: object) -> Json:
    return statement(**{"intent": "order", **members}) | {"resourceType": "MedicationRequest"}


def repeated(**repeat: object) -> Json:
    return statement(dosage=[{"timing": {"repeat": repeat}}])


def a_drug(number: int = 0) -> etree._Element:
    """Ramipril, salbutamol, tiotropium of the worked referral."""
    return statements(REFERRAL, PART.templates[0])[0][number]


def puffs(value: int) -> Json:
    return {"value": value, "unit": "bouffée", "system": systems.UCUM, "code": "{puff}"}


def test_a_treatment_if_needed_of_another_software() -> None:
    found = read_all(PART, REFERRAL)[1]
    assert found == {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {
            "coding": [
                {
                    "system": systems.CIS,
                    "code": "60928110",
                    "display": "VENTOLINE 100 microgrammes/dose, suspension pour inhalation en flacon pressurisé",
                },
                {"system": systems.ATC, "code": "R03AC02", "display": "salbutamol"},
            ],
            "text": "VENTOLINE 100 microgrammes/dose, suspension pour inhalation en flacon pressurisé",
        },
        "subject": {"reference": PATIENT},
        "effectivePeriod": {"start": "2026-07"},
        "dosage": [
            {
                "route": {"coding": [{"system": EDQM, "code": "20020000", "display": "Voie inhalée"}]},
                "doseAndRate": [{"doseRange": {"low": puffs(1), "high": puffs(2)}}],
                "maxDosePerPeriod": {
                    "numerator": puffs(8),
                    "denominator": {"value": 1, "unit": "jour", "system": systems.UCUM, "code": "d"},
                },
            }
        ],
    }


def test_moments_cycles_and_instructions_of_another_software() -> None:
    ramipril, _, tiotropium = read_all(PART, REFERRAL)
    assert ramipril["dosage"][0]["timing"] == {
        "repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["ACM"]}
    }
    assert ramipril["reasonCode"][0]["coding"][0]["code"] == "I10"
    assert tiotropium["dosage"][0]["timing"] == {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    assert tiotropium["dosage"][0]["patientInstruction"] == "2 bouffées à la suite, une fois par jour"


def test_a_prescription_is_a_request_with_its_bounds() -> None:
    found = read_all(PART, "ipa-renewal.xml")[0]
    assert (found["resourceType"], found["status"], found["intent"]) == ("MedicationRequest", "active", "order")
    assert found["dosageInstruction"][0]["timing"]["repeat"] == {
        "boundsPeriod": {"start": "2026-11-17", "end": "2027-02-17"},
        "frequency": 1,
        "period": 12,
        "periodUnit": "h",
    }


def test_a_medicine_without_cis_keeps_every_coding_beside_an_unknown_code() -> None:
    made = write(PART, statement())
    assert made.values("//h:manufacturedMaterial/h:code/@nullFlavor") == ["NA"]
    assert made.values("//h:manufacturedMaterial/h:code/h:translation/@code") == ["C03CA01"]
    assert made.values("//h:manufacturedMaterial/h:name/text()") == ["Furosémide 40 mg"]


@pytest.mark.parametrize(
    "repeat",
    [
        {"frequency": 3, "period": 1, "periodUnit": "d"},
        {"frequency": 5, "period": 1, "periodUnit": "d"},
        {"frequency": 2, "period": 1, "periodUnit": "wk"},
        {"frequency": 1, "period": 8, "periodUnit": "h"},
        {"frequency": 1, "period": Decimal("1.5"), "periodUnit": "d"},
        {"frequency": 1, "period": 2, "periodUnit": "d", "when": ["CD"]},
        {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["CM", "CV"]},
    ],
)
def test_a_timing_that_comes_back_digit_for_digit(repeat: Json) -> None:
    sent, found = back(PART, repeated(**repeat))
    assert sent["dosage"][0]["timing"]["repeat"] == repeat
    assert found["dosage"][0]["timing"]["repeat"] == repeat


@pytest.mark.parametrize(
    "repeat",
    [
        {"frequency": 7, "period": 1, "periodUnit": "d"},
        {"frequency": 7, "period": 1, "periodUnit": "wk"},
        {"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"},
        {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "thu"]},
        {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]},
        {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00"]},
        {"boundsPeriod": {"start": "2026-01-01"}, "frequency": 1, "period": 1, "periodUnit": "d"},
    ],
)
def test_a_timing_that_is_not_exact_is_told_in_words_alone_and_the_entry_says_so(repeat: Json) -> None:
    made = write(PART, repeated(**repeat))
    assert made.values("//h:effectiveTime[2]/@nullFlavor") == ["OTH"]
    assert not any("timing" in path for path in made.structured)


def test_a_range_between_equal_numbers_of_other_digits_stays_a_range() -> None:
    bounds = {"low": puffs(5), "high": puffs(5) | {"value": Decimal("5.0")}}
    _, found = back(PART, statement(dosage=[{"doseAndRate": [{"rateRange": bounds}]}]))
    assert found["dosage"][0]["doseAndRate"][0].keys() == {"rateRange"}


def test_if_needed_never_travels_without_its_timing_nor_the_timing_without_it() -> None:
    dosage = {
        "asNeededBoolean": True,
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "count": 3}},
    }
    made = write(PART, statement(dosage=[dosage]))
    assert not any("timing" in path or "asNeeded" in path for path in made.structured)
    assert made.values("//h:precondition") == []


def test_several_dosages_are_told_in_words_alone() -> None:
    made = write(PART, statement(dosage=[{"text": "1 le matin"}, {"text": "2 le soir"}]))
    assert not any("dosage" in path for path in made.structured)
    assert made.values("//h:effectiveTime[2]/@nullFlavor") == ["OTH"]


@pytest.mark.parametrize(
    "resource",
    [
        *(statement(status=s) for s in ("stopped", "on-hold", "not-taken", "completed", "entered-in-error", "unknown")),
        request(doNotPerform=True),
        request(intent="proposal"),
        statement(modifierExtension=[{"url": "https://example.org/not", "valueBoolean": True}]),
        statement(medicationCodeableConcept={"text": "Aucun traitement"}),
    ],
)
def test_what_is_not_a_treatment_under_way_has_no_entry(resource: Json) -> None:
    assert not is_accepted(PART, resource)


def test_a_treatment_that_ended_before_the_letter_has_no_entry() -> None:
    assert len(write(PART, statement(effectivePeriod={"end": "2026-01-31"})).entry) == 0


def test_a_denied_treatment_is_not_taken_and_a_denied_order_forbids() -> None:
    (taken,) = resources_of(PART, changed(a_drug(), ".", negationInd="true"))
    assert taken["status"] == "not-taken"
    (ordered,) = resources_of(PART, changed(changed(a_drug(), ".", negationInd="true"), ".", moodCode="INT"))
    assert ordered["doNotPerform"] is True


def test_a_treatment_that_has_ended_by_the_date_of_the_document_is_completed() -> None:
    ended = changed(a_drug(), "h:effectiveTime/h:high", nullFlavor=None, value="20260101")
    assert resources_of(PART, ended)[0]["status"] == "completed"


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ('<value xsi:type="CD" nullFlavor="NI"/>', {"asNeededBoolean": True}),
        ("<text>si douleur</text>", {"asNeededCodeableConcept": {"text": "si douleur"}}),
    ],
)
def test_a_condition_of_another_software(criterion: str, expected: Json) -> None:
    found = resources_of(PART, with_child(a_drug(), ".", PRECONDITION.format(criterion)))[0]
    assert expected.items() <= found["dosage"][0].items()


def test_a_condition_that_is_not_understood_leaves_the_whole_treatment_to_words() -> None:
    criterion = '<code code="PAT-056" codeSystem="1.2.3"/><value xsi:type="BL" value="false"/>'
    assert resources_of(PART, with_child(a_drug(), ".", PRECONDITION.format(criterion))) == []


@pytest.mark.parametrize("status", ["aborted", "suspended", "cancelled", "nullified"])
def test_a_treatment_that_was_broken_off_is_left_to_words(status: str) -> None:
    assert resources_of(PART, changed(a_drug(), "h:statusCode", code=status)) == []


def test_a_timing_that_is_not_understood_leaves_its_words_as_the_dosage() -> None:
    drug = changed(a_drug(), "h:effectiveTime[2]/h:event", code="ICD")
    found = read(PART, drug, {"#med1": "1 comprimé entre midi et le soir"})
    assert found.resources[0]["dosage"][0]["text"] == "1 comprimé entre midi et le soir"
    assert "timing" not in found.resources[0]["dosage"][0]
    assert "ICD" in found.unread.values()
