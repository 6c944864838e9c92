"""The port MailboxLease: one row per mailbox, taken by an upsert that changes nothing while another holds it."""

import time
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_

from gateway.model import MailAddress
from gateway.store.database import insert_with_conflict
from gateway.store.lease_time import LeaseTime
from gateway.store.schema import mailbox_lease
from gateway.store.writer import Writer

_LEASE = mailbox_lease.c
_RELEASE = delete(mailbox_lease).where(_LEASE.mailbox == bindparam("mailbox"), _LEASE.holder == bindparam("holder"))


class SqlMailboxLease:
    """Implements `ports.MailboxLease` for one holder: this store. Its threads read different mailboxes."""

    def __init__(self, writer: Writer, holder: str, lease_time: LeaseTime) -> None:
        self._writer, self._holder, self._lease_time = writer, holder, lease_time
        self._fresh_until: dict[MailAddress, float] = {}

    def acquire(self, mailbox: MailAddress, lease_seconds: float) -> bool:
        """See the port. Within a third of the lease nothing is asked: it is ours."""
        asked_at = time.monotonic()
        if asked_at < self._fresh_until.get(mailbox, asked_at):
            return True
        is_ours = self._writer.run(lambda connection: self._take(connection, mailbox, lease_seconds))
        self._fresh_until[mailbox] = asked_at + lease_seconds / 3 if is_ours else asked_at
        return is_ours

    def release(self, mailbox: MailAddress) -> None:
        self._fresh_until.pop(mailbox, None)
        ours = {"mailbox": mailbox, "holder": self._holder}
        self._writer.run(lambda connection: connection.execute(_RELEASE, ours))

    def _take(self, connection: Connection, mailbox: MailAddress, lease_seconds: float) -> bool:
        lease = self._lease_time
        values = {"mailbox": mailbox, "holder": self._holder} | lease.at() | lease.ending(lease_seconds)
        return connection.execute(_take(connection.dialect.name, lease), values).rowcount > 0


def _take(dialect: str, lease: LeaseTime) -> Any:
    statement = insert_with_conflict(dialect, mailbox_lease).values(
        mailbox=bindparam("mailbox"), holder=bindparam("holder"), lease_until=lease.end
    )
    taken = {"holder": statement.excluded.holder, "lease_until": statement.excluded.lease_until}
    is_free = or_(_LEASE.holder == statement.excluded.holder, _LEASE.lease_until <= lease.now)
    return statement.on_conflict_do_update(index_elements=["mailbox"], set_=taken, where=is_free)
