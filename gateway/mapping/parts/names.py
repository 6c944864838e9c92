"""FHIR HumanName ↔ CDA PN.

A patient's name says which part comes from the birth record (`BR`) and which is in use (`CL`).
Source: ANS "Structuration minimale des documents de santé", INS block; HL7 V3 data types (PN).
"""

from collections.abc import Iterator

from lxml import etree

from gateway.fhir.format.systems import BIRTH_GIVEN_NAMES
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology import display_of
from gateway.mssante.format.build import add

Name = dict[str, object]


def person_to_cda(parent: etree._Element, name: Element, rule: str) -> None:
    """A professional's name: one of each part, prefix and suffix from their value sets. The rest stays unclaimed."""
    target = add(parent, "name")
    _first_to_cda(target, "prefix", (p for p in name.each("prefix") if display_of("civilities", p.peek() or "")), rule)
    add(target, "family", name["family"].structured(rule))
    _first_to_cda(target, "given", name.each("given"), rule)
    _first_to_cda(target, "suffix", (s for s in name.each("suffix") if display_of("titles", s.peek() or "")), rule)


def _first_to_cda(target: etree._Element, part: str, values: Iterator[Element], rule: str) -> None:
    if first := next(values, None):
        add(target, part, first.structured(rule))


def person_to_fhir(node: Node, rule: str) -> Name | None:
    """A professional's name; None where there is none."""
    name: Name = {}
    if family := node["family"].text(rule):
        name["family"] = family
    for cda, fhir in (("given", "given"), ("prefix", "prefix"), ("suffix", "suffix")):
        if values := [text for n in node.each(cda) if (text := n.text(rule))]:
            name[fhir] = values
    return name or None


def patient_to_cda(parent: etree._Element, patient: Element) -> None:
    """The birth name and the used name in one `name`, as the INS block wants them.

    Without either, the first name stands as the used one: nobody said that it comes from the birth record.
    """
    target = add(parent, "name")
    for name in patient.each("name"):
        if name["use"].peek() == "official":
            _birth_name_to_cda(target, name)
    for name in patient.each("name"):
        if name["use"].peek() == "usual":
            _used_name_to_cda(target, name)
    if not len(target) and (name := patient.first("name")).exists:
        _used_name_to_cda(target, name)


def _birth_name_to_cda(target: etree._Element, name: Element) -> None:
    name["use"].structured("patient-name-qualifier")
    add(target, "family", name["family"].structured("patient-birth-name"), qualifier="BR")
    first = name.first("given")
    all_given = name.extension(BIRTH_GIVEN_NAMES)
    if all_given.exists:
        all_given["url"].structured("patient-birth-given-names")
        add(target, "given", all_given["valueString"].structured("patient-birth-given-names"))
    elif first.exists:
        name.ledger.fill("recordTarget/patientRole/patient/name/given", "patient-given-names-from-first")
        add(target, "given", first.peek())
    if first.exists:
        add(target, "given", first.structured("patient-first-birth-given-name"), qualifier="BR")


def _used_name_to_cda(target: etree._Element, name: Element) -> None:
    if name["use"].peek() == "usual":
        name["use"].structured("patient-name-qualifier")
    if name["family"].exists:
        add(target, "family", name["family"].structured("patient-used-name"), qualifier="CL")
    for given in name.each("given"):
        add(target, "given", given.structured("patient-used-given-name"), qualifier="CL")


def patient_to_fhir(node: Node) -> list[Name]:
    """The official (birth) and usual names of a patient."""
    families, givens = _by_qualifier(node, "family"), _by_qualifier(node, "given")
    names: list[Name] = []
    birth_family = families.get("BR") or families.get(None)
    if birth_family or givens.get("BR"):
        names.append(_official(birth_family, givens))
    if "CL" in families or "CL" in givens:
        usual: Name = {"use": "usual"}
        usual |= {"family": _text(families["CL"][0])} if "CL" in families else {}
        usual |= {"given": [_text(part) for part in givens["CL"]]} if "CL" in givens else {}
        names.append(usual)
    return names


def _official(family: list[Node] | None, givens: dict[str | None, list[Node]]) -> Name:
    official: Name = {"use": "official"}
    if family:
        official["family"] = _text(family[0])
    all_given = [_text(part) for part in givens.get(None, [])]
    first = [_text(part) for part in givens.get("BR", [])]
    if all_given and first:
        official["extension"] = [{"url": BIRTH_GIVEN_NAMES, "valueString": " ".join(all_given)}]
    if first or all_given:
        official["given"] = first or all_given
    return official


def _by_qualifier(node: Node, name: str) -> dict[str | None, list[Node]]:
    """The parts of a kind that have words, claiming nothing: "SP" (of the spouse) is a name in use."""
    found: dict[str | None, list[Node]] = {}
    for part in node.each(name):
        qualifier = part.peek("qualifier")
        if part.element is not None and (part.element.text or "").strip():
            found.setdefault("CL" if qualifier == "SP" else qualifier, []).append(part)
    return found


def _text(part: Node) -> str:
    part.attribute("qualifier", "patient-name-qualifier")
    return part.text("patient-name") or ""
