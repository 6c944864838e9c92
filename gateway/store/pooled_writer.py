"""Each caller writes in its own thread and its own transaction, as PostgreSQL likes it: there, commits that meet at the
disk are joined by the server itself.

A job that met what another session had not committed yet is run once more: by then that is committed, so the job finds
it (a duplicate finds the first answer), or it conflicts for good. The victim of a deadlock is run again too.

Source: ADR 3; PostgreSQL 15 documentation, 13.3.4 (deadlocks) and appendix A (error codes).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.errors import ConflictError, GatewayError, StorageError
from gateway.model import Finding
from gateway.store.database import DATABASE_ERRORS, writing

_ATTEMPTS = 4
_DEADLOCK, _SERIALIZATION = "40P01", "40001"
_T = TypeVar("_T")


class PooledWriter:
    """Implements `Writer` for an engine whose writers do not exclude each other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = threading.Condition()
        self._running = 0
        self._is_closed = False

    def run(self, work: Callable[[Connection], _T]) -> _T:
        """See `Writer`."""
        with self._counted():
            try:
                return self._write(work)
            except IntegrityError:
                raise ConflictError(Finding("conflict")) from None
            except DATABASE_ERRORS:
                raise _unavailable() from None

    def close(self) -> None:
        """See `Writer`."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: self._running == 0)

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        has_met_another = False
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._once(work)
            except IntegrityError:
                if has_met_another:
                    raise
                has_met_another = True
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in (_DEADLOCK, _SERIALIZATION):
                    raise
        return self._once(work)

    def _once(self, work: Callable[[Connection], _T]) -> _T:
        with writing(self._engine) as connection:
            return work(connection)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._changed:
            if self._is_closed:
                raise _unavailable()
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()


def _unavailable() -> GatewayError:
    return StorageError(Finding("store-unavailable"))
