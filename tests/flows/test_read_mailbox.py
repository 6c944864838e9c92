"""One reader per mailbox at a time: the others wait for their turn, and take it when it comes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.flows.read_mailbox import ReadMailbox
from gateway.journal import Direction, Message
from gateway.model import Finding, MailAddress
from gateway.ports import FetchedMail, MailLog
from gateway.store import Store, open_store
from tests.peers.patience import patiently
from tests.ports.stores import (
    IMPLEMENTATIONS,
    MAILBOX,
    MASTER_KEY,
    TENANT,
    RandomIds,
    SystemClock,
    new_journal,
)


@dataclass
class Box:
    """A mailbox that is never empty, and that counts who reads it."""

    reads: int = 0
    mails: list[bytes] = field(default_factory=list)

    def fetch_new(self, known: MailLog) -> Iterator[FetchedMail]:
        self.reads += 1
        for uid, mail in enumerate(self.mails, 1):
            if not known.is_known(MAILBOX, 7, uid):
                yield FetchedMail(MAILBOX, 7, uid, mail)

    def flag_done(self, uid_validity: int, uids: frozenset[int]) -> None: ...

    def settle(self, known: MailLog) -> None: ...

    def wait(self, timeout_seconds: float) -> None:
        threading.Event().wait(0.02)

    def close(self) -> None: ...


@pytest.fixture(params=IMPLEMENTATIONS)
def open_handle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    url = new_journal(request, tmp_path)
    with ExitStack() as handles:
        yield lambda: handles.enter_context(open_store(url, MASTER_KEY, SystemClock(), RandomIds()))


def reader(store: Store, box: Box) -> ReadMailbox:
    journal = store.mailbox_lease, store.intake, store.mail_log
    return ReadMailbox(MAILBOX, box, *journal, SystemClock(), RandomIds(), TENANT, turn_pause_seconds=0.02)


@contextmanager
def running(reader: ReadMailbox) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=reader.run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def inward(store: Store) -> list[Message]:
    return store.query.messages(TENANT, direction=Direction.INWARD)


def test_a_second_reader_waits_and_goes_on_when_the_first_ends(open_handle: Callable[[], Store]) -> None:
    first, second = Box(), Box()
    with ExitStack() as later:
        with running(reader(open_handle(), first)):
            patiently(lambda: first.reads, lambda reads: reads > 0)
            later.enter_context(running(reader(open_handle(), second)))
            before = first.reads
            patiently(lambda: first.reads, lambda reads: reads > before + 10)
            assert second.reads == 0
        patiently(lambda: second.reads, lambda reads: reads > 0)


def test_a_reader_that_lost_its_turn_breaks_off_and_no_mail_is_journaled_twice(
    open_handle: Callable[[], Store],
) -> None:
    class Stolen:
        """Ours at the beginning, and never again."""

        turns = iter([True])

        def acquire(self, mailbox: MailAddress, lease_seconds: float) -> bool:
            return next(self.turns, False)

        def release(self, mailbox: MailAddress) -> None: ...

    mails = [b"Message-ID: <%d@x>\r\n\r\nBonjour" % number for number in range(3)]
    store, box = open_handle(), Box(mails=mails)
    with running(replace(reader(store, box), lease=Stolen())):
        patiently(lambda: len(inward(store)), lambda count: count > 0)
        threading.Event().wait(0.1)
    assert (len(inward(store)), box.reads) == (1, 1)
    with running(reader(open_handle(), Box(mails=mails))):
        patiently(lambda: len(inward(store)), lambda count: count == 3)


def test_a_reader_that_cannot_give_its_turn_back_ends_all_the_same(open_handle: Callable[[], Store]) -> None:
    class Ailing:
        def acquire(self, mailbox: MailAddress, lease_seconds: float) -> bool:
            return True

        def release(self, mailbox: MailAddress) -> None:
            raise StorageError(Finding("store-unavailable"))

    store, box = open_handle(), Box()
    journal = Ailing(), store.intake, store.mail_log
    with running(ReadMailbox(MAILBOX, box, *journal, SystemClock(), RandomIds(), TENANT)):
        patiently(lambda: box.reads, lambda reads: reads > 0)
