"""The CPTS's word counts before the national directory's."""

from datetime import date

import pytest

from gateway.app import directory_of
from gateway.config import Settings
from gateway.fhir.format.systems import RPPS
from gateway.model import Identifier, Party
from gateway.registry.chained import ChainedDirectory
from gateway.registry.csv_columns import COLUMNS
from gateway.registry.csv_directory import CsvDirectory, read_registry
from gateway.sandbox.made_up_extracts import ACTIVITY, MAILBOX
from tests.fakes.clock import StoppedClock
from tests.referrals import FIXTURES
from tests.registry.extracts import BOX, BRASSENNE, CABINET, DOCTOR, NURSE, OFFICE, TOUR, Registry

REGISTRY = FIXTURES / "registry" / "cpts-vesle.csv"
UNKNOWN = "99799999992"


@pytest.fixture
def chained(registry: Registry) -> ChainedDirectory:
    """The CPTS knows the doctor, without a mailbox; the national directory also the nurse and mailboxes."""
    nurses = BOX | {
        "Adresse BAL": "elodie@mssante.example",
        "Identifiant PP": TOUR,
        "Identification nationale PP": "8" + TOUR,
    }
    registry.take(ACTIVITY, DOCTOR | {"Prénom d'exercice": "O."}, NURSE)
    registry.take(MAILBOX, BOX, OFFICE, nurses)
    lines = (
        f"structure;1{CABINET};Les Trois Biefs;SA52;AMBULATOIRE;Reims",
        f"role;1{CABINET};;;;;{BRASSENNE};BRASSENNE;Odile;G15_10/SM54",
    )
    full = [line + ";" * (len(COLUMNS) - 1 - line.count(";")) for line in lines]
    header = ";".join(column.name for column in COLUMNS)
    cpts = CsvDirectory(read_registry("\n".join([header, *full]).encode()), date(2026, 11, 22))
    return ChainedDirectory(cpts, registry.store)


def test_whom_the_cpts_knows_is_named_as_the_cpts_does(chained: ChainedDirectory) -> None:
    member = chained.find_member([Identifier(RPPS, BRASSENNE)])
    assert member is not None
    assert (member.party.name, member.practice_setting) == ("Odile BRASSENNE", "AMBULATOIRE")


def test_whom_it_does_not_know_the_national_directory_knows(chained: ChainedDirectory) -> None:
    member = chained.find_member([Identifier(RPPS, TOUR)])
    assert member is not None
    assert [box.address for box in chained.find_mailboxes(member.party)] == ["elodie@mssante.example"]


@pytest.mark.parametrize("party", [Party("8" + BRASSENNE, "1" + CABINET, ""), Party(None, "1" + CABINET, "")])
def test_no_mailbox_in_the_cpts_means_none(chained: ChainedDirectory, party: Party) -> None:
    assert chained.find_mailboxes(party) == []


@pytest.mark.parametrize(("database", "is_known"), [(True, True), (False, False)])
def test_the_setting_joins_the_national_directory(registry: Registry, database: bool, is_known: bool) -> None:
    registry.take(ACTIVITY, DOCTOR)
    settings = Settings(registry_csv=REGISTRY, registry_database=registry.path if database else None)
    stranger = DOCTOR | {"Identifiant PP": UNKNOWN, "Identification nationale PP": "8" + UNKNOWN}
    registry.take(ACTIVITY, DOCTOR, stranger)
    directory = directory_of(settings, StoppedClock())
    assert directory.find_member([Identifier(RPPS, BRASSENNE)]) is not None
    assert (directory.find_member([Identifier(RPPS, UNKNOWN)]) is not None) is is_known
