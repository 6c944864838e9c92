"""The database: how it is reached and how it is read. What differs between engines stands in their own modules."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, make_url
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, TimeoutError

from gateway.errors import ConfigurationError, InputError, StorageError
from gateway.model import Finding
from gateway.store.engines import WRITING, Differences
from gateway.store.postgresql import POSTGRESQL
from gateway.store.sqlite import SQLITE

DATABASE_ERRORS = (DBAPIError, TimeoutError)
"""What the database says of itself; other errors of the library are defects of ours and stay visible."""
_ENGINES = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def connect(database_url: str) -> Engine:
    """The engine for a URL. Raises ConfigurationError for a kind of database that is not supported."""
    try:
        url = make_url(database_url)
        return _ENGINES[url.get_backend_name()].connect(url)
    except (SQLAlchemyError, KeyError, OSError):
        raise ConfigurationError(Finding("database-not-supported")) from None


def differences(database: Engine | Connection) -> Differences:
    """What is particular to the engine behind it."""
    return _ENGINES[database.dialect.name]


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the journal; keep it short: a long one keeps SQLite's log and PostgreSQL's dead rows."""
    try:
        with engine.connect() as connection:
            yield connection
    except (UnicodeEncodeError, DataError):
        # Half of a surrogate pair, or a NUL, from a caller's URL or mail: nothing has such an id.
        raise InputError(Finding("not-found")) from None
    except DATABASE_ERRORS:
        raise StorageError(Finding("store-unavailable")) from None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One writing transaction. Database errors pass as they are."""
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
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
    """An INSERT that has `on_conflict_do_…` and tells how many rows it wrote: two classes with the same words."""
    return _ENGINES[dialect].insert(table).execution_options(preserve_rowcount=True)
