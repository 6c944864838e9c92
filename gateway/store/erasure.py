"""Erasing one message: its key is deleted, so its contents can never be opened again. SQLite overwrites it at once;
PostgreSQL when it next vacuums the table (ADR 3).

Look-ups and search values of the message go too. What stays is the trace without patient data, and the HMACs by which
a duplicate is recognised. Copies of the key in backups made before must be dealt with by whoever keeps the backups.
"""

from sqlalchemy import Connection, Engine, and_, delete, exists

from gateway.model import ItemId
from gateway.store import schema
from gateway.store.database import differences
from gateway.store.writer import Writer


def erase(engine: Engine, writer: Writer, message: ItemId) -> bool:
    """True once it is durable; False when there was nothing to erase."""
    is_erased = writer.run(lambda connection: _forget(connection, message))
    if is_erased:
        differences(engine).clear_log(engine)
    return is_erased


def _forget(connection: Connection, message: ItemId) -> bool:
    token, head = schema.resource_token, schema.resource
    of_message = exists().where(
        head.c.message == message, and_(*(head.c[name] == token.c[name] for name in ("tenant", "type", "id")))
    )
    connection.execute(delete(schema.look_up).where(schema.look_up.c.message == message))
    connection.execute(delete(token).where(of_message))
    key = schema.message_key
    return connection.execute(delete(key).where(key.c.message == message)).rowcount > 0
