"""The port WorkQueue: claims on the journal, under a lease, with a fencing token, in order within a lane.

A lane is held by its earliest open item, whether that waits for its time, is being done, or is parked for a person.
An item whose lease has run out may be claimed again: the claim is the sweep. Attempts are counted at the claim, so
that an item which kills its worker reaches its limit. The token goes up with each claim, and renewing and finishing
ask for it: a worker that lost its lease writes nothing.

Source: ADR 3, where each rule has its number.
"""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from gateway.journal import Claim, Next, StepResult, WorkKind
from gateway.ports import Clock
from gateway.store.changes import write_changes
from gateway.store.claim_statement import claim_statement, is_in
from gateway.store.keys import Keyring
from gateway.store.lease_time import LeaseTime
from gateway.store.schema import WorkState, work
from gateway.store.transaction import Transaction
from gateway.store.writer import Writer

_STATE_AFTER = {Next.DONE: WorkState.DONE, Next.AGAIN: WorkState.TODO, Next.PARKED: WorkState.PARKED}
_UPDATE_OURS = update(work).where(
    work.c.id == bindparam("held"), work.c.token == bindparam("held_token"), is_in(WorkState.DOING)
)


class SqlWorkQueue:
    """Implements `ports.WorkQueue`. `has_work` is set when finishing an item may have freed its lane.

    `Claim.lease_until` is an instant of the process's own clock, taken before the lease began: by whatever clock the
    lease runs, it lasts at least that long.
    """

    def __init__(
        self, writer: Writer, keyring: Keyring, clock: Clock, lease_time: LeaseTime, has_work: threading.Event
    ) -> None:
        self._writer, self._keyring, self._clock, self._has_work = writer, keyring, clock, has_work
        self._lease_time = lease_time
        self._claim_statement = claim_statement(lease_time)
        self._renew_statement = _UPDATE_OURS.values(lease_until=lease_time.end)

    def claim(self, slots: int, lease_seconds: float) -> list[Claim]:
        """See the port. Ask for no more than can be worked on now: the lease of all of them begins to run."""

        def mark(connection: Connection) -> list[Claim]:
            now, lease = self._clock.now(), self._lease_time
            values = {"now": now, "slots": slots} | lease.at() | lease.ending(lease_seconds)
            rows = connection.execute(self._claim_statement, values).all()
            lease_until = now + timedelta(seconds=lease_seconds)
            return [_claim(row, lease_until) for row in sorted(rows, key=lambda row: (row.due_at, row.number))]

        return self._writer.run(mark) if slots > 0 else []

    def renew(self, claim: Claim, lease_seconds: float) -> Claim | None:
        """See the port. To be called at a third of the lease."""

        def prolong(connection: Connection) -> Claim | None:
            lease_until = self._clock.now() + timedelta(seconds=lease_seconds)
            ours = _ours(claim) | self._lease_time.ending(lease_seconds)
            is_ours = connection.execute(self._renew_statement, ours).rowcount > 0
            return replace(claim, lease_until=lease_until) if is_ours else None

        return self._writer.run(prolong)

    def finish(self, claim: Claim, result: StepResult) -> bool:
        """See the port. AGAIN without `due_at` is due at once.

        Raises ConflictError when a change of the result does: then nothing was written and the claim is still held.
        """

        def let_go(connection: Connection) -> bool:
            if connection.execute(_UPDATE_OURS, _ours(claim) | self._after(result)).rowcount == 0:
                return False
            write_changes(Transaction(connection, self._keyring), result.changes)
            return True

        is_written = self._writer.run(let_go)
        if is_written:
            self._has_work.set()
        return is_written

    def _after(self, result: StepResult) -> dict[str, Any]:
        values = {"state": _STATE_AFTER[result.next], "code": result.code, "lease_until": None}
        return values | ({"due_at": self._due_again(result)} if result.next is Next.AGAIN else {})

    def _due_again(self, result: StepResult) -> datetime:
        return result.due_at or self._clock.now()


def _ours(claim: Claim) -> dict[str, Any]:
    """The parameters by which an item changes only if the claim still holds it: by token, whatever the time."""
    return {"held": claim.work, "held_token": claim.token}


def _claim(row: Row[Any], lease_until: datetime) -> Claim:
    return Claim(
        work=row.id,
        message=row.message,
        tenant=row.tenant,
        kind=WorkKind(row.kind),
        subject=row.subject,
        attempts=row.attempts,
        token=row.token,
        lease_until=lease_until,
    )
