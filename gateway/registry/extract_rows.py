"""A line of an extract → the rows that it means: a person, a structure, a role; or a mailbox and its owner.

Pure. Cells that name somebody must be right, or the line is a fault; a structure's number that is wrong is a warning,
and the structure is then known by its technical identifier only.
Source: ANS, Annuaire Santé: idNat_PS, Struct_IdNat (prefix 1 FINESS, 2 SIREN, 3 SIRET); JDV_J139 (type of a mailbox).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from gateway.model import Finding, MailAddress, MailboxType, Severity
from gateway.registry.csv_columns import is_address, is_rpps, is_structure_id
from gateway.registry.extract_file import ACTIVITY, FIELDS, MAILBOX, Faults, fault
from gateway.registry.matching import FINESS_PREFIX, RPPS_PREFIX

TECHNICAL: Final = "technical:"
"""Before the identifier of a structure that has no national number: it is no Struct_IdNat."""
Trusts = Callable[[MailAddress], bool]
Rows = Iterator[tuple[str, tuple[str, ...]]]
"""(table, values), a line's rows one after the other."""
_STRUCTURE_TYPES = {"FINESS": "1", "SIREN": "2", "SIRET": "3"}


class Activity(NamedTuple):
    """The cells of an activity line that we keep; the names are the fields of `extracts.tsv`."""

    person_type: str
    person: str
    idnat: str
    family: str
    given: str
    profession: str
    profession_label: str
    skill: str
    skill_label: str
    mode: str
    siret: str
    siren: str
    finess: str
    legal_finess: str
    technical: str
    name: str
    sign: str
    postal: str
    insee: str
    city: str
    sector: str


class Box(NamedTuple):
    """The cells of a mailbox line that we keep."""

    type: str
    address: str
    person: str
    idnat: str
    structure_type: str
    structure: str
    service: str
    family: str
    given: str
    profession: str
    profession_label: str
    skill: str
    skill_label: str
    name: str
    sign: str
    city: str
    postal: str


def _picker(kind: str, names: tuple[str, ...]) -> Callable[[list[str]], tuple[str, ...]]:
    return itemgetter(*(FIELDS[kind].index(name) for name in names))


PICK = {ACTIVITY: _picker(ACTIVITY, Activity._fields), MAILBOX: _picker(MAILBOX, Box._fields)}


def activity_rows(line: int, cells: list[str], faults: Faults) -> Rows:
    """The rows of one line of PS_LibreAcces_Personne_activite."""
    a = Activity._make(PICK[ACTIVITY](cells))
    if a.idnat != a.person_type + a.person or not _is_person(a.idnat):
        faults.add(fault("registry-bad-identifier", line, "Identifiant PP", expected="RPPS"))
        return
    if not a.family:
        faults.add(fault("registry-missing-value", line, "Nom d'exercice"))
        return
    structure = _structure_of(a.finess, a.siret, a.siren, a.legal_finess, a.technical)
    if structure.startswith(TECHNICAL) and (a.finess or a.siret or a.siren or a.legal_finess):
        faults.add(_warning(fault("registry-bad-identifier", line, "Numéro FINESS site", expected="FINESS / SIRET")))
    yield "person", (a.idnat, a.family, a.given)
    yield "role", (a.idnat, structure, a.profession, a.skill, a.mode)
    if structure:
        yield "structure", (structure, a.name, a.sign, a.postal, a.insee, a.city, a.sector)
    yield from _labels(a.profession, a.profession_label, a.skill, a.skill_label)


def mailbox_rows(line: int, cells: list[str], faults: Faults, trusts: Trusts | None) -> Rows:
    """The rows of one line of Extraction_Correspondance_MSSante. An untrusted domain is told, and the mailbox kept."""
    b = Box._make(PICK[MAILBOX](cells))
    address, idnat = b.address.strip().lower(), b.idnat or (RPPS_PREFIX + b.person if b.person else "")
    structure = _structure_in(b.structure_type.upper(), b.structure)
    if (code_and_facts := _fault_of_box(b, address, idnat)) is not None:
        faults.add(fault(code_and_facts[0], line, code_and_facts[1], expected=code_and_facts[2]))
        return
    if trusts and not trusts(MailAddress(address)):
        faults.add(_warning(fault("registry-mailbox-untrusted", line, "Adresse BAL")))
    yield "mailbox", (address, idnat, structure, b.type, b.service)
    if idnat:
        yield "box_person", (idnat, b.family, b.given, b.profession, b.skill)
    if structure:
        yield "box_structure", (structure, b.name, b.sign, b.postal, b.city.removeprefix(b.postal).strip())
    yield from _labels(b.profession, b.profession_label, b.skill, b.skill_label)


def _fault_of_box(box: Box, address: str, idnat: str) -> tuple[str, str, str] | None:
    """(code, column, what was expected) of the first thing that is wrong."""
    checks = (
        (box.type in set(MailboxType), "registry-unknown-code", "Type de BAL", "PER / ORG / APP / CAB"),
        (is_address(address), "registry-bad-address", "Adresse BAL", "nom@domaine"),
        (not idnat or _is_person(idnat), "registry-bad-identifier", "Identifiant PP", "RPPS"),
        (idnat or box.type != MailboxType.PERSONAL, "registry-missing-value", "Identifiant PP", ""),
        (idnat or box.structure, "registry-missing-value", "Identification Structure", ""),
    )
    return next(((code, column, expected) for ok, code, column, expected in checks if not ok), None)


def _labels(profession: str, profession_label: str, skill: str, skill_label: str) -> Rows:
    yield "label", ("profession", profession, profession_label)
    if skill:
        yield "label", ("skill", skill, skill_label)


@lru_cache(maxsize=4096)
def _is_person(idnat: str) -> bool:
    """An idNat_PS. Numbers other than the RPPS have no key that we could check."""
    if idnat.startswith(RPPS_PREFIX):
        return is_rpps(idnat[1:])
    return len(idnat) > 1 and idnat.isascii() and idnat[0].isdigit()


@lru_cache(maxsize=65536)
def _structure_of(finess: str, siret: str, siren: str, legal_finess: str, technical: str) -> str:
    for prefix, number in ((FINESS_PREFIX, finess), ("3", siret), ("2", siren), (FINESS_PREFIX, legal_finess)):
        if number and is_structure_id(prefix + number):
            return prefix + number
    return TECHNICAL + technical if technical else ""


@lru_cache(maxsize=65536)
def _structure_in(kind: str, number: str) -> str:
    """A mailbox's structure: its type is a word or the prefix itself; the number may bear the prefix already."""
    if not number:
        return ""
    prefixed = _STRUCTURE_TYPES.get(kind, kind) + number
    return next((one for one in (prefixed, number) if is_structure_id(one)), TECHNICAL + number)


def _warning(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING)
