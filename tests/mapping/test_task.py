"""The Task that software follows: the client's own words kept, everything else said by identifier."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.fhir.format.bundle import index_message
from gateway.journal import DeliveryState
from gateway.mapping.envelope import envelope_of
from gateway.mapping.task import new_task, stand, standing_of, versioned, with_delivery, with_output
from gateway.model import ItemId
from gateway.workflow.referral import REPORTED, SUBMITTED
from tests.referrals import CASES, PLAIN, bundle_of, only

AT = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)


def task_of(case: str = PLAIN, bundle: Any = None) -> dict[str, Any]:
    message = index_message(bundle or bundle_of(case))
    return new_task(message, envelope_of(message).patient, ItemId("t-1"), AT, "Binary/r")


@pytest.mark.parametrize("case", CASES)
def test_the_clients_identifiers_are_kept(case: str) -> None:
    given, task = only(bundle_of(case), "Task"), task_of(case)
    assert task["identifier"] == given["identifier"]
    assert task["authoredOn"] == given["authoredOn"]
    assert standing_of(task) == SUBMITTED


@pytest.mark.parametrize("case", CASES)
def test_nothing_in_it_needs_another_resource_of_ours(case: str) -> None:
    text = json.dumps(task_of(case), default=str)
    assert "urn:uuid:" not in text
    references = [o["valueReference"]["reference"] for o in task_of(case)["output"]]
    assert references == ["Binary/r"]
    assert all("identifier" in task_of(case)[name] for name in ("for", "requester", "owner"))


def test_an_ins_that_is_not_qualified_is_not_in_the_task() -> None:
    bundle = json.loads(json.dumps(bundle_of(PLAIN), default=str).replace('"QUAL"', '"PROV"'))
    patient = only(bundle, "Patient")
    patient["identifier"] = [i for i in patient["identifier"] if i["system"].startswith("urn:oid:1.2.250")]
    assert "252035145404215" not in json.dumps(task_of(bundle=bundle))


def test_the_deadline_is_kept_without_the_candidates() -> None:
    restriction = task_of("09-urgent-open-deadline").get("restriction")
    assert restriction
    assert set(restriction) == {"period"}


def test_a_new_version_changes_its_number_and_time_only() -> None:
    task = task_of()
    later = versioned(task, 2, AT.replace(minute=5))
    assert later["meta"] == {"versionId": "2", "lastUpdated": "2026-11-22T09:05:00.123Z"}
    assert {n for n in later if later[n] != task.get(n)} == {"meta", "lastModified"}


def test_a_failure_has_its_reason_until_it_is_lifted() -> None:
    failed = with_delivery(task_of(), DeliveryState.UNDELIVERABLE, "Boîte pleine.")
    assert failed["statusReason"] == {"text": "Boîte pleine."}
    lifted = with_delivery(failed, DeliveryState.DELIVERED, None)
    assert "statusReason" not in lifted
    assert [e["valueCode"] for e in lifted["extension"]] == ["delivered"]


def test_outputs_are_added_and_never_replaced() -> None:
    task = with_output(with_output(task_of(), "answer", "DocumentReference/1"), "answer", "DocumentReference/2")
    assert [o["valueReference"]["reference"] for o in task["output"]][1:] == [
        "DocumentReference/1",
        "DocumentReference/2",
    ]


def test_no_change_touches_the_task_that_it_is_made_from() -> None:
    task = task_of()
    before = json.dumps(task, default=str)
    stand(with_output(with_delivery(task, DeliveryState.SENT, "x"), "answer", "a"), REPORTED)
    assert json.dumps(task, default=str) == before
