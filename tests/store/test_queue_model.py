"""Random accepting, claiming, finishing, retrying, parking and expiring, beside a model of a few lines."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from gateway.journal import Claim, Next, StepResult
from tests.ports.stores import IMPLEMENTATIONS, NOON, SteppingClock, item, new_event, opened, sqlite_url

LEASE = 10
lanes = st.sampled_from(["a", "b", "c"])
seconds = st.integers(0, 25)


@dataclass(frozen=True)
class Item:
    """What the model knows of a work item."""

    lane: str
    due_at: datetime
    state: str = "todo"
    attempts: int = 0
    token: int = 0
    lease_until: datetime = NOON


class WorkQueueMachine(RuleBasedStateMachine):
    """`items` is in order of acceptance, which is the order within every lane."""

    claims = Bundle("claims")

    def __init__(self, url: str) -> None:
        super().__init__()
        self.clock = SteppingClock()
        self.store = opened(url, self.clock)
        self.items: dict[str, Item] = {}
        self.written: dict[str, int] = {}

    def teardown(self) -> None:
        self.store.close()

    def claimable(self) -> list[str]:
        held, found = set(), []
        for id, one in self.items.items():
            is_open = one.state in ("todo", "doing", "parked")
            is_ready = (one.state == "todo" and one.due_at <= self.clock.now()) or (
                one.state == "doing" and one.lease_until <= self.clock.now()
            )
            if is_ready and one.lane not in held:
                found.append(id)
            if is_open:
                held.add(one.lane)
        return found

    def is_held_by(self, claim: Claim) -> bool:
        one = self.items[claim.work]
        return one.state == "doing" and one.token == claim.token

    @rule(lane=lanes, delay=seconds)
    def accept(self, lane, delay):
        id = f"w{len(self.items)}"
        due_at = self.clock.now() + timedelta(seconds=delay)
        assert self.store.intake.accept(item(id, lane, due_at=due_at)) is None
        self.items[id] = Item(lane, due_at)
        self.written[id] = 0

    @rule(target=claims, slots=st.integers(0, 3))
    def claim(self, slots):
        expected, claims = self.claimable(), self.store.queue.claim(slots, LEASE)
        assert len(claims) == min(slots, len(expected))
        assert {claim.work for claim in claims} <= set(expected)
        for claim in claims:
            one = self.items[claim.work]
            lease_until = self.clock.now() + timedelta(seconds=LEASE)
            assert (claim.attempts, claim.token, claim.lease_until) == (one.attempts + 1, one.token + 1, lease_until)
            self.items[claim.work] = replace(
                one, state="doing", attempts=claim.attempts, token=claim.token, lease_until=lease_until
            )
        return multiple(*claims)

    @rule(claim=claims, next=st.sampled_from(Next), delay=seconds)
    def finish(self, claim, next, delay):
        """The claim stays in the bundle: it may be finished again, which must do nothing."""
        due_at = self.clock.now() + timedelta(seconds=delay)
        result = StepResult(next, (new_event(claim.message, next),), due_at)
        expected = self.is_held_by(claim)
        assert self.store.queue.finish(claim, result) is expected
        if expected:
            state = {Next.DONE: "done", Next.AGAIN: "todo", Next.PARKED: "parked"}[next]
            one = replace(self.items[claim.work], state=state)
            self.items[claim.work] = replace(one, due_at=due_at) if next is Next.AGAIN else one
            self.written[claim.work] += 1

    @rule(target=claims, claim=consumes(claims))
    def renew(self, claim):
        renewed = self.store.queue.renew(claim, LEASE)
        assert (renewed is not None) is self.is_held_by(claim)
        if renewed is None:
            return claim
        self.items[claim.work] = replace(self.items[claim.work], lease_until=renewed.lease_until)
        return renewed

    @rule(by=seconds)
    def let_time_pass(self, by):
        self.clock.advance(by)

    @rule(data=st.data(), is_resumed=st.booleans())
    def decide(self, data, is_resumed):
        if not self.items:
            return
        id = data.draw(st.sampled_from(sorted(self.items)))
        is_parked = self.items[id].state == "parked"
        decide = self.store.parking.resume if is_resumed else self.store.parking.skip
        assert decide(id) is is_parked
        if is_parked:
            resumed = {"state": "todo", "due_at": self.clock.now(), "attempts": 0}
            self.items[id] = replace(self.items[id], **(resumed if is_resumed else {"state": "skipped"}))

    @invariant()
    def the_backlog_is_that_of_the_model(self):
        now, backlog = self.clock.now(), self.store.parking.backlog()
        states = self.items.values()
        assert backlog.parked == sum(one.state == "parked" for one in states)
        assert backlog.expired == sum(one.state == "doing" and one.lease_until <= now for one in states)
        due = [one.due_at for one in states if one.state == "todo" and one.due_at <= now]
        assert backlog.oldest_due_at == min(due, default=None)

    @invariant()
    def what_was_fenced_off_wrote_nothing(self):
        assert all(len(self.store.query.events(id)) == count for id, count in self.written.items())


@pytest.mark.parametrize("engine", IMPLEMENTATIONS)
def test_the_queue_does_what_the_model_does(engine: str, request: pytest.FixtureRequest):
    with ExitStack() as folders:

        def new_url() -> str:
            if engine == "sqlite":
                return sqlite_url(Path(folders.enter_context(tempfile.TemporaryDirectory())))
            return request.getfixturevalue("postgres").new_journal()

        steps = settings(max_examples=25, stateful_step_count=30, deadline=None)
        run_state_machine_as_test(lambda: WorkQueueMachine(new_url()), settings=steps)
