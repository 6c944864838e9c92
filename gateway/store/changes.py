"""How each change of the vocabulary is written: one function per type, and the table that finds it.

Each runs inside the caller's savepoint and may raise ConflictError, which undoes all of the caller's changes.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, update

from gateway.journal import (
    Change,
    DeliveryState,
    LookUp,
    MessageClassified,
    MoveDelivery,
    NewDelivery,
    NewEvent,
    NewMail,
    NewMessage,
    NewWork,
    PayloadRole,
    PutPayload,
    PutResource,
    RememberAnswer,
)
from gateway.model import ItemId
from gateway.store import schema
from gateway.store.database import insert_into, insert_or_replace, insert_with_conflict
from gateway.store.resource_versions import put_resource
from gateway.store.schema import WorkState
from gateway.store.transaction import Home, Transaction, conflict


def write_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Write all changes in the order given, but work last: a lane's row is held from its number to the commit.

    Several lanes are taken in the order of their digests, so that two writers cannot wait for each other.
    """
    works: list[tuple[bytes, NewWork]] = []
    for change in changes:
        if isinstance(change, NewWork):
            works.append((_lane(transaction, change), change))
        else:
            _WRITE[type(change)](transaction, change)
    numbers = {work.id: _next_in_lane(transaction, work, lane) for lane, work in sorted(works, key=itemgetter(0))}
    for lane, work in works:
        _new_work(transaction, work, lane, numbers[work.id])


def payload_place(message: ItemId, delivery: ItemId | None, role: PayloadRole, index: int) -> tuple[str, str, str, str]:
    """What a payload's seal is bound to."""
    return message, delivery or "", role, str(index)


def _new_message(transaction: Transaction, change: NewMessage) -> None:
    key, wrapped = transaction.keyring.new_key(change.tenant, change.id)
    row = {
        "id": change.id,
        "tenant": change.tenant,
        "direction": change.direction,
        "kind": change.kind,
        "client": change.client,
        "accepted_at": change.accepted_at,
        "priority": change.priority,
        "thread": change.thread or change.id,
    }
    key_row = {
        "message": change.id,
        "tenant": change.tenant,
        "key_id": wrapped.key_id,
        "wrapped": wrapped.wrapped,
    }
    transaction.connection.execute(insert_into(schema.message), row)
    transaction.connection.execute(insert_into(schema.message_key), key_row)
    transaction.homes[change.id] = Home(change.tenant, key)


def _message_classified(transaction: Transaction, change: MessageClassified) -> None:
    values = {"kind": change.kind} | ({"thread": change.thread} if change.thread else {})
    statement = update(schema.message).where(schema.message.c.id == change.message).values(values)
    if transaction.connection.execute(statement).rowcount == 0:
        raise conflict("message")


def _put_payload(transaction: Transaction, change: PutPayload) -> None:
    place = payload_place(change.message, change.delivery, change.role, change.index)
    values = {
        "message": change.message,
        "delivery": change.delivery or "",
        "role": change.role,
        "position": change.index,
        "tenant": transaction.tenant(change.message),
        "media_type": change.media_type,
        "sealed": transaction.key(change.message).seal(change.content, *place),
    }
    statement = insert_or_replace(transaction.connection, schema.payload, "media_type", "sealed")
    transaction.connection.execute(statement, values)


def _new_delivery(transaction: Transaction, change: NewDelivery) -> None:
    row = {
        "id": change.id,
        "tenant": transaction.tenant(change.message),
        "message": change.message,
        "structure": change.structure,
        "person": change.person,
        "mailbox": change.mailbox,
        "form": change.form,
        "mail_message_id": change.mail_message_id,
        "state": DeliveryState.RECEIVED,
        "created_at": change.created_at,
        "updated_at": change.created_at,
    }
    transaction.connection.execute(insert_into(schema.delivery), row)


_MOVE_DELIVERY = update(schema.delivery).where(
    schema.delivery.c.id == bindparam("moved"), schema.delivery.c.state == bindparam("source")
)


def _move_delivery(transaction: Transaction, change: MoveDelivery) -> None:
    values = {
        "moved": change.delivery,
        "source": change.source,
        "state": change.target,
        "code": change.code,
        "updated_at": change.at,
    }
    if transaction.connection.execute(_MOVE_DELIVERY, values).rowcount == 0:
        raise conflict("delivery.state")


def _look_up(transaction: Transaction, change: LookUp) -> None:
    tenant = transaction.tenant(change.message)
    digest = transaction.keyring.digest(tenant, "look-up", change.name, change.value)
    values = {"digest": digest, "message": change.message, "tenant": tenant, "name": change.name}
    transaction.connection.execute(insert_or_replace(transaction.connection, schema.look_up), values)


def _new_event(transaction: Transaction, change: NewEvent) -> None:
    row = {
        "tenant": transaction.tenant(change.message),
        "message": change.message,
        "at": change.at,
        "code": change.code,
        "actor": change.actor,
        "delivery": change.delivery,
        "facts": json.dumps(change.facts),
    }
    transaction.connection.execute(insert_into(schema.event), row)


def _lane(transaction: Transaction, change: NewWork) -> bytes:
    return transaction.keyring.digest(transaction.tenant(change.message), "lane", change.lane)


def _new_work(transaction: Transaction, change: NewWork, lane: bytes, number: int) -> None:
    row = {
        "id": change.id,
        "tenant": transaction.tenant(change.message),
        "message": change.message,
        "kind": change.kind,
        "subject": change.subject,
        "lane": lane,
        "seq": number,
        "state": WorkState.TODO,
        "due_at": change.due_at,
        "attempts": 0,
        "token": 0,
    }
    transaction.connection.execute(insert_into(schema.work), row)


def _next_in_lane(transaction: Transaction, change: NewWork, lane: bytes) -> int:
    """The next number. The lane's row stays locked until the commit: the order of numbers is the order of commits."""
    statement = _count_up(transaction.connection.dialect.name)
    row = {"lane": lane, "tenant": transaction.tenant(change.message), "last_seq": 1}
    number: int = transaction.connection.execute(statement, row).scalar_one()
    return number


@cache
def _count_up(dialect: str) -> Any:
    last_seq = schema.lane.c.last_seq
    statement = insert_with_conflict(dialect, schema.lane)
    statement = statement.on_conflict_do_update(index_elements=["lane"], set_={"last_seq": last_seq + 1})
    return statement.returning(last_seq)


def _remember_answer(transaction: Transaction, change: RememberAnswer) -> None:
    digest = transaction.keyring.digest
    rows = [
        {
            "digest": digest(change.tenant, "remembered", change.client, name, value),
            "tenant": change.tenant,
            "message": change.message,
            "content": digest(change.tenant, "content", sha256),
        }
        for name, value, sha256 in change.names
    ]
    if rows:
        in_order = sorted(rows, key=itemgetter("digest"))  # for every writer the same, so that none waits in a circle
        transaction.connection.execute(insert_into(schema.remembered), in_order)


def _new_mail(transaction: Transaction, change: NewMail) -> None:
    row = {"digest": mail_digest(transaction, change), "tenant": change.tenant, "message": change.message}
    transaction.connection.execute(insert_into(schema.mail), row)
    put_mail_place(transaction, change, change.message)


def mail_digest(transaction: Transaction, mail: NewMail) -> bytes:
    """Two mails are one when mailbox, Message-ID and content are the same."""
    return transaction.keyring.digest(mail.tenant, "mail", mail.mailbox, mail.mail_message_id, mail.sha256)


def put_mail_place(transaction: Transaction, mail: NewMail, message: ItemId) -> None:
    """This place of the mailbox holds that message. One mail may lie in several places."""
    values = {
        "mailbox": mail.mailbox,
        "uid_validity": mail.uid_validity,
        "uid": mail.uid,
        "tenant": mail.tenant,
        "message": message,
    }
    transaction.connection.execute(insert_or_replace(transaction.connection, schema.mail_place, "message"), values)


_WRITE: dict[type, Callable[[Transaction, Any], None]] = {
    NewMessage: _new_message,
    MessageClassified: _message_classified,
    PutPayload: _put_payload,
    NewDelivery: _new_delivery,
    MoveDelivery: _move_delivery,
    LookUp: _look_up,
    NewEvent: _new_event,
    PutResource: put_resource,
    RememberAnswer: _remember_answer,
    NewMail: _new_mail,
}
