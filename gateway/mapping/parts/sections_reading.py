"""The structured body of a CDA → sections of a Composition and the resources of their entries. Any CDA, no model asked.

Section by section: the words become the section's narrative; an entry that a part understands becomes resources; what
no part has claimed of an entry is told in words below, so that nothing coded is dropped. Source: HL7 CDA R2 §4.3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from lxml import etree

from gateway.mapping.entries.entry import EntryPart, Reading
from gateway.mapping.entries.table import ENTRY_PARTS
from gateway.mapping.parts import coding
from gateway.mapping.parts.header_reading import Header
from gateway.mapping.parts.people import Resource, reference
from gateway.mapping.result import Outcome
from gateway.mapping.source import Node, cda_leaves
from gateway.mapping.structural_cda import cda_structural_rule
from gateway.mssante.format.narrative import anchors_of, find_words
from gateway.mssante.format.oids import TEMPLATE_PDF_COPY_SECTION
from gateway.mssante.format.xhtml import div, to_xhtml

HEADER_TITLE = "Autres informations de l'en-tête"
_TELLING = ("displayName", "value", "unit", "code", "extension")
"""Attributes of an entry that people can read, the most telling first."""


@dataclass(slots=True)
class Sections:
    """What a structured body holds, once read."""

    sections: list[Resource] = field(default_factory=list)
    """Composition.section."""
    resources: list[str] = field(default_factory=list)
    """fullUrls of everything that the entries gave, in document order."""
    by_code: dict[str, list[str]] = field(default_factory=dict)
    """The same by the LOINC code of their section."""


def read_sections(document: Node, header: Header) -> Sections:
    """Read `component/structuredBody`; empty where the document has none."""
    found = Sections()
    anchors = anchors_of(document.element) if document.element is not None else {}
    words = partial(_words, anchors)
    reading = Reading(header.bundling, header.patient, header.written_at, words)
    for component in document["component/structuredBody"].each("component"):
        if _is_copy(component["section"]):
            component.claim_all(Outcome.STRUCTURAL, "copy-of-the-document")
        else:
            found.sections.append(_section(component["section"], reading, found))
    if untold := _untold_header(document):
        found.sections.append({"title": HEADER_TITLE, "text": _text("", untold)})
    return found


def _is_copy(section: Node) -> bool:
    """The section that holds the PDF of the whole document; `body_reading` has taken the PDF."""
    return any(node.peek("root") == TEMPLATE_PDF_COPY_SECTION for node in section.each("templateId"))


def _untold_header(document: Node) -> list[str]:
    """What the header says beyond what has a place here, in words: one line per header element."""
    return _other_members(document, ("component",))


def _other_members(node: Node, read: tuple[str, ...]) -> list[str]:
    """What the children of an element say, beyond those that have a reader of their own."""
    if node.element is None:
        return []
    names = dict.fromkeys(etree.QName(child).localname for child in node.element.iterchildren("*"))
    return [line for name in names if name not in read for child in node.each(name) for line in _in_words(child)]


def _words(anchors: Mapping[str, etree._Element], node: Node) -> str | None:
    return find_words(anchors, node.peek("value"))


def _section(node: Node, reading: Reading, found: Sections) -> Resource:
    section: Resource = {}
    if title := node["title"].text("section-title"):
        section["title"] = title
    code = coding.to_fhir(node["code"], "section-code")
    section |= {"code": {"coding": [code]}} if code else {}
    for name in ("root", "extension"):
        node["id"].attribute(name, "section-id", Outcome.STRUCTURAL)
    references, untold = _entries(node, reading)
    found.resources += references
    found.by_code.setdefault(str(code["code"]) if code else "", []).extend(references)
    section["text"] = _narrative(node["text"], [*_other_members(node, ("text", "entry", "component")), *untold])
    section |= {"entry": [reference(url) for url in references]} if references else {}
    inner = [_section(component["section"], reading, found) for component in node.each("component")]
    return section | ({"section": inner} if inner else {})


def _entries(node: Node, reading: Reading) -> tuple[list[str], list[str]]:
    """The references of the entries' resources, and the words of what no part understood."""
    references: list[str] = []
    untold: list[str] = []
    for entry in node.each("entry"):
        for statement in statements_of(entry):
            references += reading.place(statement, _read(statement, reading))
            untold += _in_words(statement)
    return references, untold


def statements_of(entry: Node) -> Iterator[Node]:
    """The clinical statement of an entry: its child elements but templateIds."""
    if entry.element is None:
        return
    for name in dict.fromkeys(etree.QName(child).localname for child in entry.element.iterchildren("*")):
        if name not in ("realmCode", "typeId", "templateId"):
            yield from entry.each(name)


def _read(statement: Node, reading: Reading) -> list[Resource]:
    part = part_of(statement)
    return part.to_fhir(statement, reading) if part else []


def part_of(statement: Node) -> EntryPart | None:
    """The part that reads a clinical statement, by its templates: the first of the table."""
    templates = {node.peek("root") for node in statement.each("templateId")}
    return next((part for part in ENTRY_PARTS if templates.intersection(part.templates)), None)


def _in_words(statement: Node) -> list[str]:
    """The leaves that nobody has claimed, as one line of words; claimed as narrative."""
    if statement.element is None:
        return []
    ledger, told = statement.ledger, []
    for path, value in cda_leaves(statement.element, statement.path):
        if path not in ledger.claims and cda_structural_rule(path) is None:
            ledger.claim(path, Outcome.NARRATIVE, "entry-in-words")
            told.append((path.rpartition("/")[2], value.strip()))
    words = [
        value if name.startswith("text()") or name[1:] in _TELLING else f"{name[1:]} {value}" for name, value in told
    ]
    return [" ; ".join(words)] if words else []


def _narrative(text: Node, untold: list[str]) -> Resource:
    """`text.div`: the words of the section as they stood, then those of the entries that stayed unread."""
    parts = to_xhtml(text.element) if text.element is not None else ""
    if text.element is not None:
        for path, _ in cda_leaves(text.element, text.path):
            outcome = Outcome.STRUCTURAL if "/@" in path else Outcome.NARRATIVE
            text.ledger.claim(path, outcome, "section-narrative")
    return _text(parts, [*(["Données codées :"] if untold else []), *untold])


def _text(parts: str, lines: list[str]) -> Resource:
    return {"status": "additional", "div": div(parts, tuple(lines))}
