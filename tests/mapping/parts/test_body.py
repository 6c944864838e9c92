"""Entries stand in the section that tells their resource, each once, and none is left out."""

from lxml import etree

from gateway.mapping.context import BENCH
from gateway.mapping.parts.body import REASON, Body, Entries
from gateway.mssante.format.build import CDA, add, root
from gateway.mssante.format.letter import Address, Letter, Paragraph, Section

PATH = "Bundle.entry[4].resource"


def entry(template: str) -> etree._Element:
    made = root("entry")
    add(add(made, "act"), "templateId", root=template)
    return made


def sections(entries: Entries, *told: Section) -> list[etree._Element]:
    """The sections of a body."""
    nobody = Address("", ())
    letter = Letter("", "fr", "", nobody, (), nobody, None, told, "", "")
    document = root("ClinicalDocument")
    Body(BENCH, entries).write(document, letter)
    return list(document.iter(f"{{{CDA}}}section"))


def count(section: etree._Element, name: str) -> int:
    return len(section.findall(f"{{{CDA}}}{name}"))


def test_an_entry_stands_once_in_the_first_section_that_tells_it() -> None:
    tells = Section("Traitements", (Paragraph("…", tells=PATH),), "10160-0")
    found = sections(Entries({PATH: entry("1.2.3")}, []), tells, tells)
    assert [count(section, "entry") for section in found] == [1, 0]


def test_a_section_wears_its_coded_templates_only_with_the_entries_that_they_ask_for() -> None:
    tells = Section("Traitements", (Paragraph("…", tells=PATH),), "10160-0")
    (bare,) = sections(Entries({PATH: entry("1.2.3")}, []), tells)
    (coded,) = sections(Entries({PATH: entry("1.3.6.1.4.1.19376.1.5.3.1.4.7")}, []), tells)
    assert (count(bare, "templateId"), count(coded, "templateId")) == (0, 3)


def test_a_reason_that_the_section_tells_already_is_not_repeated() -> None:
    tells = Section("Motif", (Paragraph("…", tells=PATH),), REASON)
    own, repeated = entry("1.2.3"), entry("1.2.4")
    (section,) = sections(Entries({PATH: entry("1.2.4")}, [("", own), (PATH, repeated)]), tells)
    assert count(section, "entry") == 2


def test_what_no_section_tells_has_one_of_its_own() -> None:
    found = sections(Entries({PATH: entry("1.2.3")}, [("", entry("1.2.4"))]))
    assert [count(section, "entry") for section in found] == [2]
    assert len(found[0].xpath("h:text/*", namespaces={"h": CDA})) == 1  # type: ignore[arg-type]
