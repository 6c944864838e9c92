"""FHIR Dosage ↔ the parts of a substanceAdministration that say how a medicine is taken.

| FHIR Dosage | CDA |
|---|---|
| text | the words inside `text`, beside the reference to the narrative |
| timing | `effectiveTime` (see `timing.py`) |
| asNeededBoolean true, asNeededCodeableConcept | `precondition/criterion/value`: of no information, or coded |
| route, site | `routeCode`, `approachSiteCode`; a code that the French profile lacks: beside `nullFlavor` OTH |
| doseAndRate, one: dose, rate | `doseQuantity`, `rateQuantity`: low and high, both |
| maxDosePerPeriod | `maxDoseQuantity` |
| patientInstruction | instruction act PINSTRUCT |

Timing and "if needed" go together or not at all: either without the other is another prescription. Everything else
(method, further instructions, maxima per dose or lifetime) is told in words.
Source: FHIR R4 4.0.1, Dosage; IHE PCC TF-2 (Medications, Patient Medication Instructions); ANS, FR-Traitement; HL7
C-CDA R2.1 (Precondition for Substance Administration: the reason of "as needed").
"""

from lxml import etree

from gateway.mapping.entries import concepts, quantities, statements, timing, values
from gateway.mapping.entries.entry import Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology import oid_of
from gateway.mssante.format import oids
from gateway.mssante.format.build import add

_ROUTES = frozenset({oids.EDQM, oids.ROUTE_OF_ADMINISTRATION})
_SITES = concepts.in_list("immunization-site")
_ASSERTION, _INSTRUCTION = "ASSERTION", "PINSTRUCT"
_AS_NEEDED = "as-needed"


def is_timed_exactly(dosage: Element, bounds: frozenset[str]) -> bool:
    """Whether CDA says when it is taken, all of it. `bounds`: those for which there is a place."""
    needed = dosage["asNeededCodeableConcept"]
    return (
        timing.is_writable(dosage["timing"], bounds)
        and dosage["timing"].companion is None
        and (not needed.exists or concepts.is_writable(needed))
        and not dosage["modifierExtension"].exists
    )


# --- to CDA, in the order of the schema --------------------------------------------------------------------------


def text_to_cda(statement: etree._Element, dosage: Element, writing: Writing) -> None:
    """`text`: the words of the dosage, and where the whole is told."""
    concepts.words_to_cda(statement, "text", dosage["text"], "dosage-text", writing.anchor)


def timing_to_cda(statement: etree._Element, dosage: Element, *, exact: bool) -> None:
    """The further `effectiveTime` elements."""
    if not exact:
        timing.unsayable(statement)
    elif dosage["timing"].exists:
        timing.to_cda(statement, dosage["timing"])


def amounts_to_cda(statement: etree._Element, dosage: Element) -> None:
    """Route, site, dose, rate, maximum."""
    if concepts.is_writable(dosage["route"]):
        concepts.to_cda(statement, "routeCode", dosage["route"], "dosage-route", takes=_is_route)
    if concepts.is_writable(dosage["site"]):
        concepts.to_cda(statement, "approachSiteCode", dosage["site"], "dosage-site", takes=_SITES)
    doses = list(dosage.each("doseAndRate"))
    if len(doses) == 1:
        _amount_to_cda(statement, "doseQuantity", doses[0], "dose")
        _amount_to_cda(statement, "rateQuantity", doses[0], "rate")
    if quantities.is_writable_ratio(dosage["maxDosePerPeriod"]):
        quantities.ratio_to_cda(statement, "maxDoseQuantity", dosage["maxDosePerPeriod"], "dosage-maximum")


def _is_route(coding: Element) -> bool:
    """Whether it is of a system that the French profile takes."""
    return oid_of(coding["system"].peek() or "") in _ROUTES


def _amount_to_cda(statement: etree._Element, name: str, item: Element, choice: str) -> None:
    quantity, range_ = item[f"{choice}Quantity"], item[f"{choice}Range"]
    if quantity.exists and quantities.is_writable(quantity):
        quantities.same_to_cda(statement, name, quantity, f"dosage-{choice}")
    elif range_.exists and quantities.is_writable_range(range_) and not _is_one(range_):
        quantities.range_to_cda(statement, name, range_, f"dosage-{choice}")


def _is_one(range_: Element) -> bool:
    """Whether both bounds are the same: that comes back as one quantity."""
    low, high = range_["low"], range_["high"]
    return all(low[name].peek() == high[name].peek() for name in ("value", "code"))


def instruction_to_cda(statement: etree._Element, dosage: Element, writing: Writing) -> None:
    """The instruction to the patient, as an act."""
    if (dosage["patientInstruction"].peek() or "").strip():
        templates = oids.TEMPLATES_PATIENT_INSTRUCTION
        act = statements.start(statements.related(statement, "SUBJ", "true"), "act", "ACT", templates, moodCode="INT")
        add(act, "code", code=_INSTRUCTION, displayName="Instructions au patient", codeSystem=oids.IHE_ACT_CODE)
        concepts.words_to_cda(act, "text", dosage["patientInstruction"], "patient-instruction", writing.anchor)
        add(act, "statusCode", code="completed")


def condition_to_cda(statement: etree._Element, dosage: Element) -> None:
    """`precondition`: only if needed. It stands last."""
    needed, flag = dosage["asNeededCodeableConcept"], dosage["asNeededBoolean"]
    if not needed.exists and flag.peek() != "true":
        return
    criterion = add(add(statement, "precondition"), "criterion")
    add(criterion, "code", code=_ASSERTION, codeSystem=oids.ACT_CODE, codeSystemName="ActCode")
    if needed.exists:
        concepts.to_cda(criterion, "value", needed, _AS_NEEDED, xsi_type="CD")
    else:
        flag.structured(_AS_NEEDED)
        add(criterion, "value", xsi_type="CD", nullFlavor="NI")


# --- to FHIR -----------------------------------------------------------------------------------------------------


def is_readable(statement: Node) -> bool:
    """Whether every condition under which it is taken is understood: passed over, it would be another prescription."""
    conditions = list(statement.each("precondition"))
    return len(conditions) <= 1 and all(_is_condition(node) for node in conditions)


def _is_condition(node: Node) -> bool:
    """Claiming nothing; a reference is taken to lead to words."""
    return _condition(Node(node.element, node.path, Ledger()), lambda _: "…") is not None


def to_fhir(statement: Node, reading: Reading, bounds: Resource) -> Resource:
    """The Dosage; empty where nothing is said. `bounds`: what the first interval says of it."""
    dosage: Resource = {}
    text = statement["text"].text("dosage-text")
    if text is None and not timing.is_understood(statement):
        text = reading.words(statement["text/reference"])
    if text:
        dosage["text"] = text
    if instruction := _instruction(statement, reading):
        dosage["patientInstruction"] = instruction
    if repeat := bounds | timing.to_fhir(statement):
        dosage["timing"] = {"repeat": repeat}
    for node in statement.each("precondition"):
        _claim_condition(node)
        dosage |= _condition(node, reading.words) or {}
    return dosage | _amounts(statement, reading)


def _condition(node: Node, words: concepts.Words) -> Resource | None:
    """asNeeded[x] of a precondition, its value claimed; None where it says something else."""
    criterion = node["criterion"]
    value, assertion = criterion["value"], criterion["code"].peek("code")
    if assertion not in (None, _ASSERTION):
        return None
    if not value.exists:
        text = concepts.words_to_fhir(criterion["text"], _AS_NEEDED, words)
        return {"asNeededCodeableConcept": {"text": text}} if text else None
    if not (value.peek("code") or value["originalText"].exists or value["translation"].exists):
        value.attribute("nullFlavor", _AS_NEEDED)
        return {"asNeededBoolean": True}
    found = concepts.to_fhir(value, _AS_NEEDED, words)
    return {"asNeededCodeableConcept": found} if found else None


def _claim_condition(node: Node) -> None:
    statements.fixed(node["criterion/code"], _ASSERTION)
    values.claim_type(node["criterion/value"])


def _instruction(statement: Node, reading: Reading) -> str | None:
    """The words of the one instruction to the patient."""
    acts = list(statements.children(statement, "act", oids.TEMPLATES_PATIENT_INSTRUCTION))
    if len(acts) != 1:
        return None
    statements.frame(acts[0])
    statements.fixed(acts[0]["code"], _INSTRUCTION)
    return concepts.words_to_fhir(acts[0]["text"], "patient-instruction", reading.words)


def _amounts(statement: Node, reading: Reading) -> Resource:
    found: Resource = {}
    for name, element in (("route", "routeCode"), ("site", "approachSiteCode")):
        if concept := concepts.to_fhir(statement[element], f"dosage-{name}", reading.words):
            found[name] = concept
    dose = _amount(statement["doseQuantity"], "dose") | _amount(statement["rateQuantity"], "rate")
    found |= {"doseAndRate": [dose]} if dose else {}
    maximum = quantities.ratio_to_fhir(statement["maxDoseQuantity"], "dosage-maximum")
    return found | ({"maxDosePerPeriod": maximum} if maximum else {})


def _amount(node: Node, choice: str) -> Resource:
    """dose[x] or rate[x]: one quantity where both bounds say the same, digit for digit."""
    rule = f"dosage-{choice}"
    node.implied(f"{rule}-unknown", "nullFlavor")
    if quantities.is_readable(node):
        return {f"{choice}Quantity": quantities.to_fhir(node, rule)}
    bounds = quantities.range_to_fhir(node, rule)
    if not bounds:
        return {}
    low, high = bounds.get("low"), bounds.get("high")
    if low and low == high and str(low["value"]) == str(high["value"]):  # 5 and 5.0 are equal numbers
        return {f"{choice}Quantity": low}
    return {f"{choice}Range": bounds}
