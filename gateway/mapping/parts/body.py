"""The level 3 body of a letter: its sections in words, each with the coded entries of the resources it tells.

Words come first and are complete; entries say again, coded, what they can. A section wears the templateIds of its
content module only when it holds the entries that the module asks for. Source: ANS CI-SIS volets de contenu; IHE PCC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from gateway.mapping.context import Context
from gateway.mapping.entries.entry import Writing
from gateway.mapping.entries.reason import reason_entries
from gateway.mapping.entries.table import ENTRY_PARTS
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.source import Element
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, root
from gateway.mssante.format.letter import Bullets, Letter, Paragraph, Section, Table
from gateway.mssante.format.narrative import write_text
from gateway.tables import read_table

_SECTIONS = {row["code"]: row for row in read_table("gateway.mapping", "sections.tsv")}
REASON = "42349-1"
_OTHERS = "Autres données codées"
_COMMENT = "55112-7"
"""For a section of the letter that has no code of its own."""


def anchor_of(path: str) -> str:
    """The ID of the words about the resource at `path`.

    >>> anchor_of("Bundle.entry[12].resource")
    'r12'
    """
    return "r" + "".join(c for c in path if c.isdigit())


@dataclass(frozen=True, slots=True)
class Entries:
    """What a body says in code."""

    by_path: dict[str, etree._Element]
    """The `entry` element of each resource that has one, by the resource's path."""
    reasons: list[tuple[str, etree._Element]]
    """Those of the section of the reason, each with the path of the resource that it repeats (or with none)."""


def write_entries(resolver: Resolver, request: Element, context: Context, written_at: str) -> Entries:
    """Everything that some part can write, and the reasons of the request."""
    found = _by_path(resolver, context, written_at)
    writing = Writing(context, resolver, anchor_of(request.path), written_at)
    return Entries(found, reason_entries(request, writing, found))


def _by_path(resolver: Resolver, context: Context, written_at: str) -> dict[str, etree._Element]:
    entries = {}
    for item in resolver.message.entries:
        resource = resolver.element(item)
        part = next((p for p in ENTRY_PARTS if item.type in p.resources and p.accepts(resource)), None)
        if part:
            entry = root("entry")
            part.to_cda(entry, resource, Writing(context, resolver, anchor_of(item.path), written_at))
            if len(entry):
                entries[item.path] = entry
    return entries


@dataclass(slots=True)
class Body:
    """A structuredBody in the making."""

    context: Context
    entries: Entries
    used: set[str] = field(default_factory=set)
    """IDs that are given away: each stands once in a document."""

    def write(self, document: etree._Element, letter: Letter) -> None:
        """Add `component/structuredBody` with every section of the letter."""
        body = add(add(document, "component"), "structuredBody")
        for number, section in enumerate(letter.sections):
            self._section(add(add(body, "component"), "section"), section, number)
        if self.entries.by_path or self.entries.reasons:
            self._section(add(add(body, "component"), "section"), self._others(), len(letter.sections))

    def _others(self) -> Section:
        """A section for what no section of the letter tells: the receipt has promised it."""
        lines = tuple(Paragraph(_OTHERS, tells=path) for path in self.entries.by_path) or (Paragraph(_OTHERS),)
        return Section(_OTHERS, lines, REASON if self.entries.reasons else None)

    def _section(self, target: etree._Element, section: Section, number: int) -> None:
        row = _SECTIONS[section.code if section.code in _SECTIONS else _COMMENT]
        entries = self._entries(section)
        for template in _templates(row, entries):
            add(target, "templateId", root=template)
        add(target, "id", root=str(self.context.uuid(f"section[{number}]")).upper())
        add(target, "code", code=row["code"], displayName=row["display"], codeSystem=oids.LOINC, codeSystemName="LOINC")
        add(target, "title", section.title)
        write_text(target, section.blocks, self._anchor)
        target.extend(entries)

    def _entries(self, section: Section) -> list[etree._Element]:
        """Those of the resources that it tells and no section before has told; the reasons in their own section."""
        told = [path for path in dict.fromkeys(_tells(section)) if path in self.entries.by_path]
        found = [self.entries.by_path.pop(path) for path in told]
        return [*(self._reasons(told) if section.code == REASON else ()), *found]

    def _reasons(self, told: Sequence[str]) -> list[etree._Element]:
        """Those that repeat nothing which the section tells anyway."""
        found = [entry for path, entry in self.entries.reasons if path not in told]
        self.entries.reasons.clear()
        return found

    def _anchor(self, path: str) -> str | None:
        if not path or (id_ := anchor_of(path)) in self.used:
            return None
        self.used.add(id_)
        return id_


def _templates(row: Mapping[str, str], entries: Sequence[etree._Element]) -> list[str]:
    """Those of the coded section where its entries are what it needs."""
    worn = {template.get("root") for entry in entries for template in entry.iter(f"{{{oids.HL7_V3}}}templateId")}
    return (row["templates"] if worn and worn.issuperset(row["needs"].split()) else row["bare"]).split()


def _tells(section: Section) -> Sequence[str]:
    """The paths of the resources that a section tells, in order."""
    found: list[str] = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            found.append(block.tells)
        elif isinstance(block, Bullets | Table):
            found += block.tells
    return [path for path in found if path]
