"""What every clinical statement has in common: templates, id, times, comments, and whom it is about.

| FHIR | CDA |
|---|---|
| identifier, when there is just one and it is complete | id (otherwise a UUID of ours) |
| note.text | comment act: `text` |
| a dateTime | TS, when it comes back the same |

Source: HL7 CDA R2; IHE PCC TF-2 (Comments 1.3.6.1.4.1.19376.1.5.3.1.4.2); ANS, FR-Commentaire-ER.
"""

from collections.abc import Iterator, Sequence

from lxml import etree

from gateway.mapping.entries import concepts
from gateway.mapping.entries.entry import Reading, Writing
from gateway.mapping.parts import dates, identifiers
from gateway.mapping.parts.people import Resource, reference
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology import oid_of, uri_of
from gateway.model import Oid
from gateway.mssante.format.build import add, unknown
from gateway.mssante.format.oids import LOINC, TEMPLATES_COMMENT

COMMENT_CODE = "48767-8"
_TRUE = ("true", "1")


# --- to CDA ------------------------------------------------------------------------------------------------------


def start(
    parent: etree._Element, name: str, class_code: str, templates: Sequence[Oid], **attributes: str | None
) -> etree._Element:
    """A new statement with its templates. `moodCode` is EVN unless given."""
    statement = add(parent, name, classCode=class_code, **({"moodCode": "EVN"} | attributes))
    for template in templates:
        add(statement, "templateId", root=template)
    return statement


def related(parent: etree._Element, type_code: str, inverted: str | None = None) -> etree._Element:
    """An `entryRelationship`; `inverted` is "true" or "false" where a template asks for it."""
    return add(parent, "entryRelationship", typeCode=type_code, inversionInd=inverted)


def add_id(statement: etree._Element, resource: Element, writing: Writing, part: str = "") -> None:
    """The one identifier of the resource, else an id of ours."""
    found = list(resource.each("identifier"))
    if len(found) == 1 and _comes_back(found[0]):
        identifiers.to_cda(statement, found[0], "identifier")
    else:
        add(statement, "id", root=writing.id(resource, part))


def _comes_back(identifier: Element) -> bool:
    system = identifier["system"].peek() or ""
    oid = oid_of(system)
    return identifiers.is_complete(identifier) and (oid is None or uri_of(oid) == system)


def add_text(statement: etree._Element, writing: Writing) -> None:
    """The reference to the words about this resource."""
    add(add(statement, "text"), "reference", value=f"#{writing.anchor}")


def add_time(parent: etree._Element, name: str, value: Element, rule: str) -> bool:
    """A FHIR dateTime as TS; False where there is none. Claimed only when it comes back the same."""
    given = value.peek()
    written = dates.to_cda(given) if given else None
    if written is None:
        return False
    if given and dates.comes_back(given):
        value.structured(rule)
    add(parent, name, value=written)
    return True


def is_time(value: Element) -> bool:
    """Whether it is a FHIR date or dateTime."""
    return dates.to_cda(value.peek() or "") is not None


def add_interval(statement: etree._Element, low: Element, rule: str, high: Element | None = None) -> None:
    """`effectiveTime` from low to high; an unknown start says so, an unknown end is left out."""
    interval = add(statement, "effectiveTime")
    if not add_time(interval, "low", low, rule):
        unknown(interval, "low")
        low.ledger.fill("effectiveTime/low", f"{rule}-start-unknown")
    if high is not None:
        add_time(interval, "high", high, rule)


def add_notes(statement: etree._Element, resource: Element, writing: Writing, inverted: str = "true") -> None:
    """One comment act per note with words."""
    for note in resource.each("note"):
        if concepts.is_exact(note["text"]):
            act = start(related(statement, "SUBJ", inverted), "act", "ACT", TEMPLATES_COMMENT)
            add(act, "code", code=COMMENT_CODE, displayName="Commentaire", codeSystem=LOINC)
            concepts.words_to_cda(act, "text", note["text"], "note", writing.anchor)
            add(act, "statusCode", code="completed")


# --- to FHIR -----------------------------------------------------------------------------------------------------


def is_a(node: Node, templates: Sequence[Oid]) -> bool:
    """Whether the statement declares one of the last two templates: the international or the French one."""
    return any(template.peek("root") in templates[-2:] for template in node.each("templateId"))


def children(node: Node, name: str, templates: Sequence[Oid], type_code: str = "") -> Iterator[Node]:
    """The related statements of a kind that can be read."""
    for relation in node.each("entryRelationship"):
        statement = relation[name]
        meant = relation.peek("typeCode") == type_code if type_code else True
        if meant and not is_denied(relation) and is_a(statement, templates):
            yield statement


def is_plain(node: Node, mood: str = "EVN") -> bool:
    """Whether it is a fact about the patient: not a wish or a goal, not of a relative, not without value."""
    if node.element is None or any(str(name).endswith("NegationInd") for name in node.element.attrib):
        return False  # valueNegationInd, actionNegationInd: extensions that deny in a way of their own
    return node.peek("moodCode") == mood and node.peek("nullFlavor") is None and not node["subject"].exists


def is_denied(node: Node) -> bool:
    """Whether the statement says that this is not so, claiming nothing."""
    return node.peek("negationInd") in _TRUE


def is_negated(node: Node) -> bool:
    """The same, claimed."""
    return node.attribute("negationInd", "negation") in _TRUE


def frame(node: Node) -> None:
    """Claim what only frames a statement: an unknown id, the end of writing it down. Another status is for words."""
    node["id"].implied("implied-by-template", "nullFlavor")
    if node["statusCode"].peek("code") == "completed":
        node["statusCode"].implied("implied-by-template", "code")


def fixed(node: Node, *codes: str) -> None:
    """Claim a code that the template fixes; another one says something of its own and is left for words."""
    if node.peek("code") in (None, *codes):
        node.implied("implied-by-template", "code", "displayName", "codeSystem", "codeSystemName", "nullFlavor")


def identified(node: Node) -> Resource:
    """The identifiers of a statement, ids of ours left out."""
    found = [identifiers.to_fhir(item, "identifier") for item in node.each("id") if item.peek("extension")]
    return {"identifier": [item for item in found if item]} if any(found) else {}


def time_of(node: Node, rule: str) -> str | None:
    """The TS as FHIR dateTime. A time without zone keeps its day; words tell it whole, and the receipt says so."""
    value = node.peek("value") or ""
    found = dates.to_fhir(value)
    if found is None:
        node.implied(f"{rule}-unknown", "nullFlavor")
        return None
    if dates.keeps_precision(value):
        node.attribute("value", rule)
    else:
        node.ledger.guess(f"{node.path}/@value", "time-without-zone-keeps-its-day")
    return found


def notes(node: Node, reading: Reading) -> Resource:
    """The comments about a statement as notes."""
    found = [_note(act, reading) for act in children(node, "act", TEMPLATES_COMMENT)]
    return {"note": [{"text": text} for text in found if text]} if any(found) else {}


def _note(act: Node, reading: Reading) -> str | None:
    fixed(act["code"], COMMENT_CODE)
    fixed(act["statusCode"], "completed")
    return concepts.words_to_fhir(act["text"], "note", reading.words)


def about(patient: str, name: str = "subject") -> Resource:
    """The reference to the patient."""
    return {name: reference(patient)}
