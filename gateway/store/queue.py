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
from gateway.store.schema import WorkState, work
from gateway.store.transaction import Transaction
from gateway.store.writer import Writer

_STATE_AFTER = {Next.DONE: WorkState.DONE, Next.AGAIN: WorkState.TODO, Next.PARKED: WorkState.PARKED}


_CLAIM = claim_statement()
_UPDATE_OURS = update(work).where(
    work.c.id == bindparam("held"), work.c.token == bindparam("held_token"), is_in(WorkState.DOING)
)


class SqlWorkQueue:
    """Implements `ports.WorkQueue`. `has_work` is set when finishing an item may have freed its lane."""

    def __init__(self, writer: Writer, keyring: Keyring, clock: Clock, has_work: threading.Event) -> None:
        self._writer, self._keyring, self._clock, self._has_work = writer, keyring, clock, has_work

    def claim(self, slots: int, lease_seconds: float) -> list[Claim]:
        """See the port. Ask for no more than can be worked on now: the lease of all of them begins to run."""

        def mark(connection: Connection) -> list[Claim]:
            now = self._clock.now()
            leased_until = now + timedelta(seconds=lease_seconds)
            values = {"now": now, "leased_until": leased_until, "slots": slots}
            rows = connection.execute(_CLAIM, values).all()
            return [_claim(row) for row in sorted(rows, key=lambda row: (row.due_at, row.number))]

        return self._writer.run(mark) if slots > 0 else []

    def renew(self, claim: Claim, lease_seconds: float) -> Claim | None:
        """See the port. To be called at a third of the lease."""

        def prolong(connection: Connection) -> Claim | None:
            lease_until = self._clock.now() + timedelta(seconds=lease_seconds)
            is_ours = _update_ours(connection, claim, {"lease_until": lease_until})
            return replace(claim, lease_until=lease_until) if is_ours else None

        return self._writer.run(prolong)

    def finish(self, claim: Claim, result: StepResult) -> bool:
        """See the port. AGAIN without `due_at` is due at once.

        Raises ConflictError when a change of the result does: then nothing was written and the claim is still held.
        """

        def let_go(connection: Connection) -> bool:
            if not _update_ours(connection, claim, self._after(result)):
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


def _update_ours(connection: Connection, claim: Claim, values: dict[str, Any]) -> bool:
    """Change the item if the claim still holds it: the token says so, whatever the time."""
    held = {"held": claim.work, "held_token": claim.token}
    return connection.execute(_UPDATE_OURS, values | held).rowcount > 0


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        work=row.id,
        message=row.message,
        tenant=row.tenant,
        kind=WorkKind(row.kind),
        subject=row.subject,
        attempts=row.attempts,
        token=row.token,
        lease_until=row.lease_until,
    )
