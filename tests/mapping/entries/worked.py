"""The statements of the worked documents, with the words that their narrative holds."""

from pathlib import Path

from lxml import etree

from gateway.mapping.entries.entry import EntryPart
from tests.mapping.entries.trip import Json, Read, read

CDA = Path(__file__).parents[3] / "fixtures/mssante/cda"
_NAMES = {"h": "urn:hl7-org:v3"}


def statements(name: str, template: str) -> tuple[list[etree._Element], dict[str, str]]:
    """The clinical statements directly below an entry that wear a template, and the words by reference."""
    tree = etree.parse(CDA / name)
    found = tree.xpath("//h:entry/*[h:templateId/@root=$template]", namespaces=_NAMES, template=template)
    words = {f"#{node.get('ID')}": "".join(node.itertext()) for node in tree.iter() if node.get("ID")}
    assert isinstance(found, list)
    return found, words  # type: ignore[return-value]


def read_all(part: EntryPart, name: str) -> list[Json]:
    """The resources that a part makes of a document."""
    found, words = statements(name, part.templates[1 if len(part.templates) > 1 else 0])
    return [resource for statement in found for resource in read(part, statement, words).resources]


def changed(statement: etree._Element, path: str, **attributes: str | None) -> etree._Element:
    """The statement with attributes of the first element at `path` set, or taken away (None)."""
    found = statement.xpath(path, namespaces=_NAMES)
    assert isinstance(found, list)
    assert isinstance(found[0], etree._Element)
    for name, value in attributes.items():
        found[0].attrib.pop(name, None) if value is None else found[0].set(name, value)
    return statement


def with_child(statement: etree._Element, path: str, child: str, at: int = 99) -> etree._Element:
    """The statement with one element more below the first element at `path`."""
    found = statement.xpath(path, namespaces=_NAMES)
    assert isinstance(found, list)
    assert isinstance(found[0], etree._Element)
    namespaces = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    found[0].insert(at, etree.fromstring(f"<x {namespaces}>{child}</x>")[0])
    return statement


def resources_of(part: EntryPart, statement: etree._Element, words: dict[str, str] | None = None) -> list[Json]:
    """The resources of one statement."""
    made: Read = read(part, statement, words)
    return made.resources
