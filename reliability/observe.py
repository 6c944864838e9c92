"""What can be seen from outside: the journal's plain columns, read-only, and the mails on the operator's disk."""

import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256

from gateway.sandbox.maildir import StoredMail
from gateway.sandbox.partner_mails import archives
from reliability.steps import InTheAir
from reliability.world import OURS, WITH_MAILBOX_ONLY, WITH_SOFTWARE, World

_AT_WORK = frozenset({WITH_SOFTWARE, WITH_MAILBOX_ONLY})
DONE_FLAG = "$CptsDone"
NOT_YET_SENT = frozenset({"received", "ready", "retrying"})
_DELIVERIES = "SELECT message, mail_message_id, mailbox, state FROM delivery"
_MARKS = re.compile(r"KILL-\d{6}|REPLY-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail in a mailbox that is not the gateway's."""

    mailbox: str
    message_id: str
    marks: frozenset[str]
    """Which referral its document is about, or which reply it passes on."""
    sha256: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as the journal has it."""

    message: str
    mail_message_id: str
    mailbox: str
    state: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the journal and at all mailboxes."""

    deliveries: dict[str, DeliveryRow]
    """By Message-ID."""
    work: dict[str, list[str]]
    """State of the work item → messages."""
    arrivals: list[Arrival]
    unread: frozenset[str]
    """Message-IDs in our mailbox that the journal has not."""
    unflagged: frozenset[str]
    untouched: int
    """Mails that a colleague has not looked at."""

    @property
    def unknown(self) -> frozenset[str]:
        """Message-IDs that lie in a mailbox while the journal does not say that they were sent."""
        arrived = {arrival.message_id for arrival in self.arrivals}
        return frozenset(m for m, row in self.deliveries.items() if m in arrived and row.state in NOT_YET_SENT)

    def in_the_air(self, interrupted: frozenset[str]) -> dict[InTheAir, frozenset[str]]:
        """What is between two states, by what names it: markers, journal ids or Message-IDs."""
        doing = frozenset(self.work.get("doing", []))
        return {
            InTheAir.UNANSWERED: interrupted,
            InTheAir.OPEN: doing | frozenset(self.work.get("todo", [])),
            InTheAir.DOING: doing,
            InTheAir.UNKNOWN: self.unknown,
            InTheAir.UNREAD: self.unread,
            InTheAir.UNFLAGGED: self.unflagged,
        }


@dataclass(slots=True)
class Observer:
    """Looks again and again; a mail is opened once."""

    world: World
    _opened: dict[str, Arrival] = field(default_factory=dict)

    def look(self) -> Seen:
        boxes = self.world.operator.office.mailboxes
        places, deliveries, work = self._journal()
        ours = [(self._arrival(OURS, mail).message_id, mail) for mail in boxes[OURS].mails()]
        others = [(address, mail) for address, box in boxes.items() if address != OURS for mail in box.mails()]
        return Seen(
            deliveries=deliveries,
            work=work,
            arrivals=[self._arrival(address, mail) for address, mail in others],
            unread=frozenset(id_ for id_, mail in ours if mail.uid not in places),
            unflagged=frozenset(id_ for id_, mail in ours if DONE_FLAG not in mail.flags),
            untouched=sum("\\Seen" not in mail.flags for address, mail in others if address in _AT_WORK),
        )

    def backlog(self) -> int:
        """How many work items are open."""
        with closing(self._connect()) as journal:
            return int(journal.execute("SELECT count(*) FROM work WHERE state IN ('todo', 'doing')").fetchone()[0])

    def _journal(self) -> tuple[set[int], dict[str, DeliveryRow], dict[str, list[str]]]:
        with closing(self._connect()) as journal:
            journal.execute("BEGIN")
            places = {uid for (uid,) in journal.execute("SELECT uid FROM mail_place")}
            rows = [DeliveryRow(*row) for row in journal.execute(_DELIVERIES)]
            work: dict[str, list[str]] = {}
            for state, message in journal.execute("SELECT state, message FROM work"):
                work.setdefault(state, []).append(message)
        return places, {row.mail_message_id: row for row in rows}, work

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.world.database}?mode=ro", uri=True, timeout=30, isolation_level=None)

    def _arrival(self, address: str, mail: StoredMail) -> Arrival:
        if mail.name not in self._opened:
            message = message_from_bytes(mail.content, policy=policy.default)
            marks = frozenset() if address == OURS else marks_of(message)
            digest = sha256(mail.content).hexdigest()
            self._opened[mail.name] = Arrival(address, _message_id(message), marks, digest)
        return self._opened[mail.name]


def marks_of(message: EmailMessage) -> frozenset[str]:
    """The marks in a mail's text and in the documents of its archive."""
    texts = [part.get_content() for part in message.walk() if part.get_content_type() == "text/plain"]
    texts += [text for archive in archives(message) for text in _documents(archive)]
    return frozenset(_MARKS.findall("\n".join(texts)))


def _documents(archive: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for name in opened.namelist():
            if name.upper().endswith(".XML"):
                yield opened.read(name).decode("utf-8")


def _message_id(message: EmailMessage) -> str:
    return " ".join(str(message["Message-ID"] or "").split())
