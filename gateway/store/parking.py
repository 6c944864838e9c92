"""What holds lanes up, and what a person decides about it: the operator's side of the work queue."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update

from gateway.journal import Change
from gateway.model import ItemId
from gateway.ports import Clock
from gateway.store.changes import write_changes
from gateway.store.claim_statement import is_in
from gateway.store.database import reading
from gateway.store.keys import Keyring
from gateway.store.lease_time import LeaseTime
from gateway.store.schema import WorkState, work
from gateway.store.transaction import Transaction
from gateway.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an alarm looks at: since when the oldest item is due, and how many are parked or lost their worker."""

    oldest_due_at: datetime | None
    parked: int
    expired: int


class Parking:
    """Parked items stay, and hold their lanes, until one of these is called for them."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        keyring: Keyring,
        clock: Clock,
        lease_time: LeaseTime,
        has_work: threading.Event,
    ) -> None:
        self._engine, self._writer, self._keyring = engine, writer, keyring
        self._clock, self._lease_time, self._has_work = clock, lease_time, has_work

    def backlog(self) -> Backlog:
        """How things stand now, over all tenants."""
        now = self._clock.now()
        oldest = select(func.min(work.c.due_at)).where(is_in(WorkState.TODO), work.c.due_at <= now)
        parked = select(func.count()).where(is_in(WorkState.PARKED))
        expired = select(func.count()).where(is_in(WorkState.DOING), work.c.lease_until <= self._lease_time.now)
        with reading(self._engine) as connection:
            return Backlog(
                connection.execute(oldest).scalar_one(),
                connection.execute(parked).scalar_one(),
                connection.execute(expired, self._lease_time.at()).scalar_one(),
            )

    def resume(self, item: ItemId, changes: Sequence[Change] = ()) -> bool:
        """Do a parked item again, at its old place and with its attempts counted anew. False: it was not parked."""
        values = {"state": WorkState.TODO, "due_at": self._clock.now(), "attempts": 0, "code": None}
        return self._leave(item, values, changes)

    def skip(self, item: ItemId, changes: Sequence[Change] = ()) -> bool:
        """Give a parked item up and free its lane. False: it was not parked."""
        return self._leave(item, {"state": WorkState.SKIPPED}, changes)

    def _leave(self, item: ItemId, values: dict[str, Any], changes: Sequence[Change]) -> bool:
        def move(connection: Connection) -> bool:
            statement = update(work).where(work.c.id == item, is_in(WorkState.PARKED)).values(values)
            if connection.execute(statement).rowcount == 0:
                return False
            write_changes(Transaction(connection, self._keyring), changes)
            return True

        is_moved = self._writer.run(move)
        if is_moved:
            self._has_work.set()
        return is_moved
