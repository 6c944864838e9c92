"""Procedures, vaccinations and devices: what is done, planned, not done; what others send."""

import pytest
from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import device, immunization, procedure
from tests.mapping.entries.trip import PATIENT, Json, is_accepted, read, write
from tests.mapping.entries.worked import changed, read_all, resources_of, statements, with_child

CCAM = "urn:oid:1.2.250.1.215.300.1"


def done(status: str = "completed", **members: object) -> Json:
    return {"resourceType": "Procedure", "status": status, "code": {"text": "Spirométrie"}, **members}


def planned(**members: object) -> Json:
    request = {"resourceType": "ServiceRequest", "status": "active", "intent": "plan", "code": {"text": "Spirométrie"}}
    return request | members


def vaccination(status: str = "completed", **members: object) -> Json:
    return {"resourceType": "Immunization", "status": status, "vaccineCode": {"text": "ROR"}, **members}


def a_device() -> etree._Element:
    return statements("discharge-ldl-ses.xml", device.PART.templates[0])[0][0]


# --- procedures --------------------------------------------------------------------------------------------------


def test_a_requested_procedure_of_another_software_is_planned() -> None:
    assert read_all(procedure.PLANNED, "referral-level3.xml")[-1] == {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "plan",
        "priority": "routine",
        "code": {
            "coding": [
                {
                    "system": CCAM,
                    "code": "GLQP002",
                    "display": "Mesure de la capacité vitale lente et de l'expiration forcée, avec enregistrement "
                    "[Spirométrie standard]",
                }
            ]
        },
        "subject": {"reference": PATIENT},
        "occurrencePeriod": {"end": "2026-12-20"},
    }


def test_a_procedure_not_done_is_denied_and_cancelled_and_comes_back_not_done() -> None:
    written = write(procedure.DONE, done("not-done"))
    assert written.values("h:procedure/@negationInd | h:procedure/h:statusCode/@code") == ["true", "cancelled"]
    assert read(procedure.DONE, written.entry[0]).resources[0]["status"] == "not-done"


@pytest.mark.parametrize(("denied", "status"), [("true", "completed"), ("false", "cancelled"), ("1", "active")])
def test_either_sign_of_others_that_it_was_not_done_is_enough(denied: str, status: str) -> None:
    act = write(procedure.DONE, done()).entry[0]
    changed(changed(act, ".", negationInd=denied), "h:statusCode", code=status)
    assert resources_of(procedure.DONE, act)[0]["status"] == "not-done"


@pytest.mark.parametrize(
    "resource",
    [
        done("entered-in-error"),
        done("unknown"),
        done("preparation"),
        done(code={"text": "Aucun acte"}),
        done(code={"coding": [{"system": systems.IPS_ABSENT, "code": "no-known-procedures"}]}),
        done(modifierExtension=[{"url": "https://example.org/not"}]),
    ],
)
def test_a_procedure_that_an_entry_cannot_say_is_left_to_words(resource: Json) -> None:
    assert not is_accepted(procedure.DONE, resource)


@pytest.mark.parametrize(
    "members",
    [
        {"doNotPerform": True},
        {"status": "entered-in-error"},
        {"status": "draft"},
        {"intent": "option"},
        {"category": [{"coding": [{"system": systems.REFERRAL_CATEGORY, "code": "referral"}]}]},
    ],
)
def test_a_request_that_an_entry_cannot_say_is_left_to_words(members: Json) -> None:
    assert not is_accepted(procedure.PLANNED, planned(**members))


def test_an_order_is_written_as_planned_and_stays_an_order_in_words() -> None:
    written = write(procedure.PLANNED, planned(intent="order"))
    assert "ServiceRequest.intent" not in written.structured


@pytest.mark.parametrize(
    ("path", "attributes"),
    [
        (".", {"moodCode": "INT", "negationInd": "true"}),
        (".", {"moodCode": "RQO"}),
        ("h:statusCode", {"code": "held"}),
        ("h:statusCode", {"code": None}),
    ],
)
def test_acts_of_others_that_are_not_understood_stay_words(path: str, attributes: Json) -> None:
    act = write(procedure.DONE, done()).entry[0]
    assert resources_of(procedure.DONE, changed(act, path, **attributes)) == []


# --- vaccinations ------------------------------------------------------------------------------------------------


def test_a_vaccination_not_done_is_denied_and_comes_back_not_done() -> None:
    written = write(immunization.PART, vaccination("not-done"))
    assert written.values("*/@negationInd") == ["true"]
    assert read(immunization.PART, written.entry[0]).resources[0]["status"] == "not-done"


def test_a_code_that_the_french_list_lacks_stands_beside_no_code() -> None:
    site = {"coding": [{"system": systems.SNOMED_CT, "code": "368209003", "display": "bras droit"}]}
    written = write(immunization.PART, vaccination(site=site))
    assert written.values("*/h:approachSiteCode/@nullFlavor") == ["OTH"]
    assert read(immunization.PART, written.entry[0]).resources[0]["site"] == site


def test_a_code_of_the_french_list_stands_in_its_place() -> None:
    site = {"coding": [{"system": systems.SNOMED_CT, "code": "91774008"}]}
    assert write(immunization.PART, vaccination(site=site)).values("*/h:approachSiteCode/@code") == ["91774008"]


def test_a_vaccination_without_date_says_that_it_is_unknown() -> None:
    (found,) = read(immunization.PART, write(immunization.PART, vaccination()).entry[0]).resources
    assert found["occurrenceString"] == "Date inconnue"


@pytest.mark.parametrize("attributes", [{"moodCode": "INT"}, {"nullFlavor": "NA"}])
def test_a_recommendation_of_others_is_no_vaccination(attributes: Json) -> None:
    act = write(immunization.PART, vaccination()).entry[0]
    assert resources_of(immunization.PART, changed(act, ".", **attributes)) == []


def test_no_known_vaccination_of_others_stays_words() -> None:
    act = write(immunization.PART, vaccination()).entry[0]
    changed(act, "h:code", code="no-known-immunizations", codeSystem="2.16.840.1.113883.5.1150.1")
    assert resources_of(immunization.PART, act) == []


@pytest.mark.parametrize("status", ["entered-in-error", "unknown"])
def test_a_vaccination_of_another_status_is_left_to_words(status: str) -> None:
    assert not is_accepted(immunization.PART, vaccination(status))


# --- devices -----------------------------------------------------------------------------------------------------


def test_the_worked_device() -> None:
    assert read_all(device.PART, "discharge-ldl-ses.xml") == [
        {
            "resourceType": "Device",
            "type": {
                "coding": [
                    {"system": "urn:oid:1.2.250.1.213.2.68", "code": "R0103", "display": "CHAMBRES D'INHALATION"}
                ],
                "text": "Chambre d'inhalation",
            },
            "patient": {"reference": PATIENT},
        }
    ]


def test_the_date_of_a_device_stays_in_words() -> None:
    found = read(device.PART, a_device())
    assert found.unread == {"entry/effectiveTime[1]/low[1]/@value": "20261120"}


@pytest.mark.parametrize("attributes", [{"moodCode": "INT"}, {"negationInd": "true"}])
def test_a_device_that_is_prescribed_or_denied_stays_words(attributes: Json) -> None:
    assert resources_of(device.PART, changed(a_device(), ".", **attributes)) == []


def test_the_identifier_of_a_device_is_its_udi() -> None:
    udi = '<id root="2.16.840.1.113883.3.3719" extension="(01)00844588003288"/>'
    found = resources_of(device.PART, with_child(a_device(), "h:participant/h:participantRole", udi, at=0))
    assert found[0]["udiCarrier"] == [{"carrierHRF": "(01)00844588003288"}]


@pytest.mark.parametrize("status", ["inactive", "entered-in-error", "unknown"])
def test_a_device_not_in_use_is_left_to_words(status: str) -> None:
    kept = {"resourceType": "Device", "type": {"text": "Prothèse de genou"}, "status": status}
    assert not is_accepted(device.PART, kept)
