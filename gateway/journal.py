"""The vocabulary of the journal: everything that can be written, as plain values.

A flow decides, and hands the store a tuple of changes; the store writes them in one transaction or not at all. This is
the whole boundary between telling the story and keeping it. Every change belongs to a tenant through its message.

Nothing here is encrypted or hashed yet: the store seals `content` under the message's own key and turns every look-up
value into an HMAC. Fields that stay readable in the database (states, codes, times, mailboxes of professionals,
structure ids) never hold patient data.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from gateway.model import Identifier, ItemId, MailAddress, MailMessageId, Priority


class Direction(StrEnum):
    """Outward: from software that calls us. Inward: from a mailbox."""

    OUTWARD = "out"
    INWARD = "in"


class DeliveryState(StrEnum):
    """One mail, one recipient, one state. Moves are decided by `workflow.delivery`."""

    RECEIVED = "received"
    READY = "ready"
    RETRYING = "retrying"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    INTEGRATED = "integrated"
    OUTCOME_UNKNOWN = "outcome-unknown"
    SENT_UNCONFIRMED = "sent-unconfirmed"
    UNDELIVERABLE = "undeliverable"
    REJECTED_BY_SOFTWARE = "rejected-by-software"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


class PayloadRole(StrEnum):
    """What an encrypted payload is. One row per (message, delivery, role, index)."""

    SOURCE = "source"
    """The bytes as received: a FHIR Bundle or a raw mail."""
    DOCUMENT = "document"
    """The CDA: without its PDF from intake on, final after `prepare`."""
    LETTER = "letter"
    LOSS = "loss"
    CONTEXT = "context"
    """Time and ids drawn at intake, so that later steps are reproducible."""
    PDF = "pdf"
    MAIL = "mail"
    ANSWER = "answer"


class WorkKind(StrEnum):
    """What a worker has to do for one work item."""

    DELIVERY = "delivery"
    """Prepare, then send, one delivery. `subject` is the delivery id."""
    INBOUND_MAIL = "inbound-mail"
    """Read one journaled mail. `subject` is the message id."""
    OVERSIZED_MAIL = "oversized-mail"
    """Only the headers of a mail were fetched: a person must look. `subject` is the message id."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message exists from now on. The store makes its key."""

    id: ItemId
    tenant: str
    direction: Direction
    kind: str
    """Catalog kind (`referral-request`), or `mail` until an inward mail has been read."""
    client: str | None
    accepted_at: datetime
    priority: Priority = Priority.ROUTINE
    thread: ItemId | None = None
    """The message that opened the thread; None when this one does."""


@dataclass(frozen=True, slots=True)
class MessageClassified:
    """An inward mail has been read: its kind and, where known, its thread."""

    message: ItemId
    kind: str
    thread: ItemId | None


@dataclass(frozen=True, slots=True)
class PutPayload:
    """Seal `content` under the message's key. The same (message, delivery, role, index) is replaced."""

    message: ItemId
    role: PayloadRole
    content: bytes
    media_type: str
    delivery: ItemId | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One recipient's own row. Its Message-ID is fixed here, before the first attempt."""

    id: ItemId
    message: ItemId
    structure: str | None
    person: str | None
    mailbox: MailAddress
    form: str
    mail_message_id: MailMessageId
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MoveDelivery:
    """The delivery goes from `source` to `target`. If it is not in `source` any more, the whole transaction fails."""

    delivery: ItemId
    source: DeliveryState
    target: DeliveryState
    at: datetime
    code: str | None = None
    """Catalogue code of what went wrong, where something did."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """From now on `message` is found by this value. Stored as an HMAC within the tenant."""

    message: ItemId
    name: str
    """`patient`, `order`, `mail-message-id`, `document` …"""
    value: str


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One line of the trace. `code` is a row of `docs/trace.md`; `facts` holds no patient data."""

    message: ItemId
    at: datetime
    code: str
    actor: str
    """`client:<id>`, `worker`, `mailbox:<address>`, `registry`."""
    delivery: ItemId | None = None
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PutResource:
    """A new version of a FHIR resource of ours, visible to `structures`.

    `expected_version` is the version that the writer has read (0: it must not exist): a mismatch fails the transaction.
    `content` already holds id, meta.versionId and meta.lastUpdated. `tokens` are its search values.
    """

    message: ItemId
    type: str
    id: ItemId
    expected_version: int
    updated_at: datetime
    content: bytes
    structures: frozenset[str]
    tokens: tuple[tuple[str, str], ...] = ()
    """(search parameter, value); a token value is `system|code`."""


@dataclass(frozen=True, slots=True)
class NewWork:
    """Something to do. Items of one `lane` are done in the order of their numbers, given at commit."""

    id: ItemId
    message: ItemId
    kind: WorkKind
    subject: ItemId
    lane: str
    """Whatever must stay in order, e.g. tenant, sender, mailbox, patient key and priority lane. Stored as an HMAC."""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RememberAnswer:
    """The answer that a duplicate of this request will be given. Stored with the message of `PutPayload` ANSWER.

    Scope: tenant and client. `names` are the ids by which a duplicate is recognised (Bundle.id, MessageHeader.id,
    X-Request-Id), each with the hash of the content that it stood for.
    """

    message: ItemId
    tenant: str
    client: str
    names: tuple[tuple[str, str, str], ...]
    """(name, value, sha256 of the content)"""


@dataclass(frozen=True, slots=True)
class NewMail:
    """An inward mail has been journaled, before it is parsed."""

    message: ItemId
    tenant: str
    mailbox: MailAddress
    uid_validity: int
    uid: int
    mail_message_id: str
    sha256: str


Change: TypeAlias = (
    NewMessage | MessageClassified | PutPayload | NewDelivery | MoveDelivery | LookUp | NewEvent | PutResource
    | NewWork | RememberAnswer | NewMail
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A work item in the hands of one worker until `lease_until`. The token fences late writers off."""

    work: ItemId
    message: ItemId
    tenant: str
    kind: WorkKind
    subject: ItemId
    attempts: int
    token: int
    lease_until: datetime


class Next(StrEnum):
    """What becomes of a work item when its worker lets go."""

    DONE = "done"
    AGAIN = "again"
    """Back to the queue at `due_at`; it keeps its place in the lane and holds it."""
    PARKED = "parked"
    """A person must decide; it holds its lane."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step has decided: changes, and what becomes of the work item, all in one transaction."""

    next: Next
    changes: tuple[Change, ...] = ()
    due_at: datetime | None = None
    code: str | None = None
    """Why it is to be done again or parked: a catalogue code."""


# --- what is read back -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands."""

    id: ItemId
    message: ItemId
    structure: str | None
    person: str | None
    mailbox: MailAddress
    form: str
    mail_message_id: MailMessageId
    state: DeliveryState
    code: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the trace, as kept."""

    message: ItemId
    at: datetime
    code: str
    actor: str
    delivery: ItemId | None
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands, with its deliveries."""

    id: ItemId
    tenant: str
    direction: Direction
    kind: str
    client: str | None
    accepted_at: datetime
    priority: Priority
    thread: ItemId
    """The message that opened the thread: itself, where it did."""
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """One version of a stored FHIR resource."""

    message: ItemId
    type: str
    id: ItemId
    version: int
    updated_at: datetime
    content: bytes
    structures: frozenset[str]
    tokens: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search, in order of (updated_at, id); `next` is an opaque cursor."""

    resources: tuple[Resource, ...]
    next: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Query:
    """A search over stored resources. `tokens`: every one must match one of its alternatives."""

    type: str
    tokens: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ids: tuple[str, ...] = ()
    updated_since: datetime | None = None
    count: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """A request seen before. `same` tells whether its content was the same."""

    message: ItemId
    same: bool
    answer: bytes
    name: str
    facts: tuple[tuple[str, str], ...] = field(default=())


def order_value(order: Identifier) -> str:
    """The look-up value of a thread's business id."""
    return f"{order.system}|{order.value}"
