"""A working copy of the kit: the kit was written on Windows and its public snapshot lacks one value set.

Two repairs, both from the kit's own content: a file whose name differs only by case from the one that is asked for is
copied under that name; a value set that the header profile reads in ART-DECOR form is built from its IHE SVS form.
A terminology that is absent is not checked by the kit's own rule; we list it, so that nobody takes silence for a pass.

Source: ANS content kit 3.0, `schematrons/profils`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import copyfile, copytree, ignore_patterns, move, rmtree

from lxml import etree

from gateway.errors import ConfigurationError
from gateway.model import Finding

VERSION = "1"
"""Changes whenever a repair changes, so that no older working copy is taken for a new one."""
PARTS = ("infrastructure", "jeuxDeValeurs", "schematrons", "ExemplesCDA")
_NOT_COPIED = ("rapports", "*.jar", "*.class", "*.docx", "tmp", "TCC-GUI")
_HEADER_PROFILE = Path("schematrons/profils/structurationMinimale")
_TERMINOLOGIES = Path("schematrons/profils/terminologies/terminologie")
_ART_DECOR_FILE = re.compile(r"voc-([\d.]+)-DYNAMIC\.xml")
_VALUE_SET_FILE = re.compile(r"jeuxDeValeurs[/\\]([^'\"/\\]+\.xml)")
_TERMINOLOGY = re.compile(r"([\d.]+)\s*==>\s*(.+)")
_SVS = "{urn:ihe:iti:svs:2008}"
_HL7 = "urn:hl7-org:v3"
_SCHEMATRON = "{http://purl.oclc.org/dsdl/schematron}"


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A repaired kit in the scratch folder, named by the content that it was made from."""

    folder: Path
    fingerprint: str
    """SHA-256 over names and bytes of the parts used."""

    @property
    def schematrons(self) -> Path:
        return self.folder / "schematrons"

    @property
    def unchecked_terminologies(self) -> tuple[tuple[str, str], ...]:
        """(OID, name) of each terminology that the kit lists and does not hold."""
        folder = self.folder / _TERMINOLOGIES
        listed = _TERMINOLOGY.findall(_text(folder / "Terminologies.txt"))
        held = {path.stem for path in folder.iterdir()}
        return tuple((oid, name.strip()) for oid, name in listed if oid not in held)

    @property
    def missing_includes(self) -> tuple[str, ...]:
        """Files that some schematron includes and that no repair could find: those models cannot be run."""
        return tuple(sorted({path.relative_to(self.folder).as_posix() for path in _absent_includes(self.folder)}))


def make_working_copy(kit: Path, scratch: Path) -> WorkingCopy:
    """Copy and repair `kit` below `scratch`, or find the copy that an earlier run made from the same content.

    Raises ConfigurationError `ans-kit-incomplete` where `kit` is not the kit.
    """
    _check_is_the_kit(kit)
    fingerprint = _fingerprint(kit)
    folder = scratch.absolute() / f"ans-kit-{VERSION}-{fingerprint[:16]}"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        rmtree(unfinished, ignore_errors=True)
        for part in PARTS:
            copytree(kit / part, unfinished / part, ignore=ignore_patterns(*_NOT_COPIED))
        repair(unfinished)
        move(unfinished, folder)
    return WorkingCopy(folder, fingerprint)


def repair(folder: Path) -> None:
    """Apply every repair to a copy of the kit."""
    for wanted in list(_wanted_files(folder)):
        found = _same_name_in_other_case(wanted)
        if found:
            wanted.parent.mkdir(parents=True, exist_ok=True)
            copyfile(found, wanted)
    for oid in _missing_art_decor_sets(folder):
        _build_art_decor_set(folder, oid)


def _check_is_the_kit(kit: Path) -> None:
    needed = (
        Path("infrastructure/cda/CDA_extended.xsd"),
        Path("schematrons/moteur/iso_svrl_for_xslt2.xsl"),
        _HEADER_PROFILE / "ASIP-STRUCT-MIN-StrucMin.sch",
        _TERMINOLOGIES / "Terminologies.txt",
        *(Path(part) for part in PARTS),
    )
    missing = next((path for path in needed if not (kit / path).exists()), None)
    if missing:
        raise ConfigurationError(Finding("ans-kit-incomplete", facts=(("missing", missing.as_posix()),)))


def _fingerprint(kit: Path) -> str:
    digest = sha256()
    for path in sorted(path for part in PARTS for path in (kit / part).rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(kit).as_posix()}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _schematron_files(folder: Path) -> Iterator[Path]:
    engine = folder / "schematrons/moteur"
    return (path for path in sorted((folder / "schematrons").rglob("*.sch")) if engine not in path.parents)


def _wanted_files(folder: Path) -> Iterator[Path]:
    """Each file that a schematron includes, or a value set that it names (be it in a comment), and that is absent."""
    yield from _absent_includes(folder)
    for schematron in _schematron_files(folder):
        sets = (folder / "jeuxDeValeurs" / name for name in _VALUE_SET_FILE.findall(_text(schematron)))
        yield from (path for path in sets if not path.exists())


def _absent_includes(folder: Path) -> Iterator[Path]:
    for schematron in _schematron_files(folder):
        includes = (schematron.parent / href for href in _includes(schematron))
        yield from (path for path in includes if not path.exists())


def _includes(schematron: Path) -> Iterator[str]:
    try:
        tree = etree.parse(schematron, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError:
        return  # the model that needs it will not compile, and its verdict says so
    for include in tree.iter(f"{_SCHEMATRON}include"):
        yield include.get("href", "").partition("#")[0].replace("\\", "/")


def _same_name_in_other_case(wanted: Path) -> Path | None:
    """The file that a case-insensitive file system would have opened."""
    here = Path(wanted.anchor)
    for name in _parts_without_dots(wanted):
        if (here / name).exists():
            here = here / name
            continue
        twins = here.iterdir() if here.is_dir() else ()
        twin = next((path for path in twins if path.name.casefold() == name.casefold()), None)
        if twin is None:
            return None
        here = twin
    return here if here.is_file() else None


def _parts_without_dots(path: Path) -> list[str]:
    parts: list[str] = []
    for name in path.absolute().parts[1:]:
        if name == "..":
            parts.pop()
        else:
            parts.append(name)
    return parts


def _missing_art_decor_sets(folder: Path) -> set[str]:
    include = folder / _HEADER_PROFILE / "include"
    named = {oid for path in include.glob("*.sch") for oid in _ART_DECOR_FILE.findall(_text(path))}
    return {oid for oid in named if not (include / f"voc-{oid}-DYNAMIC.xml").exists()}


def _build_art_decor_set(folder: Path, oid: str) -> None:
    """The value set `oid` in the form that the header profile reads: no namespace from `valueSet` down."""
    concepts = _concepts(folder / "jeuxDeValeurs", oid)
    root = etree.Element(f"{{{_HL7}}}valueSets", nsmap={"hl7": _HL7})
    holder = etree.SubElement(etree.SubElement(root, "valueSet", id=oid), "conceptList")
    for concept in concepts:
        etree.SubElement(holder, "concept", attrib=dict(concept))
    target = folder / _HEADER_PROFILE / "include" / f"voc-{oid}-DYNAMIC.xml"
    target.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _concepts(value_sets: Path, oid: str) -> list[dict[str, str]]:
    """The concepts of a value set in IHE SVS form. An absent one is `ans-kit-incomplete`."""
    for path in sorted(value_sets.glob("*.xml")):
        if f'id="{oid}"' in _text(path):
            names = ("code", "codeSystem", "displayName")
            return [{n: e.get(n, "") for n in names} for e in etree.parse(path).iter(f"{_SVS}Concept")]
    raise ConfigurationError(Finding("ans-kit-incomplete", facts=(("missing", f"jeuxDeValeurs: {oid}"),)))


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")
