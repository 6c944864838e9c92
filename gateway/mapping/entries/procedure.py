"""FHIR Procedure ↔ procedure that took place (EVN); ServiceRequest ↔ procedure that is planned (INT).

| FHIR Procedure, ServiceRequest | CDA procedure |
|---|---|
| status | `statusCode`; `not-done`: cancelled, with `negationInd` true |
| code | `code` |
| performedDateTime, occurrenceDateTime | `effectiveTime/@value` |
| performedPeriod, occurrencePeriod | `effectiveTime` low, high |
| ServiceRequest.intent `plan` | `moodCode` INT; `order` and `proposal` are told in words |
| ServiceRequest.priority | `priorityCode` |
| bodySite | `targetSiteCode` |
| note.text | comment acts |
| identifier, when there is just one | `id` |

Not written: a procedure entered in error or of unknown status, a request not to perform, the referral itself.
Source: IHE PCC TF-2 (Procedure Entry …4.19); ANS, FR-Acte; FHIR R4 value sets event-status, request-status.
"""

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import concepts, doubts, qualities, statements
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology.clinical_codes import by_code, by_fhir
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown

_INTENTS = frozenset({"plan", "order", "proposal"})
_TIMES = {"Procedure": "performed", "ServiceRequest": "occurrence"}


def accepts_done(procedure: Element) -> bool:
    """Whether an entry can say this Procedure without turning its meaning."""
    return _is_sayable(procedure, "procedure-status")


def accepts_planned(request: Element) -> bool:
    """The same of a ServiceRequest. The referral itself is the document, not an entry of it."""
    categories = [qualities.status_coding(item, systems.REFERRAL_CATEGORY) for item in request.each("category")]
    return (
        _is_sayable(request, "request-status")
        and request["intent"].peek() in _INTENTS
        and request["doNotPerform"].peek() in (None, "false")
        and not any(categories)
    )


def _is_sayable(resource: Element, statuses: str) -> bool:
    code = resource["code"]
    return (
        concepts.is_writable(code)
        and not doubts.is_modified(resource)
        and not doubts.is_nothing_known(code)
        and not doubts.is_denied_in_words(code)
        and by_fhir(statuses, resource["status"].peek()) is not None
    )


# --- to CDA ------------------------------------------------------------------------------------------------------


def done_to_cda(entry: etree._Element, procedure: Element, writing: Writing) -> None:
    """Add a procedure in mood EVN."""
    negated = "true" if procedure["status"].peek() == "not-done" else "false"
    act = statements.start(entry, "procedure", "PROC", oids.TEMPLATES_PROCEDURE, negationInd=negated)
    _fill(act, procedure, writing, "procedure-status")
    _finish(act, procedure, writing)


def planned_to_cda(entry: etree._Element, request: Element, writing: Writing) -> None:
    """Add a procedure in mood INT; nothing for the request that a Task is about."""
    if any(writing.resolver.follow(task["focus"]).path == request.path for task in writing.resolver.all("Task")):
        return
    act = statements.start(entry, "procedure", "PROC", oids.TEMPLATES_PLANNED_PROCEDURE, moodCode="INT")
    _fill(act, request, writing, "request-status")
    if request["intent"].peek() == "plan":
        request["intent"].structured("intent")
    if request["doNotPerform"].exists:
        request["doNotPerform"].take(Outcome.STRUCTURAL, "default-value")
    if pair := by_fhir("request-priority", request["priority"].peek()):
        request["priority"].structured("priority")
        qualities.set_code(add(act, "priorityCode"), pair)
    _finish(act, request, writing)


def _fill(act: etree._Element, resource: Element, writing: Writing, statuses: str) -> None:
    """Everything up to the time."""
    statements.add_id(act, resource, writing)
    concepts.to_cda(act, "code", resource["code"], "procedure-code", anchor=writing.anchor)
    statements.add_text(act, writing)
    pair = by_fhir(statuses, resource["status"].structured("procedure-status"))
    add(act, "statusCode", code=pair.code if pair else None)
    _time(act, resource)


def _time(act: etree._Element, resource: Element) -> None:
    name = _TIMES[resource["resourceType"].peek() or ""]
    period = resource[f"{name}Period"]
    if statements.add_time(act, "effectiveTime", resource[f"{name}DateTime"], "procedure-time"):
        return
    if not any(statements.is_time(period[bound]) for bound in ("start", "end")):
        unknown(act, "effectiveTime")
        resource.ledger.fill("procedure/effectiveTime", "procedure-time-unknown")
        return
    interval = add(act, "effectiveTime")
    statements.add_time(interval, "low", period["start"], "procedure-time")
    statements.add_time(interval, "high", period["end"], "procedure-time")


def _finish(act: etree._Element, resource: Element, writing: Writing) -> None:
    for site in resource.each("bodySite"):
        if concepts.is_writable(site):
            concepts.to_cda(act, "targetSiteCode", site, "body-site")
    statements.add_notes(act, resource, writing)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(statement: Node, reading: Reading) -> list[Resource]:
    """A Procedure or, where it is only planned, a ServiceRequest; a status that is not understood stays in words."""
    planned = statement.peek("moodCode") == "INT"
    pair = by_code("request-status" if planned else "procedure-status", (statement["statusCode"].peek("code"),))
    code = concepts.peek(statement["code"], reading.words)
    plain = statements.is_plain(statement, "INT" if planned else "EVN")
    denied = statements.is_denied(statement)
    doubtful = doubts.says_nothing_known(code) or doubts.denies(code.get("text"))
    if not plain or not pair or not code or doubtful or (planned and denied):
        return []
    statements.frame(statement)
    statement["statusCode"].attribute("code", "procedure-status")
    statements.is_negated(statement)
    resource = _planned(statement, pair.fhir) if planned else _done("not-done" if denied else pair.fhir)
    resource |= statements.identified(statement)
    resource["code"] = concepts.to_fhir(statement["code"], "procedure-code", reading.words)
    sites = [concepts.to_fhir(site, "body-site", reading.words) for site in statement.each("targetSiteCode")]
    resource |= {"bodySite": [site for site in sites if site]} if any(sites) else {}
    resource |= statements.about(reading.patient) | _times(statement, _TIMES[resource["resourceType"]])
    return [resource | statements.notes(statement, reading)]


def _done(status: str) -> Resource:
    return {"resourceType": "Procedure", "status": status}


def _planned(statement: Node, status: str) -> Resource:
    request: Resource = {"resourceType": "ServiceRequest", "status": status, "intent": "plan"}
    pair = by_code("request-priority", (statement["priorityCode"].peek("code"),))
    if pair:
        qualities.claim_code(statement["priorityCode"], "priority")
        request["priority"] = pair.fhir
    return request


def _times(statement: Node, name: str) -> Resource:
    time = statement["effectiveTime"]
    if moment := statements.time_of(time, "procedure-time"):
        return {f"{name}DateTime": moment}
    found = {member: statements.time_of(time[bound], "procedure-time") for member, bound in _BOUNDS.items()}
    period = {member: value for member, value in found.items() if value}
    return {f"{name}Period": period} if period else {}


_BOUNDS = {"start": "low", "end": "high"}

DONE = EntryPart(
    name="procedure",
    resources=("Procedure",),
    templates=oids.TEMPLATES_PROCEDURE[-2:],
    accepts=accepts_done,
    to_cda=done_to_cda,
    to_fhir=to_fhir,
)
PLANNED = EntryPart(
    name="planned-procedure",
    resources=("ServiceRequest",),
    templates=oids.TEMPLATES_PLANNED_PROCEDURE[-2:],
    accepts=accepts_planned,
    to_cda=planned_to_cda,
    to_fhir=to_fhir,
)
