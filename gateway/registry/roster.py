"""The CPTS registry as values: structures, people in their roles, mailboxes. What is live on a given day.

Pure. Where the values come from (a CSV file today) is another module's matter.
Source: ANS, Annuaire Santé: a person may practise in several structures ("situations d'exercice").
"""

from dataclasses import dataclass
from datetime import date

from gateway.model import MailAddress, MailboxType, Party


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included; None: no limit on that side."""

    start: date | None = None
    end: date | None = None

    def includes(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def overlaps(self, other: "Period") -> bool:
        return _not_after(self.start, other.end) and _not_after(other.start, self.end)

    @property
    def is_reversed(self) -> bool:
        return not _not_after(self.start, self.end)


def _not_after(start: date | None, end: date | None) -> bool:
    return start is None or end is None or start <= end


@dataclass(frozen=True, slots=True)
class Structure:
    """A place of practice. `id` is a Struct_IdNat."""

    id: str
    name: str
    facility_type: str
    practice_setting: str
    city: str
    period: Period


@dataclass(frozen=True, slots=True)
class Role:
    """A person at work in a structure. `absence` and `replaced_by` (an RPPS) are for people to read."""

    rpps: str
    structure: str
    name: str
    profession: str
    period: Period
    absence: Period | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox and whose letters it takes: a person's in a structure, a person's anywhere, or the structure's own."""

    address: MailAddress
    type: MailboxType
    form: str
    max_bytes: int
    red_listed: bool
    rpps: str | None
    structure: str | None
    period: Period


@dataclass(frozen=True, slots=True)
class Absence:
    """Until when somebody is away, and who stands in. A letter is never handed on because of it."""

    period: Period
    replacement: Party | None


@dataclass(frozen=True, slots=True)
class Roster:
    """Everything that one registry holds."""

    structures: tuple[Structure, ...]
    roles: tuple[Role, ...]
    boxes: tuple[Box, ...]

    def live_on(self, day: date) -> "Roster":
        """What may be used that day: a closed structure ends its roles and mailboxes, an ended role its mailboxes."""
        structures = tuple(s for s in self.structures if s.period.includes(day))
        open_ids = {s.id for s in structures}
        roles = tuple(r for r in self.roles if r.period.includes(day) and r.structure in open_ids)
        places = (
            {(r.rpps, r.structure) for r in roles} | {(r.rpps, None) for r in roles} | {(None, i) for i in open_ids}
        )
        boxes = tuple(b for b in self.boxes if b.period.includes(day) and (b.rpps, b.structure) in places)
        return Roster(structures, roles, boxes)
