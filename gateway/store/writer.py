"""How changes are written: a job runs in a transaction and its caller is answered after the commit."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Writer(Protocol):
    """May be used from any thread. A job may be undone and run again, so it must not do anything but write."""

    def run(self, work: Callable[[Connection], T]) -> T:
        """The job's result, once it is durable. Raises what the job raised, ConflictError or StorageError."""

    def close(self) -> None:
        """Take nothing more, write what is waiting, then return."""
