"""FHIR CodeableConcept ↔ CDA CD with translations, and words ↔ ED.

| FHIR | CDA |
|---|---|
| coding[0], coding[1…] | the CD itself, `translation`: system, version, code, display |
| a system that has no OID | an OID derived from its URL; the URL itself in `codeSystemName` |
| text | the words inside `originalText`; no text: `originalText/@nullFlavor` NI |

A reference to the narrative stands beside the words, never instead of them: what is read back is then exactly what was
sent. From others, the words that a reference points to are the text.
Source: HL7 V3 data types (CD, ED); FHIR R4 4.0.1 §2.24.0.11; IHE PCC TF-2 (originalText).
"""

import re
from collections.abc import Callable

from lxml import etree

from gateway.mapping.parts.identifiers import derived_oid
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology import oid_of, uri_of
from gateway.mapping.terminology.clinical_codes import by_fhir
from gateway.mssante.format.build import add

Concept = dict[str, object]
Words = Callable[[Node], str | None]
Takes = Callable[[Element], bool]
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_CODE = re.compile(r"\S+")


def is_codable(coding: Element) -> bool:
    """Whether a CD can hold it: it has a system, and a code without blanks."""
    return bool(coding["system"].peek() and _CODE.fullmatch(coding["code"].peek() or ""))


def is_exact(words: Element) -> bool:
    """Whether words come back as they are: there are some, without blanks around them."""
    text = words.peek() or ""
    return bool(text) and text == text.strip()


def is_writable(concept: Element) -> bool:
    """Whether it says anything that a CD can hold."""
    return is_exact(concept["text"]) or any(map(is_codable, concept.each("coding")))


def to_cda(
    parent: etree._Element,
    name: str,
    concept: Element,
    rule: str,
    *,
    anchor: str | None = None,
    xsi_type: str | None = None,
    takes: Takes | None = None,
) -> etree._Element:
    """Add the concept as element `name`.

    `anchor`: ID of the words in the narrative. `takes`: which code may stand in the place itself; where the first may
    not, all stand as translations of `nullFlavor` OTH.
    """
    element = add(parent, name, xsi_type=xsi_type)
    codings = [coding for coding in concept.each("coding") if is_codable(coding)]
    if takes and not (codings and takes(codings[0])):
        element.set("nullFlavor", "OTH")
        codings = [concept["none"], *codings]
    for coding in codings[:1]:
        if coding.exists:
            code_to_cda(element, coding, rule)
    if is_exact(concept["text"]) or anchor:
        words_to_cda(element, "originalText", concept["text"], rule, anchor)
    for coding in codings[1:]:
        code_to_cda(add(element, "translation"), coding, rule)
    return element


def in_list(codes: str) -> Takes:
    """That a code is in a list of `clinical_codes.tsv`."""

    def takes(coding: Element) -> bool:
        pair = by_fhir(codes, coding["code"].peek())
        return pair is not None and pair.oid == oid_of(coding["system"].peek() or "")

    return takes


def agent_to_cda(entity: etree._Element, concept: Element, rule: str, anchor: str) -> None:
    """Fill a `playingEntity`: the code of the agent, its text as name. Templates want a reference as well."""
    without_text = Element({"coding": concept["coding"].value}, concept.path, concept.ledger)
    code = to_cda(entity, "code", without_text, rule, anchor=anchor)
    if is_exact(concept["text"]):
        code[0].attrib.pop("nullFlavor")
        add(entity, "name", concept["text"].structured(rule))


def code_to_cda(element: etree._Element, coding: Element, rule: str) -> None:
    """Set the attributes of a CD from a Coding."""
    system = coding["system"].peek() or ""
    oid = oid_of(system)
    known = oid is not None and _OID.fullmatch(oid) is not None
    back = uri_of(oid) if oid and known else system
    if back == system:
        coding["system"].structured(rule)
    element.set("code", coding["code"].structured(rule) or "")
    element.set("codeSystem", oid if oid and known else derived_oid(system))
    if not known:
        element.set("codeSystemName", system)
    for name, attribute in (("version", "codeSystemVersion"), ("display", "displayName")):
        if value := coding[name].structured(rule):
            element.set(attribute, value)


def words_to_cda(parent: etree._Element, name: str, words: Element, rule: str, anchor: str | None) -> etree._Element:
    """Add an ED: the words when they are exact, and a reference to the narrative."""
    text = words.structured(rule) if is_exact(words) else None
    element = add(parent, name, text, nullFlavor=None if text or name != "originalText" else "NI")
    if anchor:
        add(element, "reference", value=f"#{anchor}")
    return element


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(node: Node, rule: str, words: Words) -> Concept | None:
    """The CodeableConcept; None where the element says nothing."""
    node.implied(f"{rule}-not-coded", "nullFlavor")
    codings = [coding for cd in (node, *node.each("translation")) if (coding := code_to_fhir(cd, rule))]
    concept: Concept = {"coding": codings} if codings else {}
    text = words_to_fhir(node["originalText"], rule, words)
    return concept | ({"text": text} if text else {}) or None


def agent_to_fhir(entity: Node, rule: str, words: Words) -> Concept:
    """The CodeableConcept of a `playingEntity`: its name is the text; empty where it says nothing."""
    concept = to_fhir(entity["code"], rule, words) or {}
    entity["name"].implied(f"{rule}-no-words", "nullFlavor")
    name = entity["name"].text(rule)
    return concept | ({"text": name} if name else {})


def silent(node: Node) -> Node:
    """The same place with a ledger that nobody reads: for decisions before claiming."""
    return Node(node.element, node.path, Ledger())


def peek(node: Node, words: Words) -> Concept:
    """The CodeableConcept, empty where the element says nothing; claims nothing."""
    return to_fhir(silent(node), "", words) or {}


def code_to_fhir(node: Node, rule: str) -> Concept | None:
    """The Coding of one CD; None where it has no code."""
    if not node.peek("code"):
        return None
    coding: Concept = {}
    name, oid = node.peek("codeSystemName"), node.attribute("codeSystem", rule)
    if name and derived_oid(name) == oid:
        coding["system"] = node.attribute("codeSystemName", rule)
    elif oid:
        coding["system"] = uri_of(oid)
    node.implied(f"{rule}-implied-by-system", "codeSystemName")
    if version := node.attribute("codeSystemVersion", rule):
        coding["version"] = version
    coding["code"] = node.attribute("code", rule)
    if display := node.attribute("displayName", rule):
        coding["display"] = display
    return coding


def words_to_fhir(node: Node, rule: str, words: Words) -> str | None:
    """The words of an ED: its own, else those that its reference points to."""
    reference = node["reference"]
    node.implied(f"{rule}-no-words", "nullFlavor")
    if node.peek("nullFlavor"):
        return None
    return node.text(rule) or (words(reference) if reference.exists else None)
