"""The stores that the contract suites run against, and made-up messages to put into them.

To have another engine checked, add a row to `IMPLEMENTATIONS` and to `new_journal`.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.journal import (
    Change,
    Direction,
    NewDelivery,
    NewEvent,
    NewMail,
    NewMessage,
    NewWork,
    PayloadRole,
    PutPayload,
    RememberAnswer,
    WorkKind,
)
from gateway.model import ItemId, MailAddress, MailMessageId
from gateway.ports import Clock
from gateway.store import Store, open_store
from tests.peers.postgres import ABSENT

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""Past, so that it is due for processes that run on real time too."""
MASTER_KEY = bytes(range(32))
TENANT = "cpts-reims"
CLIENT = "cabinet-des-tilleuls"
LEASE_SECONDS = 30.0
MAILBOX = MailAddress("secretariat@cpts-reims.mssante.example")


class SteppingClock:
    """Time stands still until it is told to move."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    def new(self) -> ItemId:
        return ItemId(str(uuid.uuid4()))

    def secret(self) -> str:
        return uuid.uuid4().hex


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'journal.db'}"


POSTGRESQL = pytest.param(
    "postgresql", marks=[pytest.mark.real_server, pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")]
)
IMPLEMENTATIONS = [pytest.param("sqlite"), POSTGRESQL]


def new_journal(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of an empty journal of the engine that the test asks for by its parameter."""
    if request.param == "sqlite":
        return sqlite_url(folder)
    url: str = request.getfixturevalue("postgres").new_journal()
    return url


def opened(url: str, clock: Clock) -> Store:
    """The store, with the time of its leases in the hand of the test, whatever the engine."""
    return open_store(url, MASTER_KEY, clock, RandomIds(), lease_clock=clock)


def new_message(id: str, *, at: datetime = NOON, tenant: str = TENANT, thread: str | None = None) -> NewMessage:
    opened_by = ItemId(thread) if thread else None
    return NewMessage(ItemId(id), tenant, Direction.OUTWARD, "referral-request", CLIENT, at, thread=opened_by)


def new_work(id: str, lane: str, *, message: str | None = None, due_at: datetime = NOON) -> NewWork:
    return NewWork(ItemId(id), ItemId(message or id), WorkKind.DELIVERY, ItemId(id), lane, due_at)


def new_delivery(id: str, *, message: str | None = None) -> NewDelivery:
    return NewDelivery(
        ItemId(id),
        ItemId(message or id),
        structure="1510000001",
        person="810000000001",
        mailbox=MailAddress("dr.lune@medecin.mssante.example"),
        form="level-1",
        mail_message_id=MailMessageId(f"<{id}@cpts-reims.mssante.example>"),
        created_at=NOON,
    )


def new_event(message: str, code: str = "accepted", **facts: str) -> NewEvent:
    return NewEvent(ItemId(message), NOON, code, f"client:{CLIENT}", facts=tuple(facts.items()))


def new_mail(message: str, uid: int, *, mail_message_id: str = "<42@laposte.example>", sha256: str = "aa") -> NewMail:
    return NewMail(ItemId(message), TENANT, MAILBOX, 7, uid, mail_message_id, sha256)


def item(id: str, lane: str = "lane", *, due_at: datetime = NOON) -> list[Change]:
    """A message with one thing to do, both called `id`."""
    return [new_message(id), new_work(id, lane, due_at=due_at)]


def request(message: str, names: Sequence[tuple[str, str, str]], answer: bytes = b"first answer") -> list[Change]:
    """A message with one thing to do whose answer will be given to duplicates."""
    put_answer = PutPayload(ItemId(message), PayloadRole.ANSWER, answer, "application/fhir+json")
    return [*item(message, message), put_answer, RememberAnswer(ItemId(message), TENANT, CLIENT, tuple(names))]


def inward_mail(message: str, mail: NewMail) -> list[Change]:
    work = NewWork(ItemId(message), ItemId(message), WorkKind.INBOUND_MAIL, ItemId(message), f"mail {message}", NOON)
    opened = NewMessage(ItemId(message), TENANT, Direction.INWARD, "mail", None, NOON)
    return [opened, mail, PutPayload(ItemId(message), PayloadRole.SOURCE, b"raw mail", "message/rfc822"), work]
