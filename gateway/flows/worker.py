"""The worker: claims due items of the journal and tells each one's story, any number of workers side by side.

Source of the rules (claim, lease, fencing, order): ADR 3. Only this loop may catch what nobody foresaw: the item is
then parked for a person, and the rest go on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from gateway.errors import ConflictError
from gateway.journal import Claim, Next, StepResult, WorkKind
from gateway.ports import WorkQueue

log = logging.getLogger(__name__)

Handler = Callable[[Claim], Awaitable[StepResult]]


@dataclass(frozen=True, slots=True)
class Worker:
    """`slots`: how many items are in hand at once; `lease_seconds`: how long an item is ours without renewal."""

    queue: WorkQueue
    handlers: Mapping[WorkKind, Handler]
    wait_for_work: Callable[[float], bool]
    """Blocks until work was committed in this process, or for the given seconds."""
    slots: int = 4
    lease_seconds: float = 60.0
    poll_seconds: float = 0.3

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set; what is in hand is finished first."""
        running: set[asyncio.Task[None]] = set()
        while not stopping.is_set():
            free = self.slots - len(running)
            claims = await asyncio.to_thread(self.queue.claim, free, self.lease_seconds) if free else []
            running |= {asyncio.create_task(self._handle(claim)) for claim in claims}
            running = await self._pause(running, found=bool(claims))
        if running:
            await asyncio.wait(running)

    async def _pause(self, running: set[asyncio.Task[None]], *, found: bool) -> set[asyncio.Task[None]]:
        """Until a slot is free or there may be work; returns what is still running."""
        if running:
            timeout = None if len(running) == self.slots else self.poll_seconds / (10 if found else 1)
            _, running = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        elif not found:
            await asyncio.to_thread(self.wait_for_work, self.poll_seconds)
        return running

    async def _handle(self, claim: Claim) -> None:
        renewal = asyncio.create_task(self._renew(claim))
        try:
            result = await self.handlers[claim.kind](claim)
        except ConflictError:
            result = StepResult(Next.AGAIN, code="conflict")
        except Exception as error:
            log.error("step failed", extra={"work": claim.work, "error": type(error).__name__})
            result = StepResult(Next.PARKED, code="internal")
        finally:
            renewal.cancel()
        await self._finish(claim, result)

    async def _finish(self, claim: Claim, result: StepResult) -> None:
        try:
            kept = await asyncio.to_thread(self.queue.finish, claim, result)
        except ConflictError:
            # Something the step had read has changed since (a receipt came in): look at it again.
            kept = await asyncio.to_thread(self.queue.finish, claim, StepResult(Next.AGAIN, code="conflict"))
        if not kept:
            log.warning("lease lost, result discarded", extra={"work": claim.work})

    async def _renew(self, claim: Claim) -> None:
        """Keep the lease while the step runs."""
        held: Claim | None = claim
        while held is not None:
            await asyncio.sleep(self.lease_seconds / 3)
            held = await asyncio.to_thread(self.queue.renew, held, self.lease_seconds)
