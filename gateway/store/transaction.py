"""One caller's changes in the making: the connection, and what is known of the messages that they belong to."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select

from gateway.errors import ConflictError
from gateway.model import Finding, ItemId
from gateway.store import schema
from gateway.store.keys import DataKey, Keyring, WrappedKey


@dataclass(frozen=True, slots=True)
class Home:
    """Where the content of a message belongs: its tenant, and its key unless that was erased."""

    tenant: str
    key: DataKey | None


@dataclass(slots=True)
class Transaction:
    """Lives for one savepoint; `homes` saves reading the same message for each of its changes."""

    connection: Connection
    keyring: Keyring
    homes: dict[ItemId, Home] = field(default_factory=dict)

    def tenant(self, message: ItemId) -> str:
        """Raises ConflictError when the message does not exist."""
        return self._home(message).tenant

    def key(self, message: ItemId) -> DataKey:
        """Raises ConflictError when the message does not exist or was erased."""
        key = self._home(message).key
        if key is None:
            raise conflict("message.key")
        return key

    def _home(self, message: ItemId) -> Home:
        if message not in self.homes:
            self.homes[message] = find_home(self.connection, self.keyring, message)
        return self.homes[message]


_HOME = (
    select(schema.message.c.tenant, schema.message_key.c.key_id, schema.message_key.c.wrapped)
    .join_from(schema.message, schema.message_key, isouter=True)
    .where(schema.message.c.id == bindparam("message"))
)


def find_home(connection: Connection, keyring: Keyring, message: ItemId) -> Home:
    """Tenant and key of a stored message. Raises ConflictError when there is none."""
    row = connection.execute(_HOME, {"message": message}).one_or_none()
    if row is None:
        raise conflict("message")
    key = keyring.unwrap(WrappedKey(row.key_id, row.wrapped), row.tenant, message) if row.wrapped else None
    return Home(row.tenant, key)


def conflict(path: str) -> ConflictError:
    """What does not stand as the writer believed: `message`, `delivery.state`, `resource.version` …"""
    return ConflictError(Finding("conflict", path))
