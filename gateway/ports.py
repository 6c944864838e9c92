"""What the outside must offer: one narrow Protocol per port. Adapters and the store implement them; `app` joins them.

Each port has one contract suite in `tests/ports/`, run against the real thing and its in-memory twin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.journal import (
    Change,
    Claim,
    Delivery,
    Direction,
    Event,
    Message,
    Page,
    PayloadRole,
    Query,
    Remembered,
    Resource,
    StepResult,
)
from gateway.model import Client, Identifier, ItemId, MailAddress, Mailbox, MailMessageId, Party
from gateway.mssante.format.letter import Letter


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware, in UTC."""


class Ids(Protocol):
    def new(self) -> ItemId:
        """A fresh unguessable id (a UUID in text, 122 random bits or more)."""

    def secret(self) -> str:
        """128 random bits in hexadecimal: the left part of a Message-ID; a receipt that knows it is about our mail."""


# --- the journal -------------------------------------------------------------------------------------------------


class Intake(Protocol):
    """Where a message enters the journal."""

    def recall(self, tenant: str, client: str, names: Sequence[tuple[str, str, str]]) -> Remembered | None:
        """The remembered answer of any of these (name, value, sha256), or None."""

    def accept(self, changes: Sequence[Change]) -> Remembered | None:
        """Write all changes in one commit and return None once they are durable.

        Where `RememberAnswer` meets a name that is already known, or `NewMail` a mail that is already journaled (same
        mailbox, Message-ID and SHA-256), nothing is written and what is remembered is returned.
        """


class WorkQueue(Protocol):
    """Claims on the journal: lease, fencing, order within a lane. Each rule of ADR 3 is a test."""

    def claim(self, slots: int, lease_seconds: float) -> list[Claim]:
        """At most `slots` due items, the first of their lanes, marked as ours until the lease ends."""

    def renew(self, claim: Claim, lease_seconds: float) -> Claim | None:
        """The same claim with a longer lease, or None: somebody else has it, stop."""

    def finish(self, claim: Claim, result: StepResult) -> bool:
        """Write the result if the claim is still ours. False: fenced off, nothing was written."""


class JournalQuery(Protocol):
    """Reading the journal."""

    def message(self, message: ItemId) -> Message | None: ...

    def messages(
        self, tenant: str, *, direction: Direction | None = None, limit: int = 50, before: datetime | None = None
    ) -> list[Message]:
        """The newest messages first."""

    def thread(self, message: ItemId) -> list[Message]:
        """All messages of the thread that `message` belongs to, in order of acceptance."""

    def find(self, tenant: str, name: str, value: str) -> list[Message]:
        """Messages by a look-up value."""

    def delivery(self, delivery: ItemId) -> Delivery | None: ...

    def find_delivery(self, mail_message_id: MailMessageId) -> Delivery | None: ...

    def events(self, message: ItemId) -> list[Event]:
        """The trace of one message in order."""

    def payload(
        self, message: ItemId, role: PayloadRole, delivery: ItemId | None = None, index: int = 0
    ) -> bytes | None:
        """A payload, opened; None where there is none or its key was erased."""


class Resources(Protocol):
    """FHIR resources of ours. What a client may not see does not exist for it."""

    def read(self, tenant: str, structures: frozenset[str], type: str, id: str) -> Resource | None:
        """The current version."""

    def search(self, tenant: str, structures: frozenset[str], query: Query) -> Page: ...


class MailLog(Protocol):
    """Which mails of a mailbox are journaled, and which are done with (so that they may be flagged on the server)."""

    def is_known(self, mailbox: MailAddress, uid_validity: int, uid: int) -> bool: ...

    def done(self, mailbox: MailAddress, uid_validity: int) -> frozenset[int]:
        """The uids whose processing has ended."""


class MailboxLease(Protocol):
    """Whose turn it is to read a mailbox, among all processes on one journal. It spares work, it proves nothing: a mail
    that two have read is journaled once all the same, so there is no token."""

    def acquire(self, mailbox: MailAddress, lease_seconds: float) -> bool:
        """True: it is our turn for this long. To be called again and again meanwhile; it writes only when it must."""

    def release(self, mailbox: MailAddress) -> None:
        """Let another have its turn at once."""


class Clients(Protocol):
    def find(self, token: str) -> Client | None:
        """The client that this bearer token belongs to."""

    def add(self, name: str, tenant: str, structures: frozenset[str]) -> str:
        """A new client; returns its token, which is shown once and kept only as a hash."""


# --- the registry ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A person or structure as the CPTS registry knows it."""

    party: Party
    profession: str | None
    """TRE_A02 combined code of a person, e.g. `G15_10/SM54`."""
    facility_type: str | None
    """JDV_J02 code of the structure, e.g. `SA52`."""
    practice_setting: str | None
    """JDV_J04 code of the structure, e.g. `AMBULATOIRE`."""
    city: str | None = None


class Directory(Protocol):
    def find_member(self, identifiers: Sequence[Identifier], structure: str | None = None) -> Member | None:
        """The member that any of these identifiers names (idNat_PS, RPPS, idNat_Struct, FINESS)."""

    def find_mailboxes(self, party: Party) -> list[Mailbox]:
        """The live mailboxes of a party, best match first."""


# --- the mail ----------------------------------------------------------------------------------------------------


class MailSender(Protocol):
    async def send(self, mail: bytes, sender: MailAddress, recipient: MailAddress, envelope_id: str) -> str:
        """Hand one mail to the operator for one recipient, asking for a DSN on success and failure.

        Returns the server's reply code once it has taken responsibility (250). Raises TransportError otherwise.
        """


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """A mail as it lies in a mailbox: untouched bytes."""

    mailbox: MailAddress
    uid_validity: int
    uid: int
    content: bytes
    oversized_bytes: int | None = None
    """The whole mail's size where it is over the reader's limit: `content` is then the start of its headers only."""


class MailInbox(Protocol):
    """One mailbox, read by one thread. Blocking. Raises TransportError; calling again reconnects."""

    def fetch_new(self, known: "MailLog") -> Iterator[FetchedMail]:
        """Mails that are not flagged as done and that `known` does not know, oldest first."""

    def flag_done(self, uid_validity: int, uids: frozenset[int]) -> None:
        """Mark mails as done with (\\Seen and the keyword $CptsDone), never deleting any."""

    def settle(self, known: "MailLog") -> None:
        """Flag as done whatever is not flagged yet and `known` says is done with."""

    def wait(self, timeout_seconds: float) -> None:
        """Return when the mailbox may have something new (IDLE), or at the timeout."""

    def close(self) -> None: ...


class TrustedDomains(Protocol):
    def trusts(self, address: MailAddress) -> bool:
        """Whether the address's domain is on the published list of the trusted space ("liste blanche").

        Raises TransportError (temporary) while the list is missing, unreadable or too old: nobody is trusted then.
        """


class PdfRenderer(Protocol):
    def render(self, letter: Letter, created_at: datetime) -> bytes:
        """A PDF/A-1b of the letter. The same letter and time give the same bytes."""


@dataclass(frozen=True, slots=True)
class MessageAnswer:
    """The answer to one message: an HTTP status (200, 422, 503 …) and the JSON bytes of its body."""

    status: int
    body: bytes
