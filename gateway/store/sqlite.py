"""SQLite: one file, one machine, one writer at a time.

Write-ahead log, an fsync for every commit, foreign keys on, deleted content overwritten, and a wait instead of an error
while another process writes. A writing session takes the write lock at its beginning (BEGIN IMMEDIATE): an upgrade of a
reading session would fail at once instead of waiting. Never on a network file system.

Source: sqlite.org/wal.html, /lang_transaction.html.
"""

import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import ConfigurationError
from gateway.model import Finding
from gateway.store.engines import WAIT_SECONDS, WRITING, Differences


def _connect(url: URL) -> Engine:
    if not url.database or url.database == ":memory:" or url.query:
        raise ConfigurationError(Finding("database-not-supported"))
    # Only the owner may read it; SQLite gives its log files the mode of the main file.
    os.close(os.open(Path(url.database), os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(url, hide_parameters=True, pool_size=8, max_overflow=32)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the module shall not begin transactions by itself: `_begin` does
    connection.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Turning the log on does not wait for other processes that open the same new file, so we do."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _clear_log(engine: Engine) -> None:
    """Earlier pages stay in the write-ahead log until a checkpoint; a reader may put this off to the next."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


SQLITE = Differences(
    connect=_connect,
    insert=sqlite.insert,
    has_one_writer=True,
    lock_schema=lambda connection: None,  # a writing session holds the only write lock there is
    clear_log=_clear_log,
    time=None,
)
