"""The database: how it is reached, how it is read, and what differs between engines.

SQLite: write-ahead log, an fsync for every commit, foreign keys on, deleted content overwritten, and a wait instead of
an error while another process writes. A writing session takes the write lock at its beginning (BEGIN IMMEDIATE): an
upgrade of a reading session would fail at once instead of waiting. Never on a network file system.

PostgreSQL comes next: a row in `_INSERT`, and a row in `_CONNECT`. Source: sqlite.org/wal.html, /lang_transaction.html.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import ConfigurationError, InputError, StorageError
from gateway.model import Finding

BUSY_TIMEOUT_SECONDS = 30
DATABASE_ERRORS = (DBAPIError, TimeoutError)
"""What the database says of itself; other errors of the library are defects of ours and stay visible."""
_WRITING = "gateway_writing"
_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def connect(database_url: str) -> Engine:
    """The engine for a URL. Raises ConfigurationError for a kind of database that is not supported."""
    try:
        url = make_url(database_url)
        return _CONNECT[url.get_backend_name()](url)
    except (SQLAlchemyError, KeyError, OSError):
        raise ConfigurationError(Finding("database-not-supported")) from None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the journal; keep it short, a long one lets the write-ahead log grow."""
    try:
        with engine.connect() as connection:
            yield connection
    except UnicodeEncodeError:  # half of a surrogate pair, from a caller's URL or mail: nothing has such an id
        raise InputError(Finding("not-found")) from None
    except DATABASE_ERRORS:
        raise StorageError(Finding("store-unavailable")) from None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its beginning. Database errors pass as they are."""
    with engine.connect().execution_options(**{_WRITING: True}) as connection, connection.begin():
        yield connection


# Statements are built once: in this library, building one costs more than running it.
insert_into = cache(insert)


def insert_or_replace(connection: Connection, table: Table, *columns: str) -> Any:
    """An INSERT that replaces `columns` where the key is there already; without columns it then does nothing."""
    return _insert_or_replace(connection.dialect.name, table, columns)


@cache
def _insert_or_replace(dialect: str, table: Table, columns: tuple[str, ...]) -> Any:
    statement = insert_with_conflict(dialect, table)
    keys = table.primary_key.columns
    replaced = {name: statement.excluded[name] for name in columns}
    if not replaced:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced)


def insert_with_conflict(dialect: str, table: Table) -> Any:
    """An INSERT that has `on_conflict_do_…`: the same words in both engines, but not the same class."""
    return _INSERT[dialect](table)


def _connect_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:" or url.query:
        raise ConfigurationError(Finding("database-not-supported"))
    # Only the owner may read it; SQLite gives its log files the mode of the main file.
    os.close(os.open(Path(url.database), os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(url, hide_parameters=True, pool_size=8, max_overflow=32)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the module shall not begin transactions by itself: `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Turning the log on does not wait for other processes that open the same new file, so we do."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


_CONNECT: dict[str, Callable[[URL], Engine]] = {"sqlite": _connect_sqlite}
