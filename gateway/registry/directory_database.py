"""Opening the directory's SQLite file: made where it is missing, its version checked, its errors turned into ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.errors import StorageError
from gateway.model import Finding
from gateway.registry.directory_schema import SCHEMA, VERSION

_BUSY_SECONDS: Final = 60.0
_CACHE_KIB: Final = 32 * 1024


@contextmanager
def ours() -> Iterator[None]:
    """SQLite's errors as StorageError: busy too long, disk full, not a database, read-only."""
    try:
        yield
    except sqlite3.Error:
        raise StorageError(Finding("registry-database-unusable")) from None


def prepare(path: Path) -> None:
    """Make the file where there is none. StorageError where it is another program's, or another version's."""
    with ours():
        connection = connect(path)
        try:
            _create(connection)
        finally:
            connection.close()


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Without implicit transactions. A reader sees the last import that was taken over, and waits for none."""
    mode = "ro" if read_only else "rwc"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, timeout=_BUSY_SECONDS, isolation_level=None, uri=True)
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA temp_store = FILE")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: what fails, or is interrupted, leaves the file as it was."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        if version or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            facts = (("found", str(version)), ("expected", str(VERSION)))
            raise StorageError(Finding("store-version", facts=facts))
        for statement in SCHEMA:
            connection.execute(statement)
