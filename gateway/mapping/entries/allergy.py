"""FHIR AllergyIntolerance ↔ allergy concern act with its allergy observation.

| FHIR AllergyIntolerance | CDA |
|---|---|
| type, category | `observation/code` (`allergy_kind.py`) |
| clinicalStatus | status observation; the act's `statusCode` |
| verificationStatus | certainty observation; `refuted`: `observation/@negationInd` true |
| criticality | criticality observation |
| code | `participant[CSM]` code; its text: `playingEntity/name` |
| code that says "none known" | `observation/value`, with `negationInd` true and no agent |
| onsetDateTime | `observation/effectiveTime/low` |
| reaction | reaction observation (`reaction.py`) |
| note.text | comment acts |
| identifier, when there is just one | `observation/id` |

"No known allergy" comes as a negated observation without agent, coded or not; it never becomes an allergy.
Source: IHE PCC TF-2 (…4.5.3, …4.6); ANS, FR-Liste-des-allergies-et-hypersensibilités; FHIR R4 AllergyIntolerance.
"""

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import allergy_kind, concepts, concern, doubts, qualities, reaction, statements
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology.clinical_codes import by_fhir
from gateway.mssante.format import oids
from gateway.mssante.format.build import add

_NONE_KNOWN = {
    "416098002": ("409137002", "aucune allergie médicamenteuse connue"),
    "414285001": ("429625007", "aucune allergie alimentaire connue"),
}
"""Kind of allergy that a negation denies → the SNOMED CT code that says so; any other kind: no allergy at all."""
_NO_ALLERGY = ("716186003", "aucune allergie connue")


def accepts(allergy: Element) -> bool:
    """Whether an entry can say it without turning its meaning."""
    code, certainty = allergy["code"], allergy["verificationStatus"]
    nothing_known = doubts.is_nothing_known(code)
    refuted = qualities.status_code(certainty, systems.ALLERGY_VERIFICATION) == "refuted"
    return (
        concepts.is_writable(code)
        and not doubts.is_modified(allergy)
        and qualities.is_sayable(allergy["clinicalStatus"], systems.ALLERGY_CLINICAL, "allergy-clinical")
        and qualities.is_sayable(certainty, systems.ALLERGY_VERIFICATION, "allergy-certainty")
        and not (nothing_known and refuted)
        and (nothing_known or not doubts.is_denied_in_words(code))
    )


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(entry: etree._Element, allergy: Element, writing: Writing) -> None:
    """Add the concern with its one allergy."""
    status = qualities.status_code(allergy["clinicalStatus"], systems.ALLERGY_CLINICAL)
    relation = concern.to_cda(
        entry,
        oids.TEMPLATES_ALLERGY_CONCERN,
        allergy,
        writing,
        status=status,
        start=allergy["onsetDateTime"],
    )
    certainty = qualities.claim_status(
        allergy["verificationStatus"], systems.ALLERGY_VERIFICATION, "verification-status"
    )
    nothing_known = doubts.is_nothing_known(allergy["code"])
    observation = statements.start(
        relation,
        "observation",
        "OBS",
        oids.TEMPLATES_ALLERGY,
        negationInd="true" if nothing_known or certainty == "refuted" else "false",
    )
    statements.add_id(observation, allergy, writing)
    allergy_kind.to_cda(observation, allergy)
    statements.add_text(observation, writing)
    add(observation, "statusCode", code="completed")
    statements.add_interval(observation, allergy["onsetDateTime"], "onset")
    (_nothing_known if nothing_known else _agent)(observation, allergy, writing)
    _qualities(observation, allergy, writing, certainty)
    for item in allergy.each("reaction"):
        reaction.to_cda(observation, item, writing)
    statements.add_notes(observation, allergy, writing)


def _nothing_known(observation: etree._Element, allergy: Element, writing: Writing) -> None:
    concepts.to_cda(observation, "value", allergy["code"], "allergy-code", anchor=writing.anchor, xsi_type="CD")


def _agent(observation: etree._Element, allergy: Element, writing: Writing) -> None:
    value = add(observation, "value", xsi_type="CD")
    add(add(value, "originalText"), "reference", value=f"#{writing.anchor}")
    role = add(add(observation, "participant", typeCode="CSM"), "participantRole", classCode="MANU")
    concepts.agent_to_cda(add(role, "playingEntity", classCode="MMAT"), allergy["code"], "allergy-code", writing.anchor)


def _qualities(observation: etree._Element, allergy: Element, writing: Writing, certainty: str | None) -> None:
    status = qualities.claim_status(allergy["clinicalStatus"], systems.ALLERGY_CLINICAL, "clinical-status")
    if pair := by_fhir("allergy-clinical", status):
        qualities.to_cda(observation, qualities.STATUS, pair, allergy, writing)
    if pair := by_fhir("allergy-criticality", allergy["criticality"].peek()):
        allergy["criticality"].structured("criticality")
        qualities.to_cda(observation, qualities.CRITICALITY, pair, allergy, writing)
    if certainty != "refuted" and (pair := by_fhir("allergy-certainty", certainty)):
        qualities.to_cda(observation, qualities.CERTAINTY, pair, allergy, writing)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(statement: Node, reading: Reading) -> list[Resource]:
    """An AllergyIntolerance for each allergy of the concern; one that stands alone is read as well."""
    if statements.is_a(statement, oids.TEMPLATES_ALLERGY):
        return [_allergy(statement, None, reading)] if _is_readable(statement, reading) else []
    if not concern.is_readable(statement):
        return []
    found = statements.children(statement, "observation", oids.TEMPLATES_ALLERGY, "SUBJ")
    allergies = [allergy for allergy in found if _is_readable(allergy, reading)]
    status = concern.status(statement) if allergies else None
    for allergy in allergies:
        concern.claim_times(statement, allergy)
    return [_allergy(allergy, status, reading) for allergy in allergies]


def _is_readable(allergy: Node, reading: Reading) -> bool:
    """A plain fact of known status and certainty, about an agent or about none. What could be read two ways stays in
    words: a denial beside a doubt, words that deny beside a code that does not.
    """
    return (
        statements.is_plain(allergy)
        and qualities.is_understood(allergy, qualities.STATUS, "allergy-clinical")
        and qualities.is_understood(allergy, qualities.CERTAINTY, "allergy-certainty")
        and not allergy["uncertaintyCode"].exists
        and len(list(allergy.each("participant"))) <= 1
        and _is_one_meaning(allergy, reading)
    )


def _is_one_meaning(allergy: Node, reading: Reading) -> bool:
    denied, agent = statements.is_denied(allergy), allergy["participant"].exists
    said = _peek_agent(allergy, reading) if agent else concepts.peek(allergy["value"], reading.words)
    certain = qualities.peek(allergy, qualities.CERTAINTY, "allergy-certainty") in (None, "confirmed")
    if doubts.says_nothing_known(said):
        return True
    if denied and not agent and not said.get("coding"):
        return certain and (not said or doubts.denies(said.get("text")))
    return bool(said) and not doubts.denies(said.get("text")) and (certain or not denied)


def _peek_agent(allergy: Node, reading: Reading) -> concepts.Concept:
    entity = concepts.silent(allergy["participant/participantRole/playingEntity"])
    return concepts.agent_to_fhir(entity, "", reading.words)


def _allergy(node: Node, concern_status: str | None, reading: Reading) -> Resource:
    statements.frame(node)
    allergy: Resource = {"resourceType": "AllergyIntolerance"} | statements.identified(node)
    status = qualities.read(node, qualities.STATUS, "allergy-clinical")
    denied = statements.is_negated(node)
    code = _code(node, denied, reading)
    certainty = qualities.read(node, qualities.CERTAINTY, "allergy-certainty")
    certainty = "refuted" if denied and not doubts.says_nothing_known(code) else certainty
    if certainty != "refuted":
        # An open concern about something ruled out never makes it active.
        status = status or concern.told_status(node, concern_status)
    allergy |= qualities.status_of("clinicalStatus", systems.ALLERGY_CLINICAL, status)
    allergy |= qualities.status_of("verificationStatus", systems.ALLERGY_VERIFICATION, certainty)
    allergy |= allergy_kind.to_fhir(node["code"])
    if criticality := qualities.read(node, qualities.CRITICALITY, "allergy-criticality"):
        allergy["criticality"] = criticality
    allergy["code"] = code
    allergy |= statements.about(reading.patient, "patient")
    if onset := statements.time_of(node["effectiveTime/low"], "onset"):
        allergy["onsetDateTime"] = onset
    reactions = reaction.to_fhir(node, reading)
    allergy |= {"reaction": reactions} if reactions else {}
    return allergy | statements.notes(node, reading)


def _code(node: Node, denied: bool, reading: Reading) -> Resource:
    """The agent; without agent, what the observation itself says; denied without a code, that none is known."""
    entity = node["participant/participantRole/playingEntity"]
    if entity.exists:
        return concepts.agent_to_fhir(entity, "allergy-code", reading.words)
    code: Resource = concepts.to_fhir(node["value"], "allergy-code", reading.words) or {}
    if not denied or code.get("coding"):
        return code
    known, display = _NONE_KNOWN.get(node["code"].peek("code") or "", _NO_ALLERGY)
    node.ledger.guess("AllergyIntolerance.code.coding", "denied-without-agent")
    return {"coding": [{"system": systems.SNOMED_CT, "code": known, "display": display}]} | code


PART = EntryPart(
    name="allergy",
    resources=("AllergyIntolerance",),
    templates=(*oids.TEMPLATES_ALLERGY_CONCERN[-2:], *oids.TEMPLATES_ALLERGY[-2:]),
    accepts=accepts,
    to_cda=to_cda,
    to_fhir=to_fhir,
)
