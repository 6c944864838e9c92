"""PostgreSQL: many processes on many machines, ordinary transactions from a pool.

Writing is READ COMMITTED: a row that another session holds is waited for and looked at anew, which is what upserts and
claims count on. Reading is one snapshot. A commit is durable whatever the server's default says. A process that is
stopped in the middle of a transaction loses it, so that a lane is not held for ever.

Source: PostgreSQL 15 documentation, chapters 13 (concurrency control) and 20 (run-time settings).
"""

import psycopg
from psycopg import IsolationLevel
from sqlalchemy import Connection, Engine, create_engine, event, func, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import ConfigurationError
from gateway.model import Finding
from gateway.store.engines import WAIT_SECONDS, WRITING, Differences

_POOL_SIZE, _POOL_OVERFLOW = 5, 15
"""Four processes stay below the 100 connections that a server has by default."""
_CONNECT_SECONDS = 10
_SCHEMA_LOCK = 0x63707473
"""Any number that is always the same."""

_SETTINGS = {
    "lock_timeout": f"{WAIT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{2 * WAIT_SECONDS}s",
    "jit": "off",  # compiling a claim costs more than running it
    # What is claimed in order has its index. Of a table that it has not counted yet the server believes that sorting is
    # cheaper, and would look at every open item for each claim.
    "enable_sort": "off",
    "TimeZone": "UTC",
}
_SET = "SELECT set_config(%s, %s, false)"
_SET_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)


def _connect(url: URL) -> Engine:
    if url.get_driver_name() != "psycopg":
        raise ConfigurationError(Finding("database-not-supported"))
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_pre_ping=True,  # the server may have been restarted since
        connect_args={"connect_timeout": _CONNECT_SECONDS, "client_encoding": "utf8"},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: "psycopg.Connection[tuple[object, ...]]", _: ConnectionPoolEntry) -> None:
    for setting in _SETTINGS.items():
        connection.execute(_SET, setting)
    connection.execute(_SET_DURABLE)
    connection.commit()


def _begin(connection: Connection) -> None:
    """Sent with the driver's own BEGIN, so it costs no message of its own."""
    is_writing = connection.get_execution_options().get(WRITING, False)
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.isolation_level = IsolationLevel.READ_COMMITTED if is_writing else IsolationLevel.REPEATABLE_READ
    driver.read_only = not is_writing


POSTGRESQL = Differences(
    connect=_connect,
    insert=postgresql.insert,
    has_one_writer=False,
    lock_schema=lambda connection: connection.execute(text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")),
    clear_log=lambda engine: None,  # the server's log and its vacuum are its own; ADR 3 says what follows from it
    time=func.statement_timestamp(),
)
