"""The port `Directory` over the CPTS's own file: one CSV that a coordinator keeps in a spreadsheet.

The format, in short (`docs/registry-csv.md` in full): UTF-8, `;` between cells, the 21 columns of
`csv_columns.COLUMNS` in that order. Each line is of one kind: `structure` (a place), `role` (a person at work in a
place), `mailbox` (an address, and whose letters it takes). A file with any fault is refused whole.

The day is given at loading: load again each day. A letter goes only where the file says that the person's or the
structure's letters are taken: never to a colleague, never to a replacement.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from gateway.errors import InputError
from gateway.model import Finding, Identifier, Mailbox, Party
from gateway.ports import Member
from gateway.registry.csv_file import read_lines, roster_of
from gateway.registry.csv_rules import check_lines
from gateway.registry.matching import RPPS_PREFIX, best_first, is_at, people_in, places_in
from gateway.registry.roster import Absence, Box, Role, Roster


def read_registry(content: bytes) -> Roster:
    """The roster that a CPTS file holds. InputError with every fault of the file, by line."""
    lines = read_lines(content)
    if findings := check_lines(lines):
        raise InputError(findings)
    return roster_of(lines)


class CsvDirectory:
    """Who is who, and which mailboxes are live, on one day."""

    def __init__(self, roster: Roster, today: date) -> None:
        self._live, self._today = roster.live_on(today), today
        self._structures = {s.id: s for s in self._live.structures}
        self._names = {r.rpps: r.name for r in roster.roles}

    @classmethod
    def load(cls, path: Path, today: date) -> "CsvDirectory":
        """Read a file. InputError with every fault at once; nothing is imported then."""
        try:
            content = path.read_bytes()
        except OSError:
            raise InputError(Finding("registry-unreadable")) from None
        return cls(read_registry(content), today)

    def find_member(self, identifiers: Sequence[Identifier], structure: str | None = None) -> Member | None:
        """The member that these identifiers name; None where they name nobody, or more than one.

        A person's identifier counts before a structure's. `structure` (Struct_IdNat) says in which role. Without it,
        a person who has several roles is known as a person only: the member's structure is None.
        """
        people, places = people_in(identifiers), places_in(identifiers)
        if people:
            return self._find_person(people, {structure} if structure else places)
        return self._find_place(places | ({structure} if structure else set()))

    def find_mailboxes(self, party: Party) -> list[Mailbox]:
        """The live mailboxes that take this party's letters, best match first; empty where there is none."""
        if party.person and not party.person.startswith(RPPS_PREFIX):
            return []
        rpps = party.person.removeprefix(RPPS_PREFIX) if party.person else None
        boxes = [box for box in self._live.boxes if box.rpps == rpps and is_at(box.structure, party)]
        return best_first([self._mailbox(box) for box in boxes], party)

    def find_absence(self, party: Party) -> Absence | None:
        """Whether this person is away today, until when, and who stands in: for people to decide upon."""
        for role in self._live.roles:
            is_theirs = _person(role.rpps) == party.person and party.structure in (None, role.structure)
            if is_theirs and role.absence and role.absence.includes(self._today):
                return Absence(role.absence, self._replacement(role))
        return None

    def _find_person(self, people: set[str], places: set[str]) -> Member | None:
        roles = [r for r in self._live.roles if {r.rpps} == people and (not places or {r.structure} == places)]
        if not roles:
            return None
        rpps, name = roles[0].rpps, roles[0].name
        professions = {role.profession for role in roles}
        profession = professions.pop() if len(professions) == 1 else None
        place = roles[0].structure if len(roles) == 1 else None
        return self._member(Party(_person(rpps), place, name), profession)

    def _find_place(self, places: set[str]) -> Member | None:
        known = [self._structures[place] for place in places if place in self._structures]
        return self._member(Party(None, known[0].id, known[0].name), None) if len(known) == len(places) == 1 else None

    def _member(self, party: Party, profession: str | None) -> Member:
        place = self._structures.get(party.structure or "")
        if place is None:
            return Member(party, profession, None, None)
        return Member(party, profession, place.facility_type, place.practice_setting, place.city)

    def _replacement(self, role: Role) -> Party | None:
        if role.replaced_by is None:
            return None
        return Party(_person(role.replaced_by), role.structure, self._names[role.replaced_by])

    def _mailbox(self, box: Box) -> Mailbox:
        name = self._names[box.rpps] if box.rpps else self._structures[box.structure or ""].name
        owner = Party(_person(box.rpps) if box.rpps else None, box.structure, name)
        return Mailbox(box.address, box.type, owner, box.form, box.max_bytes, box.red_listed, box.period.end)


def _person(rpps: str) -> str:
    return RPPS_PREFIX + rpps
