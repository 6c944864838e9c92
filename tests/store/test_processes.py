"""Rule 12: real processes, killed and stopped in the middle of their work. Rule 11: several of them on one journal."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.journal import Next, PayloadRole, StepResult
from gateway.model import ItemId
from gateway.store import Store, open_store
from tests.peers.patience import patiently
from tests.ports.stores import IMPLEMENTATIONS, MASTER_KEY, TENANT, RandomIds, SystemClock, item, new_journal

DONE = StepResult(Next.DONE)


@pytest.fixture(params=IMPLEMENTATIONS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_journal(request, tmp_path)


@pytest.fixture
def store(url) -> Iterator[Store]:
    """Time runs: the other processes live in it too."""
    with open_store(url, MASTER_KEY, SystemClock(), RandomIds()) as opened:
        yield opened


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.store.journal_process", *arguments]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def acknowledged_before_kill(url: str, prefix: str, at_least: int) -> list[str]:
    with process("accept", url, prefix, "6") as accepting:
        first = list(itertools.islice(accepting.stdout, at_least))
        accepting.kill()
        rest = accepting.stdout.read()  # what was printed and not read yet; the last line may be cut short
    whole, _, _ = rest.rpartition("\n")
    return [line.strip() for line in (*first, *whole.splitlines())]


@pytest.mark.parametrize("at_least", [1, 7, 40])
def test_rule_12_what_was_acknowledged_before_a_kill_is_there_and_whole(url, at_least):
    acknowledged = acknowledged_before_kill(url, "m", at_least)
    assert len(acknowledged) >= at_least
    with open_store(url, MASTER_KEY, SystemClock(), RandomIds()) as store:
        present = store.query.messages(TENANT, limit=100_000)
        assert set(acknowledged) <= {message.id for message in present}
        for message in present:  # and nothing by halves, acknowledged or not
            assert store.query.payload(message.id, PayloadRole.SOURCE) == message.id.encode() * 500
            assert [delivery.id for delivery in message.deliveries] == [f"d-{message.id}"]
            assert [event.code for event in store.query.events(message.id)] == ["accepted"]
        assert finished_in_order(store) == sorted((message.id for message in present), key=in_lane)


def in_lane(id: str) -> tuple[int, int]:
    _, thread, number = id.split("-")
    return int(thread), int(number)


def finished_in_order(store: Store) -> list[str]:
    """Do all the work there is; the ids, lane by lane, in the order in which they could be done."""
    done = []
    while claims := store.queue.claim(10, 30):
        done += [claim.work for claim in claims]
        assert all(store.queue.finish(claim, DONE) for claim in claims)
    return sorted(done, key=lambda id: in_lane(id)[0])


def test_rule_12_after_a_kill_the_next_process_goes_on_with_the_same_journal(url):
    first = acknowledged_before_kill(url, "a", 5)
    second = acknowledged_before_kill(url, "b", 5)
    with open_store(url, MASTER_KEY, SystemClock(), RandomIds()) as store:
        present = {message.id for message in store.query.messages(TENANT, limit=100_000)}
    assert present >= {*first, *second}


def test_rule_11_two_processes_on_one_journal_claim_disjointly_and_in_order(url, store: Store):
    for number in range(40):
        store.intake.accept(item(f"w{number}", f"lane {number % 5}"))
    with process("work", url) as one, process("work", url) as other:
        reports = [worker.communicate(timeout=60)[0].split("\n") for worker in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0]
    done = [line for report in reports for line in report if line]
    assert sorted(done) == sorted(f"w{number}" for number in range(40))
    for lane in range(5):
        numbers = [event_number(store, f"w{number}") for number in range(lane, 40, 5)]
        assert numbers == sorted(numbers)


def event_number(store: Store, message: str) -> int:
    """When it was finished, in the order of commits of both processes."""
    with store._engine.connect() as connection:
        query = text("SELECT number FROM event WHERE message = :message AND code = 'done'")
        number: int = connection.execute(query, {"message": message}).scalar_one()
    return number


def test_three_workers_beside_one_that_accepts_share_the_work_and_keep_each_lane(url, store: Store):
    with ExitStack() as running:
        workers = [running.enter_context(process("work", url)) for _ in range(3)]
        accepted = acknowledged_before_kill(url, "m", 60)
        assert store.query.messages(TENANT, limit=1)
        reports = [worker.communicate(timeout=60)[0].split() for worker in workers]
        assert [worker.returncode for worker in workers] == [0, 0, 0]
    present = {message.id for message in store.query.messages(TENANT, limit=100_000)}
    assert present >= set(accepted)
    assert sorted(itertools.chain(*reports)) == sorted(present)
    assert sum(map(bool, reports)) > 1  # a third may start when all is done
    for _, lane in itertools.groupby(sorted(present, key=in_lane), key=lambda id: in_lane(id)[0]):
        numbers = [event_number(store, id) for id in lane]
        assert numbers == sorted(numbers)


def test_rule_12_a_worker_killed_among_others_loses_nothing(url, store: Store):
    for number in range(200):
        store.intake.accept(item(f"w{number}", f"lane {number % 4}"))
    with process("hold", url, "0.5") as killed, process("work", url) as other:
        assert killed.stdout.readline().strip() == "1"
        killed.kill()
        patiently(lambda: undone(store), lambda left: left == 0)
        done, _ = other.communicate(timeout=60)
    assert sorted(done.split()) == sorted(f"w{number}" for number in range(200))


def undone(store: Store) -> int:
    with store._engine.connect() as connection:
        left: int = connection.execute(text("SELECT count(*) FROM work WHERE state <> 'done'")).scalar_one()
    return left


@pytest.mark.parametrize("is_finished_first", [True, False])
def test_rule_12_a_process_stopped_past_its_lease_is_fenced_off_when_it_goes_on(url, store: Store, is_finished_first):
    store.intake.accept(item("a1"))
    store.intake.accept(item("a2"))
    with process("hold", url, "0.5") as holder:
        assert holder.stdout.readline().strip() == "1"
        holder.send_signal(signal.SIGSTOP)
        time.sleep(0.6)
        [taken_over] = store.queue.claim(1, 30)
        assert (taken_over.work, taken_over.token, taken_over.attempts) == ("a1", 2, 2)
        if is_finished_first:
            assert store.queue.finish(taken_over, DONE)
        holder.send_signal(signal.SIGCONT)
        said, _ = holder.communicate("go on\n", timeout=30)
        assert said.strip() == "False"
    assert store.query.events(ItemId("a1")) == []
    successors = [claim.work for claim in store.queue.claim(5, 30)]
    assert successors == (["a2"] if is_finished_first else [])


def test_rule_12_work_of_a_killed_process_is_taken_over_after_its_lease(url, store: Store):
    store.intake.accept(item("w"))
    with process("hold", url, "0.5") as holder:
        assert holder.stdout.readline().strip() == "1"
        holder.kill()
        time.sleep(0.6)
    [claim] = store.queue.claim(1, 30)
    assert (claim.work, claim.token, claim.attempts) == ("w", 2, 2)
