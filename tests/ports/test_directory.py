"""What every directory does alike: the CPTS's file and the national directory, told of the same people."""

from datetime import date
from pathlib import Path

import pytest

from gateway.fhir.format.systems import FINESS, PS_IDNAT, RPPS, STRUCT_IDNAT
from gateway.model import Identifier, Mailbox, MailboxType, Party
from gateway.ports import Directory
from gateway.registry.chained import ChainedDirectory
from gateway.registry.csv_columns import COLUMNS
from gateway.registry.csv_directory import CsvDirectory, read_registry
from gateway.sandbox.made_up_extracts import ACTIVITY, MAILBOX
from tests.registry.extracts import BOX, BRASSENNE, CABINET, DOCTOR, OFFICE, TOUR, Registry

OTHER = "990010084"
NOWHERE = DOCTOR | {
    "Identifiant PP": TOUR,
    "Identification nationale PP": "8" + TOUR,
    "Nom d'exercice": "TAZEROUT",
    "Prénom d'exercice": "Karim",
    "Code savoir-faire": "SM41",
}
ELSEWHERE = NOWHERE | {"Numéro FINESS site": OTHER, "Raison sociale site": "Cabinet de la Porte Basse"}
AT_OTHER = BOX | {
    "Adresse BAL": "karim.ici@mssante.example",
    "Identifiant PP": TOUR,
    "Identification nationale PP": "8" + TOUR,
    "Type identifiant structure": "FINESS",
    "Identification Structure": OTHER,
}
ANYWHERE = AT_OTHER | {
    "Adresse BAL": "karim.partout@mssante.example",
    "Type identifiant structure": "",
    "Identification Structure": "",
}
CPTS_FILE = f"""
structure;1{CABINET};Maison de santé des Trois Biefs;SA52;AMBULATOIRE;Reims
structure;1{OTHER};Cabinet de la Porte Basse;SA52;AMBULATOIRE;Reims
role;1{CABINET};;;;;{BRASSENNE};BRASSENNE;Odile;G15_10/SM54
role;1{CABINET};;;;;{TOUR};TAZEROUT;Karim;G15_10/SM41
role;1{OTHER};;;;;{TOUR};TAZEROUT;Karim;G15_10/SM41
mailbox;;;;;;{BRASSENNE};;;;;;;;;odile.brassenne@medecin.mssante.example;PER;level-1;10;no
mailbox;1{OTHER};;;;;{TOUR};;;;;;;;;karim.ici@mssante.example;PER;level-1;10;no
mailbox;;;;;;{TOUR};;;;;;;;;karim.partout@mssante.example;PER;level-1;10;no
mailbox;1{CABINET};;;;;;;;;;;;;;secretariat@biefs.mssante.example;ORG;level-1;10;no
"""


def _csv(folder: Path) -> Directory:
    header = [column.name for column in COLUMNS]
    lines = [line + ";" * (len(header) - 1 - line.count(";")) for line in CPTS_FILE.strip().split("\n")]
    return CsvDirectory(read_registry("\n".join([";".join(header), *lines]).encode()), date(2026, 11, 22))


def _national(folder: Path) -> Directory:
    registry = Registry(folder)
    registry.take(ACTIVITY, DOCTOR, NOWHERE, ELSEWHERE)
    registry.take(MAILBOX, BOX, AT_OTHER, ANYWHERE, OFFICE)
    return registry.store


def _nobody(folder: Path) -> Directory:
    return CsvDirectory(read_registry(";".join(column.name for column in COLUMNS).encode()), date(2026, 11, 22))


def _chained(folder: Path) -> Directory:
    return ChainedDirectory(_nobody(folder), _national(folder))


@pytest.fixture(params=[_csv, _national, _chained])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Directory:
    made: Directory = request.param(tmp_path)
    return made


def addresses(boxes: list[Mailbox]) -> list[str]:
    return [box.address for box in boxes]


@pytest.mark.parametrize("identifier", [Identifier(RPPS, BRASSENNE), Identifier(PS_IDNAT, "8" + BRASSENNE)])
def test_a_person_is_found_by_either_number(directory: Directory, identifier: Identifier) -> None:
    member = directory.find_member([identifier])
    assert member is not None
    assert member.party == Party("8" + BRASSENNE, "1" + CABINET, "Odile BRASSENNE")
    assert (member.profession, member.facility_type, member.city) == ("G15_10/SM54", "SA52", "Reims")


@pytest.mark.parametrize("identifier", [Identifier(FINESS, CABINET), Identifier(STRUCT_IDNAT, "1" + CABINET)])
def test_a_structure_is_found_by_either_number(directory: Directory, identifier: Identifier) -> None:
    member = directory.find_member([identifier])
    assert member is not None
    assert member.party == Party(None, "1" + CABINET, "Maison de santé des Trois Biefs")
    assert (member.profession, member.facility_type) == (None, "SA52")


def test_a_person_of_two_places_is_known_as_a_person_only(directory: Directory) -> None:
    member = directory.find_member([Identifier(RPPS, TOUR)])
    assert member is not None
    assert (member.party.structure, member.profession, member.facility_type) == (None, "G15_10/SM41", None)


def test_the_structure_says_in_which_role(directory: Directory) -> None:
    for member in (
        directory.find_member([Identifier(RPPS, TOUR)], "1" + OTHER),
        directory.find_member([Identifier(RPPS, TOUR), Identifier(FINESS, OTHER)]),
    ):
        assert member is not None
        assert member.party.structure == "1" + OTHER


@pytest.mark.parametrize(
    ("identifiers", "structure"),
    [
        ([], None),
        ([Identifier(RPPS, "99700004346")], None),
        ([Identifier(RPPS, BRASSENNE)], "1" + OTHER),
        ([Identifier(RPPS, BRASSENNE), Identifier(RPPS, TOUR)], None),
        ([Identifier(FINESS, CABINET), Identifier(FINESS, OTHER)], None),
        ([Identifier(PS_IDNAT, "0" + BRASSENNE)], None),
        ([Identifier("urn:example", BRASSENNE)], None),
        ([Identifier(FINESS, "")], None),
        ([Identifier(STRUCT_IDNAT, "")], None),
        ([Identifier(RPPS, "")], None),
    ],
)
def test_what_names_nobody_finds_nobody(
    directory: Directory, identifiers: list[Identifier], structure: str | None
) -> None:
    assert directory.find_member(identifiers, structure) is None


def test_the_mailbox_of_the_place_comes_before_that_of_anywhere(directory: Directory) -> None:
    boxes = directory.find_mailboxes(Party("8" + TOUR, "1" + OTHER, ""))
    assert addresses(boxes) == ["karim.ici@mssante.example", "karim.partout@mssante.example"]
    assert boxes[0].owner == Party("8" + TOUR, "1" + OTHER, "Karim TAZEROUT")
    assert (boxes[0].type, boxes[0].form, boxes[0].max_bytes) == (MailboxType.PERSONAL, "level-1", 10_000_000)


def test_a_mailbox_of_another_place_takes_no_letter_for_this_one(directory: Directory) -> None:
    boxes = directory.find_mailboxes(Party("8" + TOUR, "1" + CABINET, ""))
    assert addresses(boxes) == ["karim.partout@mssante.example"]


def test_a_person_without_a_place_is_reached_in_any(directory: Directory) -> None:
    boxes = directory.find_mailboxes(Party("8" + TOUR, None, ""))
    assert addresses(boxes) == ["karim.partout@mssante.example", "karim.ici@mssante.example"]


def test_a_structures_letters_go_to_its_own_mailbox_only(directory: Directory) -> None:
    assert addresses(directory.find_mailboxes(Party(None, "1" + CABINET, ""))) == ["secretariat@biefs.mssante.example"]
    assert directory.find_mailboxes(Party(None, "1" + OTHER, "")) == []


@pytest.mark.parametrize(
    "party", [Party("899700004346", None, ""), Party("0" + BRASSENNE, None, ""), Party(None, None, "")]
)
def test_nobody_has_no_mailbox(directory: Directory, party: Party) -> None:
    assert directory.find_mailboxes(party) == []
