"""Is the directory whole? What it holds, how old it is, and what does not fit together, as counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.model import MailAddress
from gateway.registry.directory_database import ours
from gateway.registry.directory_store import DirectoryStore
from gateway.registry.extract_rows import Trusts

STALE_DAYS: Final = 7
_COUNTS = {
    "people": "SELECT count(*) FROM person",
    "roles": "SELECT count(*) FROM role",
    "structures": "SELECT count(*) FROM any_structure",
    "mailboxes": "SELECT count(DISTINCT address) FROM mailbox",
    "departed": "SELECT count(*) FROM departed",
    "entries": "SELECT count(*) FROM entry",
    "mailboxes_of_departed": "SELECT count(*) FROM mailbox WHERE idnat IN (SELECT idnat FROM departed)",
    "mailboxes_of_unknown_people": "SELECT count(*) FROM mailbox WHERE idnat <> '' AND idnat NOT IN"
    " (SELECT idnat FROM person) AND idnat NOT IN (SELECT idnat FROM departed)",
    "shared_addresses": "SELECT count(*) FROM (SELECT 1 FROM mailbox GROUP BY address HAVING count(*) > 1)",
    "structures_without_national_number": "SELECT count(*) FROM any_structure WHERE id LIKE 'technical:%'",
}


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last import of one extract that changed something."""

    extract: str
    finished_at: datetime
    age_days: int


@dataclass(frozen=True, slots=True)
class Health:
    """`untrusted` is None where no list of trusted domains was given."""

    intact: bool
    counts: dict[str, int]
    runs: tuple[LastRun, ...]
    untrusted: int | None

    @property
    def stale(self) -> tuple[str, ...]:
        """The extracts that have not changed for longer than a daily file should take."""
        return tuple(run.extract for run in self.runs if run.age_days > STALE_DAYS)

    @property
    def good(self) -> bool:
        return self.intact and bool(self.counts["entries"]) and not self.stale


def check_directory(store: DirectoryStore, now: datetime, trusts: Trusts | None = None) -> Health:
    """Reads everything once: seconds on a national directory."""
    with ours():
        connection = store.connection()
        intact = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        counts = {name: int(connection.execute(count).fetchone()[0]) for name, count in _COUNTS.items()}
        runs = connection.execute("SELECT extract, max(finished_at) FROM run GROUP BY extract").fetchall()
        addresses = connection.execute("SELECT DISTINCT address FROM mailbox") if trusts else ()
        untrusted = sum(not trusts(MailAddress(address)) for (address,) in addresses) if trusts else None
    return Health(intact, counts, tuple(_run(kind, datetime.fromisoformat(at), now) for kind, at in runs), untrusted)


def _run(extract: str, finished_at: datetime, now: datetime) -> LastRun:
    return LastRun(extract, finished_at, max(0, (now - finished_at).days))
