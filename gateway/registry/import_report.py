"""What an import would do or did: counts and faults, never a cell. Pure."""

from dataclasses import dataclass
from typing import Any

from gateway.model import Finding


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of one table."""

    added: int
    changed: int
    removed: int

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`applied` is False after a dry run, and where nothing had to change."""

    extract: str
    lines: int
    sha256: str
    tables: dict[str, Changes]
    deactivated: int
    """People who are no longer in the extract: not found any more, no mailbox of theirs used."""
    repeated_lines: int
    """Lines that say what an earlier line of the same key said."""
    shared_addresses: int
    """Mailboxes that are listed for more than one owner."""
    faults: dict[str, int]
    findings: tuple[Finding, ...]
    set_aside: int
    applied: bool

    def as_json(self) -> dict[str, Any]:
        """Without the findings."""
        changes = {n: {"added": c.added, "changed": c.changed, "removed": c.removed} for n, c in self.tables.items()}
        return {
            "extract": self.extract,
            "lines": self.lines,
            "sha256": self.sha256,
            "changes": changes,
            "deactivated": self.deactivated,
            "repeated_lines": self.repeated_lines,
            "shared_addresses": self.shared_addresses,
            "faults": self.faults,
            "set_aside": self.set_aside,
            "applied": self.applied,
        }
