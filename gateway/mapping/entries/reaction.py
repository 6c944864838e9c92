"""FHIR reaction of an AllergyIntolerance ↔ reaction observation (MFST).

| FHIR reaction | CDA |
|---|---|
| manifestation[0] | `observation/value` |
| manifestation[1…] | the same observation below it (COMP): one reaction, several signs |
| description | words inside `observation/text` |
| onset | `observation/effectiveTime/low` |
| severity | severity observation |
| note.text | comment acts |

A reaction without manifestation is told in words; so is one that CDA denies.
Source: HL7 CCD (reaction 2.16.840.1.113883.10.20.1.54); ANS, FR-Problème, FR-Sévérité.
"""

from lxml import etree

from gateway.mapping.entries import concepts, qualities, statements
from gateway.mapping.entries.entry import Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology.clinical_codes import by_fhir
from gateway.mssante.format import oids
from gateway.mssante.format.build import add

_KIND = ("404684003", "constatation clinique")


def to_cda(allergy: etree._Element, reaction: Element, writing: Writing) -> None:
    """Add the reaction below its allergy."""
    signs = [sign for sign in reaction.each("manifestation") if concepts.is_writable(sign)]
    if not signs or reaction["modifierExtension"].exists:
        return
    first = _sign(statements.related(allergy, "MFST"), reaction, signs[0], writing)
    for sign in signs[1:]:
        _sign(statements.related(first, "COMP"), reaction, sign, writing)
    if pair := by_fhir("reaction-severity", reaction["severity"].peek()):
        reaction["severity"].structured("severity")
        qualities.to_cda(first, qualities.SEVERITY, pair, reaction, writing)
    statements.add_notes(first, reaction, writing)


def _sign(relation: etree._Element, reaction: Element, sign: Element, writing: Writing) -> etree._Element:
    made = statements.start(relation, "observation", "OBS", oids.TEMPLATES_REACTION, negationInd="false")
    add(made, "id", root=writing.id(sign))
    add(made, "code", code=_KIND[0], displayName=_KIND[1], codeSystem=oids.SNOMED_CT)
    if relation.get("typeCode") == "MFST":
        concepts.words_to_cda(made, "text", reaction["description"], "reaction-description", writing.anchor)
    else:
        statements.add_text(made, writing)
    add(made, "statusCode", code="completed")
    statements.add_interval(made, reaction["onset"], "reaction-onset")
    concepts.to_cda(made, "value", sign, "manifestation", anchor=writing.anchor, xsi_type="CD")
    return made


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(allergy: Node, reading: Reading) -> list[Resource]:
    """The reactions of an allergy."""
    found = statements.children(allergy, "observation", oids.TEMPLATES_REACTION, "MFST")
    return [_reaction(node, reading) for node in found if _is_readable(node, reading)]


def _is_readable(node: Node, reading: Reading) -> bool:
    plain = statements.is_plain(node) and not statements.is_denied(node)
    return plain and bool(concepts.peek(node["value"], reading.words))


def _reaction(node: Node, reading: Reading) -> Resource:
    also = [
        sign
        for sign in statements.children(node, "observation", oids.TEMPLATES_REACTION, "COMP")
        if _is_readable(sign, reading)
    ]
    reaction: Resource = {"manifestation": [_manifestation(sign, reading) for sign in (node, *also)]}
    if description := node["text"].text("reaction-description"):
        reaction["description"] = description
    if onset := statements.time_of(node["effectiveTime/low"], "reaction-onset"):
        reaction["onset"] = onset
    for sign in also:
        _claim_same_time(sign, node)
    if severity := qualities.read(node, qualities.SEVERITY, "reaction-severity"):
        reaction["severity"] = severity
    return reaction | statements.notes(node, reading)


def _manifestation(node: Node, reading: Reading) -> Resource:
    statements.frame(node)
    statements.fixed(node["code"], _KIND[0])
    node.attribute("negationInd", "negation")
    return concepts.to_fhir(node["value"], "manifestation", reading.words) or {}


def _claim_same_time(sign: Node, first: Node) -> None:
    """The time of a further sign is that of the reaction: claimed when it says the same."""
    low, told = sign["effectiveTime/low"], first["effectiveTime/low"]
    low.implied("reaction-onset-unknown", "nullFlavor")
    if low.peek("value") == told.peek("value"):
        low.attribute("value", "reaction-onset")
