"""The registry of today: the CSV is loaded anew when the day or the file changes, and kept while it cannot be read."""

import logging
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.errors import InputError
from gateway.model import Identifier, Mailbox, Party
from gateway.ports import Clock, Member
from gateway.registry.csv_directory import CsvDirectory

log = logging.getLogger(__name__)

_PARIS = ZoneInfo("Europe/Paris")


class DailyDirectory:
    """The port `Directory`. Raises InputError at construction where the file cannot be used at all."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock, self._lock = path, clock, threading.Lock()
        self._version, self._current = self._stamp(), CsvDirectory.load(path, self._today())

    def find_member(self, identifiers: Sequence[Identifier], structure: str | None = None) -> Member | None:
        return self._fresh().find_member(identifiers, structure)

    def find_mailboxes(self, party: Party) -> list[Mailbox]:
        return self._fresh().find_mailboxes(party)

    def _fresh(self) -> CsvDirectory:
        with self._lock:
            if (version := self._stamp()) != self._version:
                self._version = version
                try:
                    self._current = CsvDirectory.load(self._path, self._today())
                except InputError as error:
                    log.error("registry not readable, the last copy stays in use", extra={"code": error.code})
            return self._current

    def _stamp(self) -> tuple[date, int]:
        try:
            changed = self._path.stat().st_mtime_ns
        except OSError:
            changed = 0
        return self._today(), changed

    def _today(self) -> date:
        return self._clock.now().astimezone(_PARIS).date()
