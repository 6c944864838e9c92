"""The port `Directory` over the national directory, as it was last imported. Also what people ask of it.

One SQLite file, read only here; each thread has a connection of its own. What is not said by the extracts (which form a
mailbox's software reads, how large a mail it takes) is taken at its least: level 1, ten megabytes.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.model import Identifier, MailAddress, Mailbox, MailboxType, Party
from gateway.ports import Member
from gateway.registry.csv_columns import is_code
from gateway.registry.directory_database import connect, ours, prepare
from gateway.registry.directory_schema import CARDS
from gateway.registry.extract_rows import TECHNICAL
from gateway.registry.folding import fold
from gateway.registry.matching import RPPS_PREFIX, best_first, is_at, people_in, places_in

_BOX = "SELECT address, type, idnat, structure FROM mailbox WHERE "


@dataclass(frozen=True, slots=True)
class Card:
    """One person in one place of work, or one structure (`person` None), with what people are shown."""

    entry: int
    person: str | None
    structure: str | None
    family: str
    given: str
    structure_name: str
    sign: str
    postal: str
    insee: str
    city: str
    profession: str
    skill: str
    profession_label: str
    skill_label: str
    sector: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip() or self.structure_name or self.sign

    @property
    def combined_profession(self) -> str | None:
        """TRE_A02, e.g. `G15_10/SM54`; a savoir-faire outside that list leaves the bare profession."""
        both = f"G15_{self.profession}/{self.skill}", f"G15_{self.profession}"
        return next((code for code in both if is_code("profession", code)), None)


class DirectoryStore:
    """Who is who, and which mailboxes are listed. Raises StorageError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        prepare(path)
        self._path, self._local = path, threading.local()

    def find_member(self, identifiers: Sequence[Identifier], structure: str | None = None) -> Member | None:
        """As `CsvDirectory.find_member`: a person counts before a structure; several roles leave the structure open."""
        people, places = people_in(identifiers), places_in(identifiers)
        if people:
            return self._find_person(people, {structure} if structure else places)
        return self._find_place(places | ({structure} if structure else set()))

    def find_mailboxes(self, party: Party) -> list[Mailbox]:
        """The listed mailboxes that take this party's letters, best match first."""
        if party.person:
            is_known = party.person.startswith(RPPS_PREFIX) and self.cards(person=party.person)
            rows = self._rows(_BOX + "idnat = ?", party.person) if is_known else []
        else:
            rows = self._rows(_BOX + "idnat = '' AND structure = ?", party.structure or "")
        owners = [(address, kind, idnat, structure or None) for address, kind, idnat, structure in rows]
        boxes = [_mailbox(*row, self._name(row[2], row[3])) for row in owners if is_at(row[3], party)]
        return best_first(boxes, party)

    def cards(self, *, person: str = "", structure: str = "") -> list[Card]:
        """Every place of work of a person, or everybody of a structure and the structure itself."""
        where, value = ("e.idnat = ?", person) if person else ("e.structure = ?", structure)
        return [card_of(row) for row in self._rows(f"{CARDS} WHERE {where} ORDER BY e.id", value)]

    def situations(self, commune: str = "") -> Iterator[tuple[Card, list[str]]]:
        """Every person in every place of work, by the alphabet, with the addresses that take their letters.

        `commune` is a name, a postal code or an INSEE code.
        """
        known = fold(commune)
        boxes = "SELECT address FROM mailbox WHERE idnat = ? AND structure IN ('', ?) ORDER BY address"
        with ours():
            for row in self.connection().execute(f"{CARDS} WHERE e.idnat <> '' ORDER BY e.id"):
                card = card_of(row)
                if not known or known in (fold(card.city), card.postal, card.insee.lower()):
                    found = self.connection().execute(boxes, (card.person, card.structure or ""))
                    yield card, [address for (address,) in found]

    def departed_on(self, person: str) -> str | None:
        """Since when (ISO date) an import has not seen this person any more."""
        rows = self._rows("SELECT left_on FROM departed WHERE idnat = ?", person)
        return str(rows[0][0]) if rows else None

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, for reading."""
        if not hasattr(self._local, "connection"):
            with ours():
                self._local.connection = connect(self._path, read_only=True)
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _find_person(self, people: set[str], places: set[str]) -> Member | None:
        if len(people) != 1:
            return None
        cards = [
            c for c in self.cards(person=RPPS_PREFIX + next(iter(people))) if not places or {c.structure} == places
        ]
        if not cards:
            return None
        professions = {card.combined_profession for card in cards}
        structures = {card.structure for card in cards}
        place = structures.pop() if len(structures) == 1 else None
        party = Party(cards[0].person, place if _is_national(place) else None, cards[0].name)
        return _member(party, professions.pop() if len(professions) == 1 else None, cards[0] if place else None)

    def _find_place(self, places: set[str]) -> Member | None:
        if len(places) != 1:
            return None
        cards = [card for card in self.cards(structure=next(iter(places))) if card.person is None]
        return _member(Party(None, cards[0].structure, cards[0].name), None, cards[0]) if cards else None

    def _name(self, person: str, structure: str | None) -> str:
        cards = self.cards(person=person) if person else self.cards(structure=structure or "")
        return next((card.name for card in cards if person or card.person is None), "")

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with ours():
            return self.connection().execute(statement, values).fetchall()


def card_of(row: tuple[Any, ...]) -> Card:
    """A row of `CARDS`."""
    number, person, structure, *rest = row
    return Card(number, person or None, structure or None, *rest)


def _is_national(structure: str | None) -> bool:
    return structure is not None and not structure.startswith(TECHNICAL)


def _member(party: Party, profession: str | None, place: Card | None) -> Member:
    """The extracts do not say in which setting (JDV_J04) a structure works: left unknown."""
    if place is None:
        return Member(party, profession, None, None)
    sector = place.sector if is_code("facility_type", place.sector) else None
    return Member(party, profession, sector, None, place.city or None)


def _mailbox(address: str, kind: str, person: str, structure: str | None, name: str) -> Mailbox:
    place = structure if _is_national(structure) else None
    return Mailbox(MailAddress(address), MailboxType(kind), Party(person or None, place, name))
