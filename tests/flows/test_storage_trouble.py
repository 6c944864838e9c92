"""The disk is full for a moment: worker and mailbox reader outlive it, and what was decided is not done twice."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from gateway.errors import StorageError
from gateway.flows.worker import Worker
from gateway.journal import Change, Claim, NewMail, Remembered, StepResult
from gateway.model import Finding
from gateway.ports import Intake, WorkQueue
from tests import mails
from tests.flows.bench import Bench
from tests.peers.gateways import OURS, WITH_SOFTWARE
from tests.referrals import fresh

PATIENCE_SECONDS = 20.0


@dataclass
class Ailing:
    """A queue and an intake on a disk that is full for the next `times` calls of one kind."""

    queue: WorkQueue
    intake: Intake
    call: str
    times: int = 1

    def claim(self, slots: int, lease_seconds: float) -> list[Claim]:
        self._suffer("claim")
        return self.queue.claim(slots, lease_seconds)

    def renew(self, claim: Claim, lease_seconds: float) -> Claim | None:
        return self.queue.renew(claim, lease_seconds)

    def finish(self, claim: Claim, result: StepResult) -> bool:
        if any(type(change).__name__ == "MoveDelivery" for change in result.changes):
            self._suffer("finish")
        return self.queue.finish(claim, result)

    def recall(self, tenant: str, client: str, names: Sequence[tuple[str, str, str]]) -> Remembered | None:
        return self.intake.recall(tenant, client, names)

    def accept(self, changes: Sequence[Change]) -> Remembered | None:
        if any(isinstance(change, NewMail) for change in changes):
            self._suffer("accept")
        return self.intake.accept(changes)

    def _suffer(self, call: str) -> None:
        if call == self.call and self.times:
            self.times -= 1
            raise StorageError(Finding("store-unavailable"))


def ailing(bench: Bench, call: str, times: int = 1) -> Ailing:
    return Ailing(bench.gateway.store.queue, bench.gateway.store.intake, call, times)


def run_until(bench: Bench, worker: Worker, is_reached: Callable[[], bool]) -> None:
    """Let a worker run beside the test until something is so."""

    async def watched() -> None:
        stopping = asyncio.Event()
        working = asyncio.create_task(worker.run(stopping))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not working.done() and not is_reached() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        stopping.set()
        await working

    bench.loop.run(watched())
    assert is_reached()


@pytest.mark.parametrize(("call", "times"), [("claim", 2), ("finish", 1), ("finish", 2)])
def test_a_delivery_survives_a_journal_that_cannot_be_written_for_a_moment(bench: Bench, call: str, times: int) -> None:
    task = bench.accepted(fresh())
    queue = ailing(bench, call, times)
    run_until(bench, replace(bench.gateway.worker, queue=queue), lambda: bench.state(task) == "sent")
    arrived = [m for m in bench.arrived(WITH_SOFTWARE) if mails.header(m, "Message-ID") == bench.mail_id(task)]
    assert len(arrived) == 1


def test_a_mailbox_reader_survives_a_journal_that_cannot_be_written_for_a_moment(bench: Bench) -> None:
    bench.sent(fresh())  # its DSN comes back
    intake, stopping = ailing(bench, "accept"), threading.Event()
    (reader,) = bench.gateway.readers
    reader = replace(reader, intake=intake, idle_seconds=0.2)
    thread = threading.Thread(target=reader.run, args=(stopping,))
    thread.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_journaled(bench) and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    thread.join()
    assert intake.times == 0
    assert is_journaled(bench)


def is_journaled(bench: Bench) -> bool:
    return len(bench.inward()) >= len(bench.operator.mailbox(OURS).mails())


def test_a_gateway_whose_worker_has_ended_does_not_go_on_accepting(bench: Bench) -> None:
    class Broken(Ailing):
        def claim(self, slots: int, lease_seconds: float) -> list[Claim]:
            raise RuntimeError("a defect")

    queue = Broken(bench.gateway.store.queue, bench.gateway.store.intake, "")
    settings = bench.gateway.settings.model_copy(update={"port": 0})
    gateway = replace(bench.gateway, settings=settings, readers=(), worker=replace(bench.gateway.worker, queue=queue))

    async def serve() -> None:
        await asyncio.wait_for(gateway.serve(asyncio.Event()), PATIENCE_SECONDS)

    with pytest.raises(RuntimeError, match="a defect"):
        bench.loop.run(serve())
