"""Kill the gateway, wake it up, kill it again; then let it come to rest, and compare."""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.commands.demo_client import DemoClient, delivery_state, outputs
from gateway.sandbox.partners import Deed
from reliability.instrumented import Orders
from reliability.observe import Observer, Seen
from reliability.software import Software, same_again
from reliability.steps import AT_DELIVERY, BY_NAME, RANDOM, STEPS, InTheAir, Step
from reliability.verdict import Facts, TaskView, Verdict, judge
from reliability.world import Life, World, running_world

LEASE_SECONDS = 60.0
"""The default of the gateway: each life begins that much later by its own clock."""
SHARE_OF_STEPS = 0.7
"""The other kills come at random."""
MAX_BACKLOG = 6
PATIENCE_SECONDS, LONGEST_RANDOM_SECONDS, DRAIN_SECONDS = 12.0, 1.5, 90.0
_STILL_SECONDS = 3.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kill:
    """One death, and what was in the air."""

    step: Step
    counts: bool
    air: dict[InTheAir, frozenset[str]]

    @property
    def touched(self) -> frozenset[str]:
        """Markers, journal ids and Message-IDs that were in the air."""
        return frozenset().union(*self.air.values())


@dataclass(frozen=True, slots=True)
class Campaign:
    """Many deaths and their verdict."""

    kills: tuple[Kill, ...]
    verdict: Verdict
    facts: Facts
    durability: frozenset[tuple[str, str]]
    """What the store's own connection said of itself, in all lives."""
    interruptions: int
    seconds: float


def plan(count: int, chance: random.Random) -> list[Step]:
    """Every step as often as every other, and the rest at random; in mixed order."""
    named = [step for step in STEPS if step is not RANDOM]
    each = round(count * SHARE_OF_STEPS / len(named))
    steps = named * each if each else chance.sample(named, min(count, len(named)))
    steps = [*steps, *[RANDOM] * (count - len(steps))]
    chance.shuffle(steps)
    return steps


def campaign(steps: Sequence[Step], seed: int, say: Say, sabotage: str = "", *, insist: bool = True) -> Campaign:
    """Run the plan in a world of its own. `insist`: a kill that does not count is tried again, once each."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cpts-kills-") as folder, running_world(Path(folder)) as world:
        runner = _Runner(world, random.Random(seed), sabotage, say)
        with runner.posting():
            runner.kill_all(steps, len(steps) if insist else 0)
            facts = runner.rest()
    return Campaign(
        tuple(runner.kills),
        judge(facts),
        facts,
        frozenset(runner.durability),
        runner.software.interruptions,
        time.monotonic() - began,
    )


@dataclass(slots=True)
class _Runner:
    world: World
    chance: random.Random
    sabotage: str
    say: Say
    kills: list[Kill] = field(default_factory=list)
    durability: set[tuple[str, str]] = field(default_factory=set)
    lives: int = 0
    observer: Observer = field(init=False)
    software: Software = field(init=False)
    client: DemoClient = field(init=False)

    def __post_init__(self) -> None:
        self.observer = Observer(self.world)
        self.client = DemoClient(self.world.base_url, self.world.token)
        ids = random.Random(self.chance.getrandbits(64))
        self.software = Software(self.client, lambda: self.observer.backlog() < MAX_BACKLOG, ids)

    @contextmanager
    def posting(self) -> Iterator[None]:
        """The practice software at work in a thread of its own."""
        thread = threading.Thread(target=self.software.run, name="software", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.software.stop()
            thread.join()

    # --- the deaths

    def kill_all(self, steps: Sequence[Step], spare: int) -> None:
        waiting, counted = list(steps), 0
        while waiting:
            step = waiting.pop(0)
            kill = self._kill_once(step)
            self.kills.append(kill)
            counted += kill.counts
            if not kill.counts and spare:
                spare -= 1
                waiting.append(step)
            self.say(f"{counted:4}/{len(steps)}  {step.name:14} {_in_words(kill)}")

    def _kill_once(self, step: Step) -> Kill:
        countdown = self.chance.choice((1, 1, 2, 3))
        life = self._begin(Orders(step.name, countdown, sabotage=self.sabotage))
        at_step = self._at_random(life) if step is RANDOM else self._at_step(life, step, countdown)
        air = self.observer.look().in_the_air(self.software.take_interrupted())
        seen = any(air.values()) if step.shows is None else bool(air[step.shows])
        return Kill(step, at_step and seen, air)

    def _begin(self, orders: Orders) -> Life:
        later = self.lives * (LEASE_SECONDS + 1)
        self.lives += 1
        life = self.world.begin_life(Orders(orders.die_at, orders.countdown, later, orders.sabotage))
        self.durability |= set(life.durability.items())
        return life

    def _at_random(self, life: Life) -> bool:
        with suppress(RuntimeError):
            self.client.wait_until_ready(life.is_alive)
        time.sleep(self.chance.uniform(0, LONGEST_RANDOM_SECONDS))
        life.kill()
        return life.dies_within(PATIENCE_SECONDS)

    def _at_step(self, life: Life, step: Step, countdown: int) -> bool:
        """Whether it died there. A life in which the step is not reached is ended from outside, and does not count."""
        if step is AT_DELIVERY:
            self.world.on_delivery = _on_the(countdown, life.kill)
        try:
            if life.dies_within(PATIENCE_SECONDS):
                return True
            life.kill()
            life.dies_within(PATIENCE_SECONDS)
            return False
        finally:
            self.world.on_delivery = None

    # --- the end

    def rest(self) -> Facts:
        """One more life, without a fuse, until nothing moves; then everything is read."""
        life = self._begin(Orders(sabotage=self.sabotage))
        self.client.wait_until_ready(life.is_alive)
        self.software.finish()
        seen = self._wait_until_still()
        tasks = {row.message: self._task(row.message) for row in seen.deliveries.values()}
        otherwise = same_again(self.client, self.software.posted)
        again = self.observer.look().deliveries.keys() - seen.deliveries.keys()
        life.stop()
        windows = Counter(message_id for kill in self.kills for message_id in kill.air[InTheAir.UNKNOWN])
        known_tasks = {id_: task for id_, task in tasks.items() if task}
        replies = list(self.world.replies)
        return Facts(self.software.posted, seen, replies, known_tasks, windows, tuple(otherwise), frozenset(again))

    def _wait_until_still(self) -> Seen:
        """Until everything is done, or nothing has changed for a while (what a sabotaged build leaves behind)."""
        deadline, since, last = time.monotonic() + DRAIN_SECONDS, time.monotonic(), ""
        while time.monotonic() < deadline:
            seen = self.observer.look()
            waiting = [one for one in self.software.posted if one.status is None and not one.given_up]
            moving = waiting or seen.work.get("todo") or seen.work.get("doing") or seen.untouched
            now = f"{len(waiting)} {seen}"
            if now != last or moving:
                since, last = time.monotonic(), now
            if not moving and time.monotonic() - since > (_STILL_SECONDS if seen.unflagged else 1.0):
                return seen
            time.sleep(0.2)
        return self.observer.look()

    def _task(self, message: str) -> TaskView | None:
        """As the sender's software reads it; None for a mail that carries no referral."""
        reply = self.client.get(f"Task/{message}")
        if reply.status != 200:
            return None
        task = reply.json
        return TaskView(delivery_state(task), tuple(outputs(task, "answer")), tuple(outputs(task, "reply-text")))


def _on_the(countdown: int, act: Callable[[], object]) -> Callable[[], None]:
    """`act` at the n-th call, and at every later one."""
    left = [countdown]

    def called() -> None:
        left[0] -= 1
        if left[0] <= 0:
            act()

    return called


def _in_words(kill: Kill) -> str:
    air = ", ".join(f"{len(names)} {kind}" for kind, names in kill.air.items() if names)
    return f"{'' if kill.counts else 'does not count: '}{air or 'nothing in the air'}"


@dataclass(frozen=True, slots=True)
class Control:
    """A sabotaged build, where it is killed, and the column in which it must show."""

    sabotage: str
    steps: tuple[Step, ...]
    caught_as: str


CONTROLS = (
    Control("answer-before-commit", (BY_NAME["after-answer"],) * 2, "lost"),
    Control("fresh-id-on-retry", (BY_NAME["after-250"],) * 2, "doubled"),
    Control("flag-before-journal", (BY_NAME["after-fetch"],) * 2, "lost"),
)


def replies_of(facts: Facts) -> int:
    """Replies that must have an effect of their own: documents and plain words."""
    return sum(reply.deed in (Deed.ANSWERED_WITH_DOCUMENT, Deed.REPLIED) for reply in facts.replies)
