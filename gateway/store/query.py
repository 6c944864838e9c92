"""The port JournalQuery: reading the journal."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, select

from gateway.journal import Delivery, DeliveryState, Direction, Event, Message, PayloadRole
from gateway.model import ItemId, MailMessageId, Priority
from gateway.store import schema
from gateway.store.changes import payload_place
from gateway.store.database import reading
from gateway.store.keys import Keyring, WrappedKey


class SqlJournalQuery:
    """Implements `ports.JournalQuery`."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine, self._keyring = engine, keyring

    def message(self, message: ItemId) -> Message | None:
        found = self._messages(_MESSAGES.where(schema.message.c.id == message))
        return found[0] if found else None

    def messages(
        self, tenant: str, *, direction: Direction | None = None, limit: int = 50, before: datetime | None = None
    ) -> list[Message]:
        table = schema.message.c
        query = _MESSAGES.where(table.tenant == tenant)
        if direction:
            query = query.where(table.direction == direction)
        if before:
            query = query.where(table.accepted_at < before)
        return self._messages(query.order_by(table.accepted_at.desc(), table.number.desc()).limit(limit))

    def thread(self, message: ItemId) -> list[Message]:
        table, one = schema.message, schema.message.alias("one")
        query = _MESSAGES.join(one, (one.c.thread == table.c.thread) & (one.c.tenant == table.c.tenant))
        return self._messages(query.where(one.c.id == message).order_by(table.c.number))

    def find(self, tenant: str, name: str, value: str) -> list[Message]:
        """In order of acceptance."""
        digest = self._keyring.digest(tenant, "look-up", name, value)
        query = _MESSAGES.join(schema.look_up, schema.look_up.c.message == schema.message.c.id)
        return self._messages(query.where(schema.look_up.c.digest == digest).order_by(schema.message.c.number))

    def delivery(self, delivery: ItemId) -> Delivery | None:
        return self._delivery(select(schema.delivery).where(schema.delivery.c.id == delivery))

    def find_delivery(self, mail_message_id: MailMessageId) -> Delivery | None:
        return self._delivery(select(schema.delivery).where(schema.delivery.c.mail_message_id == mail_message_id))

    def events(self, message: ItemId) -> list[Event]:
        table = schema.event.c
        with reading(self._engine) as connection:
            rows = connection.execute(select(schema.event).where(table.message == message).order_by(table.number))
            return [_event(row) for row in rows]

    def payload(
        self, message: ItemId, role: PayloadRole, delivery: ItemId | None = None, index: int = 0
    ) -> bytes | None:
        with reading(self._engine) as connection:
            return open_payload(connection, self._keyring, message, role, delivery, index)

    def _messages(self, query: Select[Any]) -> list[Message]:
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            deliveries = _deliveries(connection, [row.id for row in rows])
        return [_message(row, deliveries[row.id]) for row in rows]

    def _delivery(self, query: Select[Any]) -> Delivery | None:
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return _read_delivery(row) if row else None


_MESSAGES = select(schema.message)
_PAYLOAD = (
    select(schema.payload.c.sealed, schema.message_key)
    .join(schema.message_key, schema.payload.c.message == schema.message_key.c.message)
    .where(*(column == bindparam(column.name) for column in schema.payload.primary_key))
)


def open_payload(
    connection: Connection,
    keyring: Keyring,
    message: ItemId,
    role: PayloadRole,
    delivery: ItemId | None = None,
    index: int = 0,
) -> bytes | None:
    """A payload in clear; None where there is none or its key was erased."""
    place = {"message": message, "delivery": delivery or "", "role": role, "position": index}
    row = connection.execute(_PAYLOAD, place).one_or_none()
    if row is None:
        return None
    data_key = keyring.unwrap(WrappedKey(row.key_id, row.wrapped), row.tenant, message)
    return data_key.open(row.sealed, *payload_place(message, delivery, role, index))


def _deliveries(connection: Connection, messages: Sequence[ItemId]) -> dict[ItemId, tuple[Delivery, ...]]:
    table = schema.delivery.c
    query = select(schema.delivery).where(table.message.in_(messages)).order_by(table.number)
    found: defaultdict[ItemId, tuple[Delivery, ...]] = defaultdict(tuple)
    for row in connection.execute(query) if messages else ():
        found[row.message] += (_read_delivery(row),)
    return found


def _message(row: Row[Any], deliveries: tuple[Delivery, ...]) -> Message:
    return Message(
        id=row.id,
        tenant=row.tenant,
        direction=Direction(row.direction),
        kind=row.kind,
        client=row.client,
        accepted_at=row.accepted_at,
        priority=Priority(row.priority),
        thread=row.thread,
        deliveries=deliveries,
    )


def _read_delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        message=row.message,
        structure=row.structure,
        person=row.person,
        mailbox=row.mailbox,
        form=row.form,
        mail_message_id=row.mail_message_id,
        state=DeliveryState(row.state),
        code=row.code,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _event(row: Row[Any]) -> Event:
    facts = tuple((name, value) for name, value in json.loads(row.facts))
    return Event(row.message, row.at, row.code, row.actor, row.delivery, facts)
