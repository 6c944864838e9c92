"""What differs between the engines of the journal: the fields of `Differences`, and nothing elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table
from sqlalchemy.engine import URL

WRITING = "gateway_writing"
"""The execution option of a session that writes; each engine begins it in its own way."""
WAIT_SECONDS = 30
"""How long a session waits for what another one holds before it gives up."""


@dataclass(frozen=True, slots=True)
class Differences:
    """One engine. `connect` raises ConfigurationError for a URL that it cannot use."""

    connect: Callable[[URL], Engine]
    insert: Callable[[Table], Any]
    """An INSERT that has `on_conflict_do_…`."""
    has_one_writer: bool
    """Whether writers exclude each other, so that one thread per process writes and shares its commits."""
    lock_schema: Callable[[Connection], object]
    """Until the transaction ends, no other process makes the tables."""
    clear_log: Callable[[Engine], object]
    """What was deleted shall not stay readable in the engine's log, as far as that is in our hands."""
    time: ColumnElement[Any] | None
    """The database's own time, where processes of several machines share it; None where one machine has one clock."""
