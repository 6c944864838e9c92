"""The worker: claims due items of the journal and tells each one's story, any number of workers side by side.

Source of the rules (claim, lease, fencing, order): ADR 3. Only this loop may catch what nobody foresaw: the item is
then parked for a person, and the rest go on.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.errors import ConflictError, StorageError, TransportError
from gateway.journal import Claim, Next, StepResult, WorkKind
from gateway.ports import Clock, WorkQueue

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 200
"""More than any delivery needs within its lifetime: an item that keeps killing its worker ends here."""
_PAUSE_SECONDS = 30.0
"""Before a step is tried again that failed for want of something outside."""
_STORE_PAUSE_SECONDS = 1.0
"""Before the journal is asked again that could not be used (disk full, say)."""

Handler = Callable[[Claim], Awaitable[StepResult]]


@dataclass(frozen=True, slots=True)
class Worker:
    """`slots`: how many items are in hand at once; `lease_seconds`: how long an item is ours without renewal."""

    queue: WorkQueue
    handlers: Mapping[WorkKind, Handler]
    wait_for_work: Callable[[float], bool]
    """Blocks until work was committed in this process, or for the given seconds."""
    clock: Clock
    slots: int = 4
    lease_seconds: float = 60.0
    poll_seconds: float = 0.3

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set; what is in hand is finished first."""
        running: set[asyncio.Task[None]] = set()
        while not stopping.is_set():
            claims = await self._claim(self.slots - len(running))
            running |= {asyncio.create_task(self._handle(claim)) for claim in claims}
            running = await self._pause(running, found=bool(claims))
        if running:
            await asyncio.wait(running)

    async def _claim(self, free: int) -> list[Claim]:
        """Nothing while the journal cannot be used: this loop outlives that."""
        try:
            return await asyncio.to_thread(self.queue.claim, free, self.lease_seconds) if free else []
        except StorageError as error:
            log.error("journal not usable", extra={"code": error.code})
            await asyncio.sleep(_STORE_PAUSE_SECONDS)
            return []

    async def _pause(self, running: set[asyncio.Task[None]], *, found: bool) -> set[asyncio.Task[None]]:
        """Until a slot is free or there may be work; returns what is still running."""
        if running:
            timeout = None if len(running) == self.slots else self.poll_seconds / (10 if found else 1)
            _, running = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        elif not found:
            await asyncio.to_thread(self.wait_for_work, self.poll_seconds)
        return running

    async def _handle(self, claim: Claim) -> None:
        result = await self._step(claim)
        if result:
            await self._finish(claim, result)

    async def _step(self, claim: Claim) -> StepResult | None:
        """What the step decides; None where the lease was lost meanwhile: then the step is broken off."""
        if claim.attempts > MAX_ATTEMPTS:
            return StepResult(Next.PARKED, code="too-many-attempts")
        step = asyncio.ensure_future(self.handlers[claim.kind](claim))
        renewal = asyncio.create_task(self._renew(claim, step))
        try:
            return await step
        except asyncio.CancelledError:
            log.warning("lease lost, step broken off", extra={"work": claim.work})
            return None
        except ConflictError:
            return StepResult(Next.AGAIN, code="conflict")
        except TransportError as error:
            # Something that every step needs is away for a while (the trusted list, say): nobody has to act.
            later = self.clock.now() + timedelta(seconds=_PAUSE_SECONDS)
            return StepResult(Next.AGAIN if error.temporary else Next.PARKED, due_at=later, code=error.code)
        except StorageError as error:
            return StepResult(
                Next.AGAIN, due_at=self.clock.now() + timedelta(seconds=_STORE_PAUSE_SECONDS), code=error.code
            )
        except Exception as error:
            log.error("step failed", extra={"work": claim.work, "error": type(error).__name__})
            return StepResult(Next.PARKED, code="internal")
        finally:
            renewal.cancel()

    async def _finish(self, claim: Claim, result: StepResult) -> None:
        """What has been decided is kept until the journal can be used again: the mail may have been taken already."""
        for _ in range(math.ceil(self.lease_seconds / _STORE_PAUSE_SECONDS)):
            try:
                await self._write(claim, result)
                return
            except StorageError as error:
                log.error("journal not usable", extra={"code": error.code})
                await asyncio.sleep(_STORE_PAUSE_SECONDS)
        log.error("result lost, the step will be done again", extra={"work": claim.work})

    async def _write(self, claim: Claim, result: StepResult) -> None:
        try:
            kept = await asyncio.to_thread(self.queue.finish, claim, result)
        except ConflictError:
            # Something the step had read has changed since (a receipt came in): look at it again.
            kept = await asyncio.to_thread(self.queue.finish, claim, StepResult(Next.AGAIN, code="conflict"))
        if not kept:
            log.warning("lease lost, result discarded", extra={"work": claim.work})

    async def _renew(self, claim: Claim, step: asyncio.Future[StepResult]) -> None:
        """Keep the lease while the step runs; where it is lost, break the step off before it does any harm."""
        held: Claim | None = claim
        while held is not None:
            await asyncio.sleep(self.lease_seconds / 3)
            held = await self._renewed(held)
        step.cancel()

    async def _renewed(self, held: Claim) -> Claim | None:
        try:
            return await asyncio.to_thread(self.queue.renew, held, self.lease_seconds)
        except StorageError:
            return held  # nobody else can claim it now either; whether it is still ours is asked again
