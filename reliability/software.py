"""The practice software: posts distinct referrals without end, and keeps what it was answered.

A request whose connection broke is sent again until it is answered; every third such request is given up instead, as
software that crashed too would: then only the journal knows whether it counts.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from uuid import UUID

from gateway.commands.demo_client import DemoClient, Reply
from reliability.world import FIXTURES

FIXTURE_NAMES = ("01-plain", "06-born-abroad")
"""One to the colleague with software, one to the colleague who has only a mailbox."""
PAUSE_SECONDS = 0.1
GIVES_UP_EVERY = 3
_REFERRALS_PER_PATIENT = 4


@dataclass(slots=True)
class Posted:
    """One referral as its sender knows it."""

    marker: str
    content: bytes
    answer: bytes | None = None
    status: int | None = None
    given_up: bool = False

    @property
    def task(self) -> str | None:
        """The server's id of the Task, where the answer was read."""
        return str(json.loads(self.answer)["entry"][2]["resource"]["id"]) if self.answer and self.is_accepted else None

    @property
    def is_accepted(self) -> bool:
        return self.status == 200


@dataclass(slots=True)
class Software:
    """`may_post` says whether there is room for one more."""

    client: DemoClient
    may_post: Callable[[], bool]
    chance: random.Random
    posted: list[Posted] = field(default_factory=list)
    interruptions: int = 0
    _interrupted: set[str] = field(default_factory=set)
    _between_posts: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _finishing: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """The body of a thread, until `finish`."""
        waiting: Posted | None = None
        while not self._stopping.is_set() and not (self._finishing.is_set() and waiting is None):
            if waiting is None and self.may_post():
                waiting = referral(len(self.posted), self.chance)
                self.posted.append(waiting)
            if waiting and self._is_settled(waiting):
                waiting = None
            time.sleep(PAUSE_SECONDS)

    def finish(self) -> None:
        """Begin nothing new; what waits for its answer is still sent again."""
        self._finishing.set()

    def stop(self) -> None:
        self._stopping.set()

    def take_interrupted(self) -> frozenset[str]:
        """The markers whose connection broke since this was last asked."""
        with self._between_posts:
            taken, self._interrupted = frozenset(self._interrupted), set()
            return taken

    def _is_settled(self, one: Posted) -> bool:
        """Answered or given up."""
        with self._between_posts:
            try:
                reply = self.client.post(one.content)
            except (OSError, HTTPException) as error:
                return not _never_arrived(error) and self._is_given_up(one)
        if reply.status == 503:
            return False
        one.status, one.answer = reply.status, reply.body
        return True

    def _is_given_up(self, one: Posted) -> bool:
        self.interruptions += 1
        self._interrupted.add(one.marker)
        one.given_up = self.interruptions % GIVES_UP_EVERY == 0
        return one.given_up


def _never_arrived(error: Exception) -> bool:
    return isinstance(error, URLError) and isinstance(error.reason, ConnectionRefusedError)


def referral(number: int, chance: random.Random) -> Posted:
    """A fixture under ids of its own; its marker travels as the order's identifier, down to the document."""
    marker = f"KILL-{number:06d}"
    bundle = json.loads(_fixture(number % len(FIXTURE_NAMES)))
    bundle["id"] = _uuid(chance)
    for resource in (entry["resource"] for entry in bundle["entry"]):
        _rename(resource, marker, number, chance)
    return Posted(marker, json.dumps(bundle).encode())


def _rename(resource: dict[str, Any], marker: str, number: int, chance: random.Random) -> None:
    kind = resource["resourceType"]
    if kind == "MessageHeader":
        resource["id"] = _uuid(chance)
    elif kind in ("Task", "ServiceRequest"):
        resource["identifier"][0]["value"] = marker
    elif kind == "Patient":
        resource["identifier"][-1]["value"] = f"V-{number // _REFERRALS_PER_PATIENT}"


def _fixture(index: int) -> bytes:
    return (FIXTURES / "referral-request" / FIXTURE_NAMES[index] / "input.json").read_bytes()


def _uuid(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def same_again(client: DemoClient, posted: list[Posted]) -> list[str]:
    """Send every answered request once more; the markers that were answered otherwise than the first time."""
    return [one.marker for one in posted if one.status and _differs(client.post(one.content), one)]


def _differs(reply: Reply, one: Posted) -> bool:
    return (reply.status, reply.body) != (one.status, one.answer)
