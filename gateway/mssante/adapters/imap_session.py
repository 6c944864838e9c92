"""One IMAP session with one mailbox selected: the few commands that reading mail needs, each raising TransportError.

Source: RFC 9051 and RFC 3501 (IMAP4; §6.2.1 STARTTLS, §7.1 PERMANENTFLAGS, §2.3.1.1 UIDVALIDITY), RFC 2177 (IDLE);
MSSanté referential ECO.1.0.2 (IMAP with STARTTLS).
"""

import logging
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from imapclient import SEEN, IMAPClient

from gateway.mssante.adapters.imap_errors import Step, translated

DONE = b"$CptsDone"
"""Our keyword on mails that need no more work."""
MAX_HEADER_BYTES = 65_536
FLAG_BATCH = 500

T = TypeVar("T", int, bytes)

# IMAPClient logs whole conversations, mails included, at level DEBUG.
logging.getLogger("imapclient").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Account:
    """Where a mailbox is and how to open it."""

    host: str
    port: int
    context: ssl.SSLContext
    username: str
    password: str | None = field(repr=False)
    """None: the client certificate is enough (SASL EXTERNAL), as for an application mailbox."""
    folder: str
    timeout_seconds: float


class Session:
    """An open session. After any error except a refused FETCH it is of no further use."""

    def __init__(self, account: Account) -> None:
        with translated(Step.CONNECT):
            self._client = IMAPClient(account.host, account.port, ssl=False, timeout=account.timeout_seconds)
        try:
            self._open(account)
        except BaseException:
            self.cut()
            raise

    def _open(self, account: Account) -> None:
        with translated(Step.STARTTLS):
            self._client.starttls(account.context)
            # Asked inside TLS: it also makes IMAPClient forget what was announced in clear text (RFC 3501 §6.2.1).
            plain = self._client.has_capability("AUTH=PLAIN")
        with translated(Step.LOGIN):
            self._log_in(account, plain)
            self.idles = bool(self._client.has_capability("IDLE"))
        with translated(Step.SELECT):
            selected = self._client.select_folder(account.folder)
            self.uid_validity = int(selected[b"UIDVALIDITY"])
        # A server that does not say lets us set any flag (RFC 3501 §6.3.1).
        allowed = selected.get(b"PERMANENTFLAGS", (rb"\*",))
        self.keeps_done = rb"\*" in allowed or DONE in allowed

    def search(self, first_uid: int = 1) -> list[int]:
        """The uids from `first_uid` that are not flagged as done, or all where the server keeps no keywords."""
        return self._search(first_uid, ["UNKEYWORD", DONE.decode()] if self.keeps_done else [])

    def unflagged(self) -> list[int]:
        """The uids that `flag` would change."""
        return self._search(1, ["UNKEYWORD", DONE.decode()] if self.keeps_done else ["UNSEEN"])

    def size(self, uid: int) -> int | None:
        """The size of a mail, or None when it is no longer there."""
        return self._fetch(uid, "RFC822.SIZE", b"RFC822.SIZE", int)

    def content(self, uid: int) -> bytes | None:
        """The whole mail without setting \\Seen, or None when it is no longer there."""
        return self._fetch(uid, "BODY.PEEK[]", b"BODY[]", bytes)

    def headers(self, uid: int) -> bytes | None:
        """The start of the mail's headers without setting \\Seen, or None when it is no longer there."""
        return self._fetch(uid, f"BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>", b"BODY[HEADER]<0>", bytes)

    def flag(self, uids: Iterable[int]) -> None:
        """Set \\Seen and, where the server keeps keywords, our own. Uids that are gone are passed over."""
        flags = [SEEN, DONE] if self.keeps_done else [SEEN]
        ordered = sorted(uids)
        for start in range(0, len(ordered), FLAG_BATCH):
            with translated(Step.STORE):
                self._client.add_flags(ordered[start : start + FLAG_BATCH], flags, silent=True)

    def noop(self) -> None:
        """Make sure that the server still answers, and let it tell of new mails."""
        with translated(Step.NOOP):
            self._client.noop()

    def begin_idle(self) -> None:
        """From here to `end_idle`, only `idle_woke` may be called."""
        with translated(Step.IDLE):
            self._client.idle()

    def idle_woke(self, timeout_seconds: float) -> bool:
        """Whether the server said anything within this time, or hung up: IMAPClient does not tell them apart."""
        until = time.monotonic() + timeout_seconds
        with translated(Step.IDLE):
            said = self._client.idle_check(timeout_seconds)
        return bool(said) or time.monotonic() < until

    def end_idle(self) -> bool:
        """Leave IDLE; whether the server had said something that `idle_woke` did not see."""
        with translated(Step.IDLE):
            _, said = self._client.idle_done()
        return bool(said)

    def log_out(self) -> None:
        """Leave politely. What happens then no longer matters."""
        with suppress(Exception):
            self._client.logout()
        self.cut()

    def cut(self) -> None:
        """Close the socket, whatever state it is in."""
        with suppress(Exception):
            self._client.shutdown()

    def _search(self, first_uid: int, criteria: list[str]) -> list[int]:
        with translated(Step.SEARCH):
            found = self._client.search(["UID", f"{first_uid}:*", *criteria])
            # `n:*` always names the last mail, even where its uid is below n (RFC 3501 §6.4.8).
            return sorted(int(uid) for uid in found if uid >= first_uid)

    def _log_in(self, account: Account, plain: bool) -> None:
        if account.password is None:
            self._client.sasl_login("EXTERNAL", lambda _challenge: account.username)
        elif plain:
            self._client.plain_login(account.username, account.password)
        else:
            self._client.login(account.username, account.password)

    def _fetch(self, uid: int, item: str, key: bytes, kind: type[T]) -> T | None:
        with translated(Step.FETCH):
            answer = self._client.fetch([uid], [item])
            if uid not in answer:
                return None
            value = answer[uid][key]
            if value is None:  # NIL: from a broken server. As empty content it is journaled and seen by a person.
                return kind()
            if not isinstance(value, kind):
                raise TypeError
            return value
