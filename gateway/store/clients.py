"""The port Clients: the software that may call us. A token is 256 random bits; only its SHA-256 is kept.

A hash without salt or stretching is enough for a random token of that size: there is nothing to guess.
"""

import secrets
from hashlib import sha256

from sqlalchemy import Connection, Engine, select

from gateway.model import Client
from gateway.ports import Clock, Ids
from gateway.store import schema
from gateway.store.database import insert_into, reading
from gateway.store.writer import Writer

_TOKEN_BYTES = 32


class SqlClients:
    """Implements `ports.Clients`."""

    def __init__(self, engine: Engine, writer: Writer, clock: Clock, ids: Ids) -> None:
        self._engine, self._writer, self._clock, self._ids = engine, writer, clock, ids

    def find(self, token: str) -> Client | None:
        client, bound = schema.client.c, schema.client_structure.c
        query = (
            select(client.id, client.tenant, bound.structure)
            .join_from(schema.client, schema.client_structure, isouter=True)
            .where(client.token_sha256 == _hash(token))
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        if not rows:
            return None
        return Client(rows[0].id, rows[0].tenant, frozenset(row.structure for row in rows if row.structure))

    def add(self, name: str, tenant: str, structures: frozenset[str]) -> str:
        token, id = secrets.token_urlsafe(_TOKEN_BYTES), self._ids.new()
        row = {
            "id": id,
            "tenant": tenant,
            "name": name,
            "created_at": self._clock.now(),
            "token_sha256": _hash(token),
        }
        bound = [{"client": id, "tenant": tenant, "structure": structure} for structure in sorted(structures)]

        def write(connection: Connection) -> None:
            connection.execute(insert_into(schema.client), row)
            if bound:
                connection.execute(insert_into(schema.client_structure), bound)

        self._writer.run(write)
        return token


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
