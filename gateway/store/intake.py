"""The port Intake: where a message enters the journal, once.

What was seen before is recognised inside the writing transaction, so that of several identical requests at the same
moment exactly one has an effect and all are given the same answer.
"""

import threading
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Engine, bindparam, select

from gateway.journal import Change, NewMail, NewWork, PayloadRole, RememberAnswer, Remembered
from gateway.model import ItemId
from gateway.store import schema
from gateway.store.changes import mail_digest, put_mail_place, write_changes
from gateway.store.database import reading
from gateway.store.keys import Keyring
from gateway.store.query import open_payload
from gateway.store.transaction import Transaction
from gateway.store.writer import Writer

MAIL = "mail"
"""`Remembered.name` of a mail that lies in its mailbox a second time."""


_REMEMBERED = select(schema.remembered).where(schema.remembered.c.digest == bindparam("digest"))
_MAIL = select(schema.mail.c.message).where(schema.mail.c.digest == bindparam("digest"))


class SqlIntake:
    """Implements `ports.Intake`. `has_work` is set once new work is durable."""

    def __init__(self, engine: Engine, writer: Writer, keyring: Keyring, has_work: threading.Event) -> None:
        self._engine, self._writer, self._keyring, self._has_work = engine, writer, keyring, has_work

    def recall(self, tenant: str, client: str, names: Sequence[tuple[str, str, str]]) -> Remembered | None:
        """See the port. A name that stood for other content comes first; an erased answer is empty."""
        with reading(self._engine) as connection:
            return _recall(connection, self._keyring, tenant, client, names)

    def accept(self, changes: Sequence[Change]) -> Remembered | None:
        """See the port. Of a known mail, its new place in the mailbox is noted, so that it is not fetched again.

        Raises ConflictError (nothing was written) or StorageError (nothing was acknowledged).
        """

        def work(connection: Connection) -> Remembered | None:
            transaction = Transaction(connection, self._keyring)
            known = next(_known(transaction, changes), None)
            if known is None:
                write_changes(transaction, changes)
            return known

        known = self._writer.run(work)
        if known is None and any(isinstance(change, NewWork) for change in changes):
            self._has_work.set()
        return known


def _known(transaction: Transaction, changes: Sequence[Change]) -> Iterator[Remembered]:
    for change in changes:
        known: Remembered | None = None
        if isinstance(change, RememberAnswer):
            keyring, connection = transaction.keyring, transaction.connection
            known = _recall(connection, keyring, change.tenant, change.client, change.names)
        elif isinstance(change, NewMail):
            known = _known_mail(transaction, change)
        if known is not None:
            yield known


def _known_mail(transaction: Transaction, mail: NewMail) -> Remembered | None:
    digest = mail_digest(transaction, mail)
    message: ItemId | None = transaction.connection.execute(_MAIL, {"digest": digest}).scalar_one_or_none()
    if message is None:
        return None
    put_mail_place(transaction, mail, message)
    return Remembered(message, True, b"", MAIL)


def _recall(
    connection: Connection, keyring: Keyring, tenant: str, client: str, names: Sequence[tuple[str, str, str]]
) -> Remembered | None:
    """A name used for other content weighs more than another name that matches: the caller has mixed things up."""
    found = [known for name in names if (known := _recall_one(connection, keyring, tenant, client, name))]
    return min(found, key=lambda known: known.same, default=None)


def _recall_one(
    connection: Connection, keyring: Keyring, tenant: str, client: str, named: tuple[str, str, str]
) -> Remembered | None:
    name, value, sha256 = named
    digest = keyring.digest(tenant, "remembered", client, name, value)
    row = connection.execute(_REMEMBERED, {"digest": digest}).one_or_none()
    if row is None:
        return None
    answer = open_payload(connection, keyring, row.message, PayloadRole.ANSWER) or b""
    return Remembered(row.message, row.content == keyring.digest(tenant, "content", sha256), answer, name)
