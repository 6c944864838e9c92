"""Reading one mailbox at the operator: the port MailInbox over IMAP with STARTTLS, in a thread of the flow.

Nothing is deleted and nothing is marked as read by reading. A mail is new until the journal knows it; the keyword
$CptsDone only spares us from asking about old mails again.
Source: `imap_session.py`; RFC 9051 §2.3.1.1 (a uid means a mail only together with its UIDVALIDITY).
"""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.imap_session import Account, Session
from gateway.ports import FetchedMail, MailLog

MAX_MAIL_BYTES = 64 * 1024 * 1024
IDLE_RENEWAL_SECONDS = 5.0
"""Well below what firewalls forget and servers end (29 minutes); also the longest that a notice can lie unread."""
POLL_SECONDS = 15.0
INTERRUPT_SECONDS = 1.0
"""How long `close` may have to wait for a `wait` in another thread."""


class ImapInbox:
    """One mailbox, read by one thread; `close` may be called from any thread and ends a `wait`.

    Each call that finds no live session opens one, so after a TransportError the next call starts anew. Without a
    password the client certificate is the login (SASL EXTERNAL), as an application mailbox has it.
    """

    def __init__(
        self,
        mailbox: MailAddress,
        host: str,
        port: int,
        context: ssl.SSLContext,
        username: str,
        password: str | None,
        *,
        folder: str = "INBOX",
        timeout_seconds: float = 60.0,
        max_mail_bytes: int = MAX_MAIL_BYTES,
    ) -> None:
        self._mailbox, self._max_mail_bytes = mailbox, max_mail_bytes
        self._account = Account(host, port, context, username, password, folder, timeout_seconds)
        self._session: Session | None = None
        self._last_seen_uid = 0
        self._one_at_a_time = threading.Lock()
        self._closing = threading.Event()

    def fetch_new(self, known: MailLog) -> Iterator[FetchedMail]:
        """Mails that are not flagged as done and that `known` does not know, oldest first.

        Each is fetched when it is asked for. A mail over the size limit comes as its headers, with `oversized_bytes`.
        One that the server refuses to give does not hold up the others: the error is raised after the last of them.
        """
        with self._live() as session:
            uids = session.search()
        refused: list[TransportError] = []
        for uid in uids:
            self._last_seen_uid = max(self._last_seen_uid, uid)
            if known.is_known(self._mailbox, session.uid_validity, uid):
                continue
            mail = self._fetch(session, uid, refused)
            if mail:
                yield mail
        if refused:
            raise refused[0]

    def flag_done(self, uid_validity: int, uids: frozenset[int]) -> None:
        """Mark mails as done with. Nothing happens where UIDVALIDITY has changed: these uids mean other mails now."""
        if not uids:
            return
        with self._live() as session:
            if session.uid_validity == uid_validity:
                session.flag(uids)

    def settle(self, known: MailLog) -> None:
        """Flag as done whatever is not flagged yet and `known` says is done with."""
        with self._live() as session:
            done = known.done(self._mailbox, session.uid_validity).intersection(session.unflagged())
            session.flag(done)

    def wait(self, timeout_seconds: float) -> None:
        """Return when the mailbox may have something new, when `close` is called, or at the timeout."""
        until = time.monotonic() + timeout_seconds
        while (left := until - time.monotonic()) > 0 and not self._closing.is_set():
            with self._live() as session:
                if session.search(self._last_seen_uid + 1):
                    return
                if session.idles and self._idle(session, min(left, IDLE_RENEWAL_SECONDS)):
                    return
            if not session.idles:
                self._closing.wait(min(left, POLL_SECONDS))

    def close(self) -> None:
        """End a `wait` in another thread and log out."""
        self._closing.set()
        with self._one_at_a_time:
            if self._session:
                self._session.log_out()
            self._session = None
            self._closing.clear()

    @contextmanager
    def _live(self) -> Iterator[Session]:
        """A session for one step: known to answer when it starts, given up when it fails."""
        with self._one_at_a_time:
            try:
                yield self._answering()
            except TransportError:
                self._drop()
                raise

    def _answering(self) -> Session:
        if self._session:
            try:
                self._session.noop()
                return self._session
            except TransportError:
                self._drop()  # ended by the server while we did not look, which is its right
        self._session, self._last_seen_uid = Session(self._account), 0
        return self._session

    def _drop(self) -> None:
        if self._session:
            self._session.cut()
        self._session = None

    def _fetch(self, session: Session, uid: int, refused: list[TransportError]) -> FetchedMail | None:
        with self._one_at_a_time:
            if session is not self._session:
                return None  # another step has begun a new session: the next call finds this mail again
            try:
                return self._read(session, uid)
            except TransportError as error:
                if error.code != "imap-protocol":
                    self._drop()
                    raise
                refused.append(error)
                return None

    def _read(self, session: Session, uid: int) -> FetchedMail | None:
        size = session.size(uid)
        if size is None:
            return None
        oversized = size if size > self._max_mail_bytes else None
        content = session.headers(uid) if oversized else session.content(uid)
        if content is None:
            return None
        return FetchedMail(self._mailbox, session.uid_validity, uid, content, oversized)

    def _idle(self, session: Session, seconds: float) -> bool:
        """Whether the server had something to say. IDLE is ended in any case, so that commands may follow."""
        until, woke = time.monotonic() + seconds, False
        session.begin_idle()
        while not woke and not self._closing.is_set() and (left := until - time.monotonic()) > 0:
            woke = session.idle_woke(min(left, INTERRUPT_SECONDS))
        return session.end_idle() or woke
