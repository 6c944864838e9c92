"""The Task by which software follows its referral: made at intake, moved by receipts and answers.

The client's identifiers are kept; people and patient are named by identifier, so that nothing in it needs another
resource of ours. Source: FHIR R4 Task; IHE and Gravity practice for `output` and `statusReason`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.fhir.format import systems
from gateway.fhir.format.bundle import Message
from gateway.journal import DeliveryState
from gateway.mapping.envelope import recipient_references
from gateway.mapping.parts.professional import Professional
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element
from gateway.model import InsStatus, ItemId, PatientIdentity
from gateway.workflow.referral import SUBMITTED, Standing

Resource = dict[str, Any]

RECEIPT_OF_LOSS, ANSWER, REPLY_TEXT = "receipt-of-loss", "answer", "reply-text"
"""Codes of Task.output.type."""


def new_task(message: Message, patient: PatientIdentity, task_id: ItemId, at: datetime, receipt: str) -> Resource:
    """Version 1 of the Task of a new referral. `receipt`: reference to the receipt of loss."""
    resolver = Resolver(message, Ledger())
    given = resolver.one("Task")
    task: Resource = {"resourceType": "Task", "id": task_id}
    for name in ("identifier", "intent", "priority", "code", "authoredOn", "restriction"):
        if given[name].exists and name != "restriction":
            task[name] = given[name].value
    due = given["restriction"]["period"]
    if due.exists:
        task["restriction"] = {"period": due.value}
    task["focus"] = _focus(resolver.one("ServiceRequest"))
    task["for"] = {"type": "Patient", "identifier": _patient_identifier(patient)}
    task["requester"] = _logical(resolver.professional(given["requester"]))
    task["owner"] = next((_logical(resolver.professional(r)) for r in recipient_references(given)), {})
    task["output"] = [output(RECEIPT_OF_LOSS, receipt)]
    return versioned(stand(task, SUBMITTED), 1, at)


def _focus(request: Element) -> Resource:
    identifier = request.first("identifier")
    focus: Resource = {"type": "ServiceRequest"}
    return focus | ({"identifier": identifier.value} if identifier.exists else {"display": "ServiceRequest"})


def _patient_identifier(patient: PatientIdentity) -> Resource:
    """An INS only where it may travel."""
    qualified = patient.ins if patient.ins_status is InsStatus.QUALIFIED else None
    identifier = patient.local or qualified
    return {"system": identifier.system, "value": identifier.value} if identifier else {}


def _logical(who: Professional) -> Resource:
    """A reference by identifier: the person, else the structure."""
    if who.person_id:
        identifier = {"system": systems.PS_IDNAT, "value": who.person_id}
        return {"type": "Practitioner", "identifier": identifier, "display": who.display_name or who.person_id}
    identifier = {"system": systems.STRUCT_IDNAT, "value": who.structure_id or ""}
    return {"type": "Organization", "identifier": identifier, "display": who.display_name or identifier["value"]}


def stand(task: Mapping[str, Any], standing: Standing) -> Resource:
    """The Task in another standing."""
    business = {"coding": [{"system": systems.REFERRAL_BUSINESS_STATUS, "code": standing.business_status}]}
    return {**task, "status": standing.status, "businessStatus": business}


def standing_of(task: Mapping[str, Any]) -> Standing:
    """Where the Task stands."""
    return Standing(task["status"], task["businessStatus"]["coding"][0]["code"])


def with_delivery(task: Mapping[str, Any], state: DeliveryState, reason: str | None) -> Resource:
    """The Task saying what became of its mail; `reason` is a sentence for people, where something failed."""
    others = [e for e in task.get("extension", []) if e["url"] != systems.DELIVERY_STATE]
    changed = {**task, "extension": [*others, {"url": systems.DELIVERY_STATE, "valueCode": state.value}]}
    changed.pop("statusReason", None)
    return changed | ({"statusReason": {"text": reason}} if reason else {})


def with_output(task: Mapping[str, Any], code: str, target: str) -> Resource:
    """The Task with one more output."""
    return {**task, "output": [*task.get("output", []), output(code, target)]}


def output(code: str, target: str) -> Resource:
    """One Task.output that refers to `target`."""
    return {
        "type": {"coding": [{"system": systems.TASK_OUTPUT, "code": code}]},
        "valueReference": {"reference": target},
    }


def versioned(resource: Mapping[str, Any], version: int, at: datetime) -> Resource:
    """The resource as the given version, changed at `at`."""
    when = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": when}
    changed = {**resource, "meta": meta}
    return changed | ({"lastModified": when} if resource["resourceType"] == "Task" else {})
