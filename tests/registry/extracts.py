"""Extracts for tests: small made-up ones, and lines of one's own."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from gateway.registry.directory_import import STRICT, Options, import_extract
from gateway.registry.directory_store import DirectoryStore
from gateway.registry.import_report import ImportReport
from gateway.sandbox.made_up_extracts import ACTIVITY, columns, write_activity, write_mailboxes
from gateway.sandbox.made_up_extracts import MAILBOX as MAILBOX

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BRASSENNE, TOUR, CABINET = "99700001011", "99700002126", "990002172"
DOCTOR = {
    "Type d'identifiant PP": "8",
    "Identifiant PP": BRASSENNE,
    "Identification nationale PP": "8" + BRASSENNE,
    "Nom d'exercice": "BRASSENNE",
    "Prénom d'exercice": "Odile",
    "Code profession": "10",
    "Libellé profession": "Médecin",
    "Code savoir-faire": "SM54",
    "Libellé savoir-faire": "Médecine générale",
    "Numéro FINESS site": CABINET,
    "Raison sociale site": "Maison de santé des Trois Biefs",
    "Code postal (coord. structure)": "51100",
    "Code commune (coord. structure)": "51454",
    "Libellé commune (coord. structure)": "Reims",
    "Code secteur d'activité": "SA52",
}
NURSE = DOCTOR | {
    "Identifiant PP": TOUR,
    "Identification nationale PP": "8" + TOUR,
    "Nom d'exercice": "de la TOUR-LEFÈVRE",
    "Prénom d'exercice": "Élodie",
    "Code profession": "60",
    "Libellé profession": "Infirmier",
    "Code savoir-faire": "",
    "Libellé savoir-faire": "",
}
BOX = {
    "Type de BAL": "PER",
    "Adresse BAL": "odile.brassenne@medecin.mssante.example",
    "Type Identifiant PP": "8",
    "Identifiant PP": BRASSENNE,
    "Identification nationale PP": "8" + BRASSENNE,
    "Nom d'exercice": "BRASSENNE",
    "Prénom d'exercice": "Odile",
    "Code Profession": "10",
    "Libellé Profession": "Médecin",
    "Code savoir-faire": "SM54",
    "Libellé savoir-faire": "Médecine générale",
}
OFFICE = {
    "Type de BAL": "ORG",
    "Adresse BAL": "secretariat@biefs.mssante.example",
    "Type identifiant structure": "FINESS",
    "Identification Structure": CABINET,
    "Raison sociale structure BAL": "Maison de santé des Trois Biefs",
    "Code postal structure BAL": "51100",
    "L6 LIGNEACHEMINEMENT structure BAL": "51100 REIMS",
}
Line = Mapping[str, str]


def text_of(extract: str, *lines: Line) -> str:
    """An extract of these lines; what a line does not say is empty."""
    names = columns(extract)
    unknown = {name for line in lines for name in line} - set(names)
    assert not unknown
    return "\n".join(["|".join(names), *("|".join(line.get(n, "") for n in names) for line in lines)]) + "\n"


def write(path: Path, extract: str, *lines: Line) -> Path:
    path.write_text(text_of(extract, *lines), "utf-8")
    return path


class Registry:
    """A database in a folder, and extracts to import into it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "registry.db"

    def take(self, extract: str, *lines: Line, options: Options = STRICT) -> ImportReport:
        return self.load(write(self.folder / f"{extract}.txt", extract, *lines), options)

    def load(self, file: Path, options: Options = STRICT) -> ImportReport:
        return import_extract(self.path, file, NOW, options)

    def made_up(self, rows: int, seed: int = 1) -> None:
        for name, writer in ((ACTIVITY, write_activity), (MAILBOX, write_mailboxes)):
            with (self.folder / name).open("w", encoding="utf-8") as file:
                writer(file, rows, seed)
            self.load(self.folder / name)

    @property
    def store(self) -> DirectoryStore:
        return DirectoryStore(self.path)
