"""One thread writes. Callers that wait at the same moment share one commit, and none is answered before it.

The writer takes what is waiting (up to `MAX_BATCH`), runs each job under its own savepoint, commits once, wakes the
callers. A job that conflicts is undone alone; when the database itself fails, the whole batch is undone and told so.
No timer: a lone job is committed at once, and while one commit waits for the disk the next batch gathers.

Source: ADR 3.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from gateway.errors import ConflictError, GatewayError, StorageError
from gateway.model import Finding
from gateway.store.database import DATABASE_ERRORS, writing

MAX_BATCH = 256
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    answer: "Future[Any]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    error: Exception | None = None


class SingleWriter:
    """Implements `Writer` for an engine with one writer at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._door = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._write_until_closed, name="journal-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Connection], _T]) -> _T:
        """See `Writer`."""
        job = _Job(work)
        with self._door:
            if self._is_closed:
                raise _unavailable()
            self._waiting.put(job)
        result: _T = job.answer.result()
        return result

    def close(self) -> None:
        """See `Writer`."""
        with self._door:
            if not self._is_closed:
                self._is_closed = True
                self._waiting.put(None)
        self._thread.join()

    def _write_until_closed(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._take()
            _settle(batch, self._write(batch))

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for one job, then take what else is there. False: this was the last batch."""
        jobs: list[_Job] = []
        job = self._waiting.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MAX_BATCH:
                return jobs, True
            try:
                job = self._waiting.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _write(self, batch: list[_Job]) -> list[_Outcome]:
        if not batch:
            return []
        try:
            with writing(self._engine) as connection:
                return [_attempt(job, connection) for job in batch]
        except DATABASE_ERRORS:
            return [_Outcome(error=_unavailable()) for _ in batch]
        except Exception as error:  # the thread must outlive whatever happens, or every caller would wait for ever
            return [_Outcome(error=error) for _ in batch]


def _attempt(job: _Job, connection: Connection) -> _Outcome:
    """Run one job under its savepoint. Errors of the database itself pass: the whole transaction is in doubt."""
    try:
        with connection.begin_nested():
            return _Outcome(job.work(connection))
    except IntegrityError:
        return _Outcome(error=ConflictError(Finding("conflict")))
    except DATABASE_ERRORS:
        raise
    except Exception as error:  # ours or a defect: undone alone, raised where it was asked for
        return _Outcome(error=error)


def _settle(batch: list[_Job], outcomes: list[_Outcome]) -> None:
    for job, outcome in zip(batch, outcomes, strict=True):
        if outcome.error is not None:
            job.answer.set_exception(outcome.error)
        else:
            job.answer.set_result(outcome.value)


def _unavailable() -> GatewayError:
    return StorageError(Finding("store-unavailable"))
