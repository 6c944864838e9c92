"""Contract of the port MailInbox: every mail is offered until it is known, as it lies there, and none is harmed.

Run against the embedded operator and against Dovecot, also one that keeps no keywords and offers no IDLE. Faults of
the conversation itself are in `tests/mssante/adapters/test_imap_faults.py`.
"""

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.imap import ImapInbox
from gateway.ports import FetchedMail
from tests.peers.dovecot import ABSENT
from tests.peers.operators import Site, dovecot_alone, embedded

REAL = [pytest.mark.real_server, pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")]
PLAIN_DOVECOT = "imap_capability = IMAP4rev1 AUTH=PLAIN\n"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(embedded, id="embedded"),
        pytest.param(dovecot_alone, id="dovecot", marks=REAL),
        pytest.param(partial(dovecot_alone, PLAIN_DOVECOT), id="dovecot-without-idle", marks=REAL),
    ],
)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with request.param() as running:
        yield running


@pytest.fixture
def box(site: Site) -> Iterator["Box"]:
    box = Box(site)
    yield box
    for inbox in box.opened:
        inbox.close()


class Log:
    """What is journaled, in memory."""

    def __init__(self) -> None:
        self.known: set[tuple[int, int]] = set()
        self.finished: set[tuple[int, int]] = set()

    def is_known(self, mailbox: MailAddress, uid_validity: int, uid: int) -> bool:
        return (uid_validity, uid) in self.known

    def done(self, mailbox: MailAddress, uid_validity: int) -> frozenset[int]:
        return frozenset(uid for validity, uid in self.finished if validity == uid_validity)


class Box:
    """A mailbox of its own, with what is journaled of it."""

    def __init__(self, site: Site) -> None:
        self.site, self.address, self.log = site, site.new_mailbox(), Log()
        self.opened: list[ImapInbox] = []
        self.inbox = self.reader()

    def reader(self, **settings: int) -> ImapInbox:
        """One more reader of the same mailbox."""
        self.opened.append(self.site.inbox(self.address, **settings))
        return self.opened[-1]

    def put(self, *mails: bytes) -> None:
        for mail in mails:
            self.site.deliver(self.address, mail)

    def fetch(self) -> list[FetchedMail]:
        return list(self.inbox.fetch_new(self.log))

    def bodies(self) -> list[bytes]:
        """What follows the headers of the new mails: servers add trace headers above."""
        return [mail.content.partition(b"\r\n\r\n")[2] for mail in self.fetch()]


def a_mail(body: bytes = b"Bonjour.\r\n") -> bytes:
    return b"From: <a@cpts.example>\r\nMessage-ID: <1@cpts.example>\r\nSubject: essai\r\n\r\n" + body


def test_an_empty_mailbox_has_nothing_new(box: Box) -> None:
    assert box.fetch() == []


def test_new_mails_come_oldest_first_and_unchanged(box: Box) -> None:
    bodies = [b"un\r\n", b".\r\n..deux\r\n", "trois é\r\n".encode(), b"\r\n", b"%d {5}\r\n)\r\n"]
    box.put(*map(a_mail, bodies))
    mails = box.fetch()
    assert [mail.content.partition(b"\r\n\r\n")[2] for mail in mails] == bodies
    assert all(a_mail(body) in mail.content for mail, body in zip(mails, bodies, strict=True))
    assert [mail.uid for mail in mails] == sorted({mail.uid for mail in mails})
    assert {(mail.mailbox, mail.oversized_bytes) for mail in mails} == {(box.address, None)}


def test_reading_leaves_no_mark(box: Box) -> None:
    box.put(a_mail())
    assert box.fetch() == box.fetch()
    assert box.fetch() == list(box.reader().fetch_new(box.log))


def test_a_known_mail_is_not_fetched_again(box: Box) -> None:
    box.put(a_mail(b"1\r\n"), a_mail(b"2\r\n"))
    first, _ = box.fetch()
    box.log.known.add((first.uid_validity, first.uid))
    assert box.bodies() == [b"2\r\n"]


def test_a_mail_that_comes_later_is_found_on_the_same_connection(box: Box) -> None:
    box.put(a_mail(b"1\r\n"))
    assert box.bodies() == [b"1\r\n"]
    box.put(a_mail(b"2\r\n"))
    assert box.bodies() == [b"1\r\n", b"2\r\n"]


def test_a_mail_that_is_done_is_never_offered_again_even_to_a_reader_who_does_not_know_it(box: Box) -> None:
    box.put(a_mail(b"1\r\n"), a_mail(b"2\r\n"))
    first, second = box.fetch()
    box.inbox.flag_done(first.uid_validity, frozenset({first.uid}))
    assert box.bodies() == [b"2\r\n"]
    assert [mail.uid for mail in box.reader().fetch_new(Log())] == [second.uid]
    assert len(box.site.arrived(box.address)) == 2


def test_settling_flags_what_the_journal_has_done_with_and_nothing_else(box: Box) -> None:
    box.put(a_mail(b"1\r\n"), a_mail(b"2\r\n"))
    first, second = box.fetch()
    box.log.finished.add((first.uid_validity, first.uid))
    box.log.finished.add((first.uid_validity + 1, second.uid))
    for _ in range(2):
        box.inbox.settle(box.log)
        assert box.bodies() == [b"2\r\n"]


def test_uids_of_another_uidvalidity_flag_nothing(box: Box) -> None:
    box.put(a_mail())
    [mail] = box.fetch()
    box.inbox.flag_done(mail.uid_validity + 1, frozenset({mail.uid}))
    assert box.fetch() == [mail]


def test_flagging_nothing_or_what_is_not_there_is_harmless(box: Box) -> None:
    box.put(a_mail())
    [mail] = box.fetch()
    box.inbox.flag_done(mail.uid_validity, frozenset())
    box.inbox.flag_done(mail.uid_validity, frozenset({mail.uid + 1000}))
    assert box.fetch() == [mail]


def test_the_rest_of_a_mailbox_can_be_flagged_while_it_is_being_read(box: Box) -> None:
    box.put(a_mail(b"1\r\n"), a_mail(b"2\r\n"), a_mail(b"3\r\n"))
    seen = []
    for mail in box.inbox.fetch_new(box.log):
        seen.append(mail.uid)
        box.inbox.flag_done(mail.uid_validity, frozenset({mail.uid}))
    assert len(seen) == 3
    assert box.fetch() == []


def test_a_mail_over_the_limit_comes_as_its_headers(box: Box) -> None:
    box.put(a_mail(b"x" * 76 * 100 + b"\r\n"), a_mail(b"petit\r\n"))
    large, small = box.reader(limit=5000).fetch_new(box.log)
    assert large.oversized_bytes is not None
    assert large.oversized_bytes > 7600
    assert b"Message-ID: <1@cpts.example>" in large.content
    assert b"xxxx" not in large.content
    assert (small.oversized_bytes, small.content.endswith(b"petit\r\n")) == (None, True)


def test_a_large_mail_comes_whole(box: Box) -> None:
    mail = a_mail((b"y" * 76 + b"\r\n") * 60_000)
    box.put(mail)
    [fetched] = box.fetch()
    assert mail in fetched.content


def test_waiting_ends_when_a_mail_comes(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.mssante.adapters.imap.POLL_SECONDS", 0.3)
    box.fetch()
    delivery = threading.Timer(0.3, box.put, [a_mail()])
    delivery.start()
    assert seconds_of(lambda: box.inbox.wait(20)) < 10
    delivery.join()
    assert box.bodies() == [b"Bonjour.\r\n"]


def test_waiting_ends_at_once_when_a_mail_came_since_the_last_look(box: Box) -> None:
    box.fetch()
    box.put(a_mail())
    assert seconds_of(lambda: box.inbox.wait(20)) < 5


def test_waiting_ends_at_the_timeout_although_old_mails_are_still_there(box: Box) -> None:
    box.put(a_mail())
    box.fetch()
    assert 0.5 <= seconds_of(lambda: box.inbox.wait(0.5)) < 5
    assert len(box.fetch()) == 1


def test_closing_from_another_thread_ends_a_wait(box: Box) -> None:
    box.fetch()
    closing = threading.Timer(0.3, box.inbox.close)
    closing.start()
    assert seconds_of(lambda: box.inbox.wait(60)) < 10
    closing.join()


def test_after_a_broken_connection_the_next_call_starts_anew(box: Box) -> None:
    box.put(a_mail())
    before = box.fetch()
    box.site.cut()
    time.sleep(0.2)
    assert box.fetch() == before


def test_closing_twice_is_harmless_and_a_later_call_opens_again(box: Box) -> None:
    box.inbox.close()
    box.put(a_mail())
    assert len(box.fetch()) == 1
    box.inbox.close()
    box.inbox.close()
    assert len(box.fetch()) == 1


def test_a_wrong_password_is_told_as_such(site: Site) -> None:
    error = failing(site.inbox(site.new_mailbox(), password="faux"))
    assert (error.code, error.temporary) == ("imap-login", False)


def test_a_certificate_that_has_expired_opens_nothing(site: Site) -> None:
    # Dovecot lets the handshake pass and then refuses the login.
    assert failing(site.inbox(site.new_mailbox(), site.stranger)).code in ("imap-tls", "imap-login")


def failing(inbox: ImapInbox) -> TransportError:
    with pytest.raises(TransportError) as caught:
        list(inbox.fetch_new(Log()))
    return caught.value


def seconds_of(call) -> float:  # type: ignore[no-untyped-def]
    started = time.monotonic()
    call()
    return time.monotonic() - started
