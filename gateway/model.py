"""The neutral values that every room may hold: who, to whom, about whom, which kind, which thread.

Frozen dataclasses, no behaviour beyond what a value can say of itself, no input or output.
Clinical content is not here: FHIR is the canonical content, and no third clinical model exists.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

ItemId = NewType("ItemId", str)
"""Our own id of a message, a delivery or a resource: opaque, never derived from content."""
MailMessageId = NewType("MailMessageId", str)
"""An RFC 5322 Message-ID with its angle brackets."""
MailAddress = NewType("MailAddress", str)
Oid = NewType("Oid", str)


class Language(StrEnum):
    """The two languages in which the gateway speaks to people."""

    FRENCH = "fr"
    ENGLISH = "en"


class Severity(StrEnum):
    """How much a finding weighs; the words of FHIR OperationOutcome.issue.severity."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Priority(StrEnum):
    """Clinical priority; the words of FHIR request-priority."""

    STAT = "stat"
    ASAP = "asap"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def lane(self) -> str:
        """Messages wait only for messages of their own lane."""
        return "urgent" if self in (Priority.STAT, Priority.ASAP) else "routine"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed in an input: `code` is a row of the error catalogue, `path` says where.

    `facts` fills the placeholders of the catalogue's sentences (sizes, names of elements, codes of
    value sets): never a name, an identifier or another value taken from a patient.
    """

    code: str
    path: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier; `system` is a URI (`urn:oid:…` for an OID)."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Party:
    """A professional within a structure, a professional alone, or a structure alone.

    `person` is a PS_IdNat ("8" + RPPS), `structure` a Struct_IdNat ("1" + FINESS …); `name` is for people.
    """

    person: str | None
    structure: str | None
    name: str


class InsStatus(StrEnum):
    """Reliability of an identity that carries an INS. Only `QUALIFIED` may travel. Source: RNIV; FR Core 2.2."""

    PROVISIONAL = "PROV"
    RETRIEVED = "RECUP"
    VALIDATED = "VALI"
    QUALIFIED = "QUAL"


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """What routing and look-up need of a patient: identifiers only. Clinical rooms read the resources."""

    local: Identifier | None
    ins: Identifier | None
    ins_status: InsStatus | None

    @property
    def key(self) -> Identifier | None:
        """(assigning authority, local id); the INS only where no local id exists."""
        return self.local or self.ins


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything needed to route one message: no clinical content."""

    kind: str
    """A row of the catalog, e.g. `referral-request`."""
    sender: Party
    recipients: tuple[Party, ...]
    patient: PatientIdentity
    priority: Priority
    order: Identifier
    """The business id of the thread: the Task's first identifier."""
    answer_due: datetime | None = None


class MailboxType(StrEnum):
    """Source: MSSanté, JDV_J139."""

    PERSONAL = "PER"
    ORGANISATION = "ORG"
    APPLICATION = "APP"
    PRACTICE = "CAB"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of the CPTS registry and what its reader can take."""

    address: MailAddress
    type: MailboxType
    owner: Party
    form: str = "level-1"
    """`level-1` or `level-3`: the richest CDA that its software reads."""
    max_bytes: int = 10_000_000
    red_listed: bool = False
    live_until: date | None = None
    """The last day on which it may be used; None: no end is known."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The mailbox chosen for one recipient, with the reasons that are shown to people."""

    recipient: Party
    mailbox: Mailbox
    form: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """A piece of software that may call us, and the structures (Struct_IdNat) it may speak for."""

    id: str
    tenant: str
    structures: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the gateway is on the wire."""

    tenant: str
    name: str
    """What people read, e.g. "CPTS Vesle et Suippe"."""
    mailbox: MailAddress
    oid: Oid
    """sourceId of our submission sets."""
    nil: str
    """X-MSS-NIL: our product number."""
