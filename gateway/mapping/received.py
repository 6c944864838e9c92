"""A received document as the FHIR resources that software polls: one DocumentReference in three forms.

Its attachments are the CDA as it came, the PDF for people, and the FHIR Bundle made of it. People and patient are named
by identifier, so that nothing in it needs another resource of ours. Source: ANS PDSm (DocumentReference); FHIR R4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.fhir.format import systems
from gateway.mapping.result import LossReport

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attached:
    """One form of a document, or something attached to a reply: the reference of its Binary."""

    content_type: str
    url: str
    title: str


def document_reference(bundle: Resource, id: str, forms: Sequence[Attached], task: str | None) -> dict[str, Any]:
    """The DocumentReference of a mapped document, standing on its own. `task`: the Task that it answers."""
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    found = next(r for r in by_url.values() if r["resourceType"] == "DocumentReference")
    reference = {name: value for name, value in found.items() if name not in ("subject", "author", "authenticator")}
    reference |= {"id": id, "subject": patient_reference(bundle)}
    reference["author"] = [_logical(by_url, r["reference"]) for r in found.get("author", [])]
    if custodian := found.get("custodian"):
        reference["custodian"] = _logical(by_url, custodian["reference"])
    reference["content"] = [
        {"attachment": {"contentType": form.content_type, "url": form.url, "title": form.title}} for form in forms
    ]
    if task:
        reference["context"] = {**found.get("context", {}), "related": [{"reference": f"Task/{task}"}]}
    return reference


def patient_of(bundle: Resource) -> Resource:
    """The Patient of a Bundle of ours."""
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")


def patient_values(bundle: Resource) -> frozenset[str]:
    """`system|value` of every identifier of the patient."""
    return frozenset(f"{i['system']}|{i['value']}" for i in patient_of(bundle).get("identifier", []))


def patient_reference(bundle: Resource) -> dict[str, Any]:
    """The patient by identifier: the local one where there is one."""
    ids = patient_of(bundle).get("identifier", [])
    local = [i for i in ids if i["system"] not in systems.INS_TYPES]
    chosen = next(iter([*local, *ids]), None)
    return {"type": "Patient"} | ({"identifier": {n: chosen[n] for n in ("system", "value")}} if chosen else {})


def _logical(by_url: Mapping[str, Resource], url: str) -> dict[str, Any]:
    """A role, person or structure by identifier and name."""
    resource = by_url[url]
    if resource["resourceType"] == "PractitionerRole":
        return _logical(by_url, resource["practitioner"]["reference"])
    identifier = next(iter(resource.get("identifier", [])), None)
    reference: dict[str, Any] = {"type": resource["resourceType"], "display": _name(resource)}
    return reference | ({"identifier": {n: identifier[n] for n in ("system", "value")}} if identifier else {})


def _name(resource: Resource) -> str:
    if resource["resourceType"] == "Organization":
        return str(resource.get("name", ""))
    name: Resource = next(iter(resource.get("name", [])), {})
    return " ".join([*name.get("given", []), str(name.get("family", "")).upper()]).strip()


def communication(
    id: str,
    task: Resource,
    text: str,
    sender: str | None,
    sent_at: str | None,
    received_at: str,
    attached: Sequence[Attached] = (),
) -> dict[str, Any]:
    """A free-text reply to a Task: passed on as it is, with what was attached to it, moving nothing."""
    resource: dict[str, Any] = {"resourceType": "Communication", "id": id, "status": "completed"}
    resource |= {"basedOn": [{"reference": f"Task/{task['id']}"}], "subject": task["for"]}
    resource |= {"sent": sent_at} if sent_at else {}
    resource |= {"received": received_at, "sender": {"display": sender or "?"}, "recipient": [task["requester"]]}
    payload: list[dict[str, Any]] = [{"contentString": text}] if text.strip() else []
    payload += [{"contentAttachment": _attachment(one)} for one in attached]
    return resource | ({"payload": payload} if payload else {})


def _attachment(attached: Attached) -> dict[str, str]:
    """What is known of it: FHIR knows no empty text."""
    values = {"contentType": attached.content_type, "url": attached.url, "title": attached.title}
    return {name: value for name, value in values.items() if value}


def loss_summary(loss: LossReport) -> tuple[tuple[str, str], ...]:
    """What the trace says of a mapping."""
    return (("map", f"{loss.map} {loss.map_version}"), ("leaves", str(loss.leaves)), ("lost", str(len(loss.lost))))
