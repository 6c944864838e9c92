"""The tables of the journal. A message's rows carry its tenant; patient data stands in `sealed` columns or as HMACs.

Only types that SQLite and PostgreSQL share. States and codes are text, so that an operator can read them; instants are
UTC. `VERSION` goes up with every change of these tables.

Source: ADR 3; the shape of `work` (sequence, lease, token, attempts) and its indexes are described there.
"""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

VERSION = 2
"""2: `mailbox_lease`."""


class WorkState(StrEnum):
    """Where a work item stands. The first three are open: they hold whatever comes later in their lane."""

    TODO = "todo"
    DOING = "doing"
    PARKED = "parked"
    DONE = "done"
    SKIPPED = "skipped"


class Instant(TypeDecorator[datetime]):
    """An aware date-time, stored in UTC. SQLite keeps no offset, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


# SQLite numbers rows by itself only in a column declared INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")
Digest = LargeBinary(32)

metadata = MetaData()


def _tenant() -> Column[str]:
    return Column("tenant", String, nullable=False)


def _message(*, primary_key: bool = False) -> Column[str]:
    return Column("message", ForeignKey("message.id"), primary_key=primary_key, nullable=False)


store_version = Table(
    "store_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("key_id", String, nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    _tenant(),
    Column("direction", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("client", String),
    Column("accepted_at", Instant, nullable=False),
    Column("priority", String, nullable=False),
    Column("thread", ForeignKey("message.id"), nullable=False, index=True),
    Index("message_newest", "tenant", "accepted_at", "number"),
)

message_key = Table(
    "message_key",
    metadata,
    _message(primary_key=True),
    _tenant(),
    Column("key_id", String, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    comment="Deleting a row erases the content of its message.",
)

payload = Table(
    "payload",
    metadata,
    _message(primary_key=True),
    Column("delivery", String, primary_key=True, comment="empty when it belongs to the whole message"),
    Column("role", String, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _tenant(),
    Column("media_type", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    _tenant(),
    Column("message", ForeignKey("message.id"), nullable=False, index=True),
    Column("structure", String),
    Column("person", String),
    Column("mailbox", String, nullable=False),
    Column("form", String, nullable=False),
    Column("mail_message_id", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("code", String),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

look_up = Table(
    "look_up",
    metadata,
    Column("digest", Digest, primary_key=True),
    _message(primary_key=True),
    _tenant(),
    Column("name", String, nullable=False),
    Index("look_up_message", "message"),
)

event = Table(
    "event",
    metadata,
    Column("number", Number, primary_key=True),
    _tenant(),
    Column("message", ForeignKey("message.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("code", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("delivery", ForeignKey("delivery.id")),
    Column("facts", Text, nullable=False, comment="JSON: [[name, value], …]"),
)

resource = Table(
    "resource",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False, comment="the current one"),
    _message(),
    Column("updated_at", Instant, nullable=False),
    Index("resource_newest", "tenant", "type", "updated_at", "id"),
    Index("resource_message", "message"),
)


def _of_resource() -> tuple[Column[str], Column[str], Column[str], ForeignKeyConstraint]:
    names = ("tenant", "type", "id")
    columns = tuple(Column(name, String, primary_key=True) for name in names)
    return *columns, ForeignKeyConstraint(names, [resource.c[name] for name in names])  # type: ignore[return-value]


resource_version = Table(
    "resource_version",
    metadata,
    *_of_resource(),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _message(),
    Column("updated_at", Instant, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

resource_structure = Table(
    "resource_structure", metadata, *_of_resource(), Column("structure", String, primary_key=True)
)

resource_token = Table(
    "resource_token",
    metadata,
    *_of_resource(),
    Column("digest", Digest, primary_key=True, comment="HMAC of (type, search parameter, value)"),
    Index("resource_token_digest", "digest"),
)

lane = Table(
    "lane",
    metadata,
    Column("lane", Digest, primary_key=True),
    _tenant(),
    Column("last_seq", Integer, nullable=False),
)

_OPEN = text("state IN ('todo', 'doing', 'parked')")
_TODO = text("state = 'todo'")
_DOING = text("state = 'doing'")
_PARKED = text("state = 'parked'")

work = Table(
    "work",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    _tenant(),
    Column("message", ForeignKey("message.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("lane", Digest, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("code", String),
    UniqueConstraint("lane", "seq"),
    Index("work_todo", "due_at", "number", sqlite_where=_TODO, postgresql_where=_TODO),
    Index("work_open", "lane", "seq", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("work_leased", "lease_until", sqlite_where=_DOING, postgresql_where=_DOING),
    Index("work_parked", "number", sqlite_where=_PARKED, postgresql_where=_PARKED),
    # Every item changes three times or more: its dead rows are cleared by their number, not by a share of all rows.
    postgresql_with={
        "autovacuum_vacuum_threshold": 1000,
        "autovacuum_vacuum_scale_factor": 0,
        "autovacuum_analyze_threshold": 1000,
        "autovacuum_analyze_scale_factor": 0,
    },
)

remembered = Table(
    "remembered",
    metadata,
    Column("digest", Digest, primary_key=True, comment="HMAC of (client, name, value)"),
    _tenant(),
    _message(),
    Column("content", Digest, nullable=False, comment="HMAC of the content's hash"),
)

mail = Table(
    "mail",
    metadata,
    Column("digest", Digest, primary_key=True, comment="HMAC of (mailbox, Message-ID, hash)"),
    _tenant(),
    _message(),
)

mail_place = Table(
    "mail_place",
    metadata,
    Column("mailbox", String, primary_key=True),
    Column("uid_validity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    _tenant(),
    _message(),
)

mailbox_lease = Table(
    "mailbox_lease",
    metadata,
    Column("mailbox", String, primary_key=True),
    Column("holder", String, nullable=False, comment="the store, in one process, whose reader has its turn"),
    Column("lease_until", Instant, nullable=False),
)

client = Table(
    "client",
    metadata,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("name", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("token_sha256", Digest, nullable=False, unique=True),
)

client_structure = Table(
    "client_structure",
    metadata,
    Column("client", ForeignKey("client.id"), primary_key=True),
    Column("structure", String, primary_key=True),
    _tenant(),
)
