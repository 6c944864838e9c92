"""The medicine of a treatment: CodeableConcept ↔ `manufacturedProduct`.

The French profile takes a CIS code alone as the product's code. Without one, the code is of no information and every
coding stands beside it as a translation; the words are the same as for any concept (`concepts.py`), and the name is
what people call it. From others, the name is the text where the code points to words of a whole row.
Source: IHE PCC TF-2 (Product Entry 1.3.6.1.4.1.19376.1.5.3.1.4.7.2); ANS, FR-Produit-de-santé.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import concepts
from gateway.mapping.entries.concepts import Concept, Words
from gateway.mapping.source import Element, Node
from gateway.mssante.format import oids
from gateway.mssante.format.build import add

_RULE = "medication-code"


def to_cda(parent: etree._Element, concept: Element, anchor: str) -> etree._Element:
    """Add `consumable`; returns its `manufacturedMaterial`."""
    product = add(add(parent, "consumable", typeCode="CSM"), "manufacturedProduct", classCode="MANU")
    for template in oids.TEMPLATES_PRODUCT:
        add(product, "templateId", root=template)
    material = add(product, "manufacturedMaterial")
    codings = [coding for coding in concept.each("coding") if concepts.is_codable(coding)]
    _code_to_cda(material, concept, codings, anchor)
    add(material, "name", _name(concept, codings))
    return material


def _code_to_cda(material: etree._Element, concept: Element, codings: Sequence[Element], anchor: str) -> None:
    code = add(material, "code")
    main = next((coding for coding in codings if coding["system"].peek() == systems.CIS), None)
    if main:
        concepts.code_to_cda(code, main, _RULE)
    else:
        code.set("nullFlavor", "NA")
    concepts.words_to_cda(code, "originalText", concept["text"], _RULE, anchor)
    for coding in codings:
        if coding is not main:
            concepts.code_to_cda(add(code, "translation"), coding, _RULE)


def _name(concept: Element, codings: Sequence[Element]) -> str:
    """What people call it: its words, a display, else a code."""
    wordings = (concept["text"], *(coding["display"] for coding in codings), *(coding["code"] for coding in codings))
    return next(words for wording in wordings if (words := (wording.peek() or "").strip()))


# --- to FHIR -----------------------------------------------------------------------------------------------------


def is_named(node: Node, words: Words) -> bool:
    """Whether it can be told which medicine it is."""
    material = node["consumable/manufacturedProduct/manufacturedMaterial"]
    return bool(_text(material["name"]) or concepts.peek(material["code"], words))


def to_fhir(node: Node, words: Words) -> Concept:
    """The medicine of a substanceAdministration."""
    material = node["consumable/manufacturedProduct/manufacturedMaterial"]
    code, name = material["code"], material["name"]
    called = _text(name)
    found = concepts.to_fhir(code, _RULE, _no_words if called else words) or {}
    silent = code["originalText"].peek("nullFlavor") is not None
    if called and "text" not in found and not silent:
        found["text"] = name.text(_RULE)
    elif called in _wordings(found):
        name.text("implied-by-code")
    name.implied("implied-by-template", "nullFlavor")
    return found


def _no_words(_: Node) -> None:
    return None


def _wordings(concept: dict[str, Any]) -> Iterator[str | None]:
    yield concept.get("text")
    for coding in concept.get("coding", ()):
        yield coding.get("display")
        yield coding.get("code")


def _text(node: Node) -> str:
    return (node.element.text or "").strip() if node.element is not None else ""
