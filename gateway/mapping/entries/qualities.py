"""What is said about a problem or an allergy, each as a small coded observation below it.

| FHIR | CDA observation | value |
|---|---|---|
| clinicalStatus | FR-Statut-du-problème, LOINC 33999-4, REFR | the same code |
| verificationStatus | FR-Certitude, LOINC 66455-7, SUBJ | the same code; a narrower one beside `unconfirmed` |
| criticality | FR-Criticité, LOINC 82606-5, SUBJ | the same code |
| reaction.severity | FR-Sévérité, ActCode SEV, SUBJ | SNOMED CT |

Which codes, and their French displays: `terminology/clinical_codes.tsv`. A display that the sender gave is not carried
(the list has its own). Source: ANS, Modèles de contenus CDA; IHE PCC TF-2 (Severity, Problem Status Observation).
"""

from dataclasses import dataclass

from lxml import etree

from gateway.mapping.entries import statements
from gateway.mapping.entries.entry import Writing
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology.clinical_codes import Pair, by_code, by_fhir
from gateway.model import Oid
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown


@dataclass(frozen=True, slots=True)
class Quality:
    """The frame of one kind of observation."""

    rule: str
    templates: tuple[Oid, ...]
    relation: str
    inverted: str
    code: str
    display: str
    system: Oid
    value_type: str
    french: bool = False
    """One of the French models: id and time are required, words are not."""


STATUS = Quality(
    "clinical-status", oids.TEMPLATES_PROBLEM_STATUS, "REFR", "false", "33999-4", "Statut", oids.LOINC, "CE"
)
CERTAINTY = Quality(
    "certainty", oids.TEMPLATES_CERTAINTY, "SUBJ", "true", "66455-7", "Certitude", oids.LOINC, "CE", french=True
)
CRITICALITY = Quality(
    "criticality", oids.TEMPLATES_CRITICALITY, "SUBJ", "true", "82606-5", "Criticité", oids.LOINC, "CE", french=True
)
SEVERITY = Quality("severity", oids.TEMPLATES_SEVERITY, "SUBJ", "true", "SEV", "Sévérité", oids.ACT_CODE, "CD")


# --- FHIR statuses -----------------------------------------------------------------------------------------------


def status_coding(concept: Element, system: str) -> Element | None:
    """The one coding of a status that is of its own system; None where there is none, or more than one."""
    found = [coding for coding in concept.each("coding") if coding["system"].peek() == system]
    return found[0] if len(found) == 1 else None


def is_sayable(concept: Element, system: str, codes: str) -> bool:
    """Whether the status is absent or a code of the list: a status that only words tell must not be passed over."""
    coding = status_coding(concept, system)
    return not concept.exists or (coding is not None and by_fhir(codes, coding["code"].peek()) is not None)


def status_code(concept: Element, system: str) -> str | None:
    """The code of a status, claiming nothing."""
    coding = status_coding(concept, system)
    return coding["code"].peek() if coding else None


def claim_status(concept: Element, system: str, rule: str) -> str | None:
    """The code of a status, claimed with its system."""
    coding = status_coding(concept, system)
    if coding is None:
        return None
    coding["system"].structured(rule)
    return coding["code"].structured(rule)


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(parent: etree._Element, quality: Quality, pair: Pair, resource: Element, writing: Writing) -> None:
    """Add the observation with a value of its list."""
    value = add(observation(parent, quality, resource, writing), "value", xsi_type=quality.value_type)
    set_code(value, pair)


def observation(parent: etree._Element, quality: Quality, resource: Element, writing: Writing) -> etree._Element:
    """Add the observation, all but its value."""
    relation = statements.related(parent, quality.relation, quality.inverted)
    made = statements.start(relation, "observation", "OBS", quality.templates)
    if quality.french:
        add(made, "id", root=writing.id(resource, f"{quality.rule}"))
    add(made, "code", code=quality.code, displayName=quality.display, codeSystem=quality.system)
    statements.add_text(made, writing)
    add(made, "statusCode", code="completed")
    if quality.french:
        unknown(made, "effectiveTime", "NA")
    return made


def set_code(element: etree._Element, pair: Pair) -> None:
    """Set the code of a list; a narrower FHIR code goes beside it."""
    for name, value in (("code", pair.code), ("displayName", pair.display), ("codeSystem", pair.oid)):
        element.set(name, value)
    if pair.also:
        add(element, "translation", code=pair.fhir, codeSystem=pair.oid)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def is_understood(statement: Node, quality: Quality, codes: str) -> bool:
    """Whether the quality is absent or says a code of the list, and is said once, plainly."""
    found = list(statements.children(statement, "observation", quality.templates))
    plain = all(statements.is_plain(node) and not statements.is_denied(node) for node in found)
    return not found or (plain and len(found) == 1 and _pair(found[0]["value"], codes) is not None)


def peek(statement: Node, quality: Quality, codes: str) -> str | None:
    """The FHIR code of a quality, claiming nothing."""
    found = next(statements.children(statement, "observation", quality.templates), None)
    pair = _pair(found["value"], codes) if found else None
    return pair.fhir if pair else None


def read(statement: Node, quality: Quality, codes: str) -> str | None:
    """The FHIR code of a quality, claimed; None where it is absent."""
    found = find(statement, quality)
    return read_code(found["value"], codes, quality.rule) if found else None


def find(statement: Node, quality: Quality) -> Node | None:
    """The observation of a kind below a statement, its frame claimed; None where there is no plain one."""
    found = next(statements.children(statement, "observation", quality.templates), None)
    if found is None or not statements.is_plain(found) or statements.is_denied(found):
        return None
    statements.frame(found)
    statements.fixed(found["code"], quality.code)
    found["effectiveTime"].implied("implied-by-template", "nullFlavor")
    found.attribute("negationInd", "negation")
    return found


def read_code(node: Node, codes: str, rule: str) -> str | None:
    """The FHIR code of a CD of a list, claimed with its translations; None where the list does not have it."""
    pair = _pair(node, codes)
    if pair is None:
        return None
    for cd in (node, *node.each("translation")):
        claim_code(cd, rule)
    return pair.fhir


def claim_code(node: Node, rule: str) -> None:
    """Claim the attributes of a code that a list holds."""
    node.attribute("code", rule)
    node.implied(f"{rule}-implied-by-code", "codeSystem", "codeSystemName", "displayName")


def status_of(name: str, system: str, code: str | None) -> dict[str, object]:
    """A status as a member of a resource."""
    return {name: {"coding": [{"system": system, "code": code}]}} if code else {}


def _pair(node: Node, codes: str) -> Pair | None:
    return by_code(codes, (*(cd.peek("code") for cd in node.each("translation")), node.peek("code")))
