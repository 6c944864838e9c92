"""The timeline is given to whom the Task is visible."""

from tests.fhir.adapters.caller import Caller


def test_who_sees_the_task_sees_its_story(practice: Caller) -> None:
    reply = practice.get("/fhir/Task/t-1/$timeline")
    assert (reply.status, reply.json["id"]) == (200, "practice-software.t-1")


def test_who_does_not_see_the_task_is_told_that_it_does_not_exist(hospital: Caller) -> None:
    reply = hospital.get("/fhir/Task/t-1/$timeline")
    assert (reply.status, reply.code) == (404, "not-found")


def test_other_resources_have_no_timeline(practice: Caller) -> None:
    assert practice.get("/fhir/Patient/p-1/$timeline").code == "unknown-route"


def test_an_id_that_is_none_is_not_asked_for(practice: Caller) -> None:
    assert practice.get("/fhir/Task/t_1/$timeline").code == "not-found"
