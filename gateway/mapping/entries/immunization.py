"""FHIR Immunization ↔ vaccination entry.

| FHIR Immunization | CDA substanceAdministration |
|---|---|
| status completed, not-done | `@negationInd` false, true |
| vaccineCode | `manufacturedMaterial` (`product.py`) |
| lotNumber | `manufacturedMaterial/lotNumberText` |
| occurrenceDateTime | `effectiveTime/@value` |
| route, site | `routeCode`, `approachSiteCode`; a code that French lists lack: beside `nullFlavor` OTH |
| doseQuantity | `doseQuantity` |
| protocolApplied.doseNumberPositiveInt, when there is just one | rank observation (LOINC 30973-2) |
| note.text, when there is just one | comment act |
| identifier, when there is just one | `id` |

Whether it was a first series or a booster is not known to FHIR: `code` says "vaccination, without more".
Source: IHE PCC TF-2 (Immunizations …4.12); ANS, FR-Vaccination, FR-Rang-de-la-vaccination; FHIR R4 Immunization.
"""

import re

from lxml import etree

from gateway.mapping.entries import concepts, doubts, product, quantities, statements
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown

_STATUSES = {"completed": "false", "not-done": "true"}
_UNSPECIFIED = ("IMMUNIZ", "Vaccination sans autre précision")
_RANK = ("30973-2", "Rang de la vaccination")
_LOT = "consumable/manufacturedProduct/manufacturedMaterial/lotNumberText"
_WHOLE = re.compile(r"[1-9]\d{0,8}")


def accepts(immunization: Element) -> bool:
    """Whether an entry can say it without turning its meaning."""
    vaccine = immunization["vaccineCode"]
    return (
        immunization["status"].peek() in _STATUSES
        and concepts.is_writable(vaccine)
        and not doubts.is_modified(immunization)
        and not doubts.is_nothing_known(vaccine)
        and not doubts.is_denied_in_words(vaccine)
    )


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(entry: etree._Element, immunization: Element, writing: Writing) -> None:
    """Add the vaccination."""
    negated = _STATUSES[immunization["status"].structured("immunization-status") or ""]
    act = statements.start(entry, "substanceAdministration", "SBADM", oids.TEMPLATES_IMMUNIZATION, negationInd=negated)
    statements.add_id(act, immunization, writing)
    add(act, "code", code=_UNSPECIFIED[0], displayName=_UNSPECIFIED[1], codeSystem=oids.ACT_CODE)
    immunization.ledger.fill("substanceAdministration/code", "immunization-kind-unspecified")
    statements.add_text(act, writing)
    add(act, "statusCode", code="completed")
    if not statements.add_time(act, "effectiveTime", immunization["occurrenceDateTime"], "immunization-time"):
        unknown(act, "effectiveTime")
    _how(act, immunization)
    _product(act, immunization, writing)
    _rank(act, immunization)
    if len(list(immunization.each("note"))) == 1:
        statements.add_notes(act, immunization, writing)


def _how(act: etree._Element, immunization: Element) -> None:
    for name, member in (("routeCode", "route"), ("approachSiteCode", "site")):
        if concepts.is_writable(immunization[member]):
            takes = concepts.in_list(f"immunization-{member}")
            concepts.to_cda(act, name, immunization[member], member, takes=takes)
    if quantities.is_writable(immunization["doseQuantity"]):
        quantities.to_cda(act, "doseQuantity", immunization["doseQuantity"], "dose")


def _product(act: etree._Element, immunization: Element, writing: Writing) -> None:
    material = product.to_cda(act, immunization["vaccineCode"], writing.anchor)
    if concepts.is_exact(immunization["lotNumber"]):
        add(material, "lotNumberText", immunization["lotNumber"].structured("lot-number"))


def _rank(act: etree._Element, immunization: Element) -> None:
    protocols = list(immunization.each("protocolApplied"))
    if len(protocols) != 1 or not _WHOLE.fullmatch(protocols[0]["doseNumberPositiveInt"].peek() or ""):
        return
    rank = statements.start(statements.related(act, "SUBJ"), "observation", "OBS", oids.TEMPLATES_IMMUNIZATION_RANK)
    add(rank, "code", code=_RANK[0], displayName=_RANK[1], codeSystem=oids.LOINC)
    add(rank, "statusCode", code="completed")
    add(rank, "value", xsi_type="INT", value=protocols[0]["doseNumberPositiveInt"].structured("dose-number"))


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(statement: Node, reading: Reading) -> list[Resource]:
    """The Immunization; a recommendation (mood INT) and "no known vaccination" stay in words."""
    vaccine = product.to_fhir(concepts.silent(statement), reading.words)
    kind = concepts.peek(statement["code"], reading.words)
    if not statements.is_plain(statement) or not vaccine or doubts.says_nothing_known(kind):
        return []
    if doubts.says_nothing_known(vaccine) or doubts.denies(vaccine.get("text")):
        return []
    if statement["statusCode"].peek("code") not in (None, "completed"):
        return []
    return [_immunization(statement, reading)]


def _immunization(statement: Node, reading: Reading) -> Resource:
    statements.frame(statement)
    statements.fixed(statement["code"], _UNSPECIFIED[0])
    status = "not-done" if statements.is_negated(statement) else "completed"
    immunization: Resource = {"resourceType": "Immunization"} | statements.identified(statement) | {"status": status}
    immunization["vaccineCode"] = product.to_fhir(statement, reading.words)
    immunization |= statements.about(reading.patient, "patient") | _occurrence(statement)
    statement[_LOT].implied("lot-number-unknown", "nullFlavor")
    if lot := statement[_LOT].text("lot-number"):
        immunization["lotNumber"] = lot
    for name, member in (("approachSiteCode", "site"), ("routeCode", "route")):
        if concept := concepts.to_fhir(statement[name], member, reading.words):
            immunization[member] = concept
    if dose := quantities.to_fhir(statement["doseQuantity"], "dose"):
        immunization["doseQuantity"] = dose
    return immunization | _protocol(statement) | statements.notes(statement, reading)


def _occurrence(statement: Node) -> Resource:
    """When: required in FHIR, so that an unknown time says so."""
    if time := statements.time_of(statement["effectiveTime"], "immunization-time"):
        return {"occurrenceDateTime": time}
    statement.ledger.fill("Immunization.occurrenceString", "immunization-time-unknown")
    return {"occurrenceString": "Date inconnue"}


def _protocol(statement: Node) -> Resource:
    rank = next(statements.children(statement, "observation", oids.TEMPLATES_IMMUNIZATION_RANK), None)
    if rank is None or not statements.is_plain(rank) or not _WHOLE.fullmatch(rank["value"].peek("value") or ""):
        return {}
    statements.frame(rank)
    statements.fixed(rank["code"], _RANK[0])
    return {"protocolApplied": [{"doseNumberPositiveInt": int(rank["value"].attribute("value", "dose-number") or "")}]}


PART = EntryPart(
    name="immunization",
    resources=("Immunization",),
    templates=oids.TEMPLATES_IMMUNIZATION[-2:],
    accepts=accepts,
    to_cda=to_cda,
    to_fhir=to_fhir,
)
