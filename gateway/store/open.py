"""Opening the store: one object that holds every port of the journal.

A new file is given its tables; an existing one must have this program's schema version and the same master key.
"""

import threading
from dataclasses import dataclass, field
from types import TracebackType

from sqlalchemy import Connection, Engine, insert, select, update

from gateway.errors import ConfigurationError
from gateway.model import Finding, ItemId
from gateway.ports import Clients, Clock, Ids, Intake, JournalQuery, MailboxLease, MailLog, Resources, WorkQueue
from gateway.store import schema
from gateway.store.clients import SqlClients
from gateway.store.database import DATABASE_ERRORS, connect, differences, writing
from gateway.store.erasure import erase
from gateway.store.intake import SqlIntake
from gateway.store.keys import Keyring
from gateway.store.lease_time import LeaseTime, clock_time, database_time
from gateway.store.mail_log import SqlMailLog
from gateway.store.mailbox_lease import SqlMailboxLease
from gateway.store.parking import Parking
from gateway.store.pooled_writer import PooledWriter
from gateway.store.query import SqlJournalQuery
from gateway.store.queue import SqlWorkQueue
from gateway.store.resources import SqlResources
from gateway.store.single_writer import SingleWriter
from gateway.store.writer import Writer

_ONLY_TABLES_ADDED_SINCE = {1}
"""Versions of a journal that become this program's by making the tables that are missing."""


@dataclass(frozen=True, slots=True)
class Store:
    """The journal, open. Its parts may be used from any thread; each call blocks until its answer is true."""

    intake: Intake
    queue: WorkQueue
    query: JournalQuery
    resources: Resources
    mail_log: MailLog
    mailbox_lease: MailboxLease
    clients: Clients
    parking: Parking
    _engine: Engine
    _writer: Writer
    _has_work: threading.Event
    _is_closed: threading.Event = field(default_factory=threading.Event)

    def wait_for_work(self, timeout_seconds: float) -> bool:
        """Wait until this process has committed something that a worker may claim; True if so, False at the timeout.

        A hint, not a promise: work of another process, work that becomes due, and a lease that runs out come without
        it, and of several that wait one may miss it. Poll as well. Returns at once when the store is closed.
        """
        is_set = self._has_work.wait(timeout_seconds)
        if not self._is_closed.is_set():
            self._has_work.clear()
        return is_set

    def erase(self, message: ItemId) -> bool:
        """Make the contents of a message unreadable for ever. False: there is no such message, or it is done."""
        return erase(self._engine, self._writer, message)

    def close(self) -> None:
        """Write what was handed in, refuse what comes later, let the database go."""
        self._is_closed.set()
        self._has_work.set()
        self._writer.close()
        self._engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(database_url: str, master_key: bytes, clock: Clock, ids: Ids, lease_clock: Clock | None = None) -> Store:
    """Open the journal at `database_url` (`sqlite:///path`, `postgresql+psycopg://…`), making its tables if it is new.

    Leases run on the database's time where it has its own, else on `clock`; a test may give them a `lease_clock`.

    Raises ConfigurationError: `database-not-supported`, `master-key-length`, `master-key-mismatch`, `store-version`,
    `store-unavailable`.
    """
    keyring = Keyring(master_key)
    engine = connect(database_url)
    try:
        with writing(engine) as connection:
            _prepare(connection, keyring)
    except DATABASE_ERRORS:
        engine.dispose()
        raise ConfigurationError(Finding("store-unavailable")) from None
    except ConfigurationError:
        engine.dispose()
        raise
    return _joined(engine, keyring, clock, ids, _lease_time(engine, clock, lease_clock))


def _lease_time(engine: Engine, clock: Clock, lease_clock: Clock | None) -> LeaseTime:
    own = differences(engine).time
    return clock_time(lease_clock or clock) if lease_clock or own is None else database_time(own)


def _joined(engine: Engine, keyring: Keyring, clock: Clock, ids: Ids, lease_time: LeaseTime) -> Store:
    writer: Writer = SingleWriter(engine) if differences(engine).has_one_writer else PooledWriter(engine)
    has_work = threading.Event()
    return Store(
        intake=SqlIntake(engine, writer, keyring, has_work),
        queue=SqlWorkQueue(writer, keyring, clock, lease_time, has_work),
        query=SqlJournalQuery(engine, keyring),
        resources=SqlResources(engine, keyring),
        mail_log=SqlMailLog(engine),
        mailbox_lease=SqlMailboxLease(writer, ids.new(), lease_time),
        clients=SqlClients(engine, writer, clock, ids),
        parking=Parking(engine, writer, keyring, clock, lease_time, has_work),
        _engine=engine,
        _writer=writer,
        _has_work=has_work,
    )


def _prepare(connection: Connection, keyring: Keyring) -> None:
    """Under a lock, so that two processes that open a new journal do not both make it."""
    differences(connection).lock_schema(connection)
    schema.store_version.create(connection, checkfirst=True)
    row = connection.execute(select(schema.store_version)).one_or_none()
    if row is None:
        schema.metadata.create_all(connection)
        values = {"id": 1, "version": schema.VERSION, "key_id": keyring.key_id}
        connection.execute(insert(schema.store_version), values)
    elif row.version in _ONLY_TABLES_ADDED_SINCE:
        schema.metadata.create_all(connection)
        connection.execute(update(schema.store_version).values(version=schema.VERSION))
    elif row.version != schema.VERSION:
        facts = (("found", str(row.version)), ("expected", str(schema.VERSION)))
        raise ConfigurationError(Finding("store-version", facts=facts))
    elif row.key_id != keyring.key_id:
        raise ConfigurationError(Finding("master-key-mismatch"))
