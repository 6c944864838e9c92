"""The gateway's own `serve`, with a fuse around its ports: it kills itself by SIGKILL at one step.

Run as a program. It loads the gateway, waits for its orders (one JSON line), and serves. The gateway's code holds no
hook for this: the names that `gateway.app` joins are replaced by proxies before it joins them.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import app
from gateway.clock import SystemClock
from gateway.commands.serve import serve
from gateway.fhir.adapters.listener import build_server
from gateway.flows.read_mailbox import ReadMailbox
from gateway.journal import Change, Claim, NewDelivery, NewMail, PutPayload, Remembered, StepResult, WorkKind
from gateway.model import MailAddress
from gateway.mssante.adapters.imap import ImapInbox
from gateway.mssante.adapters.smtp import SmtpSender
from gateway.ports import FetchedMail, Intake, MailInbox, MailLog, MailSender, WorkQueue
from gateway.store.database import writing
from gateway.store.open import Store, open_store
from reliability.sabotage import NONE, SABOTAGES, Sabotage

IDLE_SECONDS = 1.0
"""How long the mailbox reader waits for a notice: short, so that flags are set within a life."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What one life of the gateway is told."""

    die_at: str = "never"
    """A step, or any other word for none."""
    countdown: int = 1
    """At which passage of the step."""
    later_seconds: float = 0.0
    """How far the clock is ahead: a killed worker's lease ends between two lives, without waiting for it."""
    sabotage: str = ""


@dataclass(slots=True)
class Fuse:
    """Counts the passages of one step, in any thread."""

    step: str
    left: int
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, step: str) -> None:
        if step == self.step:
            with self._lock:
                self.left -= 1
                if self.left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class FusedIntake:
    """Around the commit of a referral, and of a mail."""

    intake: Intake
    fuse: Fuse

    def recall(self, tenant: str, client: str, names: Sequence[tuple[str, str, str]]) -> Remembered | None:
        return self.intake.recall(tenant, client, names)

    def accept(self, changes: Sequence[Change]) -> Remembered | None:
        kinds = {type(change) for change in changes}
        steps = ("after-fetch", "after-journal") if NewMail in kinds else ("before-commit", "after-commit")
        if not kinds & {NewMail, NewDelivery}:
            return self.intake.accept(changes)
        self.fuse.reach(steps[0])
        known = self.intake.accept(changes)
        self.fuse.reach(steps[1])
        return known


@dataclass(frozen=True, slots=True)
class FusedQueue:
    """After a claim, and around the commit of a result."""

    queue: WorkQueue
    fuse: Fuse

    def claim(self, slots: int, lease_seconds: float) -> list[Claim]:
        claims = self.queue.claim(slots, lease_seconds)
        if claims:
            self.fuse.reach("after-claim")
        return claims

    def renew(self, claim: Claim, lease_seconds: float) -> Claim | None:
        return self.queue.renew(claim, lease_seconds)

    def finish(self, claim: Claim, result: StepResult) -> bool:
        before, after = _steps_of(claim, result)
        self.fuse.reach(before)
        kept = self.queue.finish(claim, result)
        self.fuse.reach(after)
        return kept


def _steps_of(claim: Claim, result: StepResult) -> tuple[str, str]:
    if claim.kind is WorkKind.INBOUND_MAIL:
        return "before-effect", "after-effect"
    prepared = any(isinstance(change, PutPayload) for change in result.changes)
    return ("after-prepare", "after-ready") if prepared else ("before-sent", "after-sent")


@dataclass(frozen=True, slots=True)
class FusedSender:
    """Around the handing over of a mail."""

    sender: MailSender
    fuse: Fuse

    async def send(self, mail: bytes, sender: MailAddress, recipient: MailAddress, envelope_id: str) -> str:
        self.fuse.reach("before-send")
        reply = await self.sender.send(mail, sender, recipient, envelope_id)
        self.fuse.reach("after-250")
        return reply


@dataclass(slots=True)
class FusedInbox:
    """After mails were flagged."""

    inbox: MailInbox
    fuse: Fuse
    flagged: frozenset[int] = frozenset()

    def fetch_new(self, known: MailLog) -> Iterator[FetchedMail]:
        return self.inbox.fetch_new(known)

    def flag_done(self, uid_validity: int, uids: frozenset[int]) -> None:
        self.inbox.flag_done(uid_validity, uids)

    def settle(self, known: MailLog) -> None:
        overheard = _Overheard(known)
        self.inbox.settle(overheard)
        if overheard.told - self.flagged:
            self.flagged |= overheard.told
            self.fuse.reach("after-flag")

    def wait(self, timeout_seconds: float) -> None:
        self.inbox.wait(timeout_seconds)

    def close(self) -> None:
        self.inbox.close()


@dataclass(slots=True)
class _Overheard:
    """A mail log that remembers what it has said is done."""

    log: MailLog
    told: frozenset[int] = frozenset()

    def is_known(self, mailbox: MailAddress, uid_validity: int, uid: int) -> bool:
        return self.log.is_known(mailbox, uid_validity, uid)

    def done(self, mailbox: MailAddress, uid_validity: int) -> frozenset[int]:
        self.told = self.log.done(mailbox, uid_validity)
        return self.told


def fused_door(door: ASGIApp, fuse: Fuse) -> ASGIApp:
    """Around the answer to a message."""

    async def fused(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                fuse.reach("before-answer")
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                fuse.reach("after-answer")

        is_message = scope["type"] == "http" and scope["path"].endswith("$process-message")
        await door(scope, receive, tell if is_message else send)

    return fused


@dataclass(frozen=True, slots=True)
class LaterClock(SystemClock):
    """The real clock, some seconds ahead."""

    ahead: timedelta

    def now(self) -> datetime:
        return datetime.now().astimezone() + self.ahead


def replacements(orders: Orders) -> dict[str, Callable[..., Any]]:
    """Name in `gateway.app` → what stands there in this process."""
    fuse = Fuse(orders.die_at, orders.countdown)
    sabotage = SABOTAGES[orders.sabotage]() if orders.sabotage else NONE

    def server(door: ASGIApp, *arguments: Any, **options: Any) -> Any:
        return build_server(fused_door(door, fuse), *arguments, **options)

    return {
        "SystemClock": lambda: LaterClock(timedelta(seconds=orders.later_seconds)),
        "open_store": lambda *args: _fused_store(open_store(*args), fuse, sabotage),
        "SmtpSender": lambda *args: FusedSender(sabotage.sender(SmtpSender(*args)), fuse),
        "ImapInbox": lambda *args: FusedInbox(sabotage.inbox(ImapInbox(*args)), fuse),
        "ReadMailbox": partial(ReadMailbox, idle_seconds=IDLE_SECONDS),
        "build_server": server,
    }


def _fused_store(store: Store, fuse: Fuse, sabotage: Sabotage) -> Store:
    store = sabotage.store(store)
    print(json.dumps(_durability(store)), flush=True)
    intake, queue = sabotage.intake(store.intake), sabotage.queue(store.queue)
    return replace(store, intake=FusedIntake(intake, fuse), queue=FusedQueue(queue, fuse))


def _durability(store: Store) -> dict[str, str]:
    """What the store's own connection says of itself."""
    with writing(store._engine) as connection:
        return {
            name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("journal_mode", "synchronous")
        }


def main() -> None:
    orders = Orders(**json.loads(sys.stdin.readline()))
    for name, replacement in replacements(orders).items():
        setattr(app, name, replacement)
    serve()


if __name__ == "__main__":
    main()
