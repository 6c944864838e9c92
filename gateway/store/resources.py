"""The port Resources: reading and searching FHIR resources of ours.

What the caller's structures may not see, or whose content was erased, does not exist for it: in no result, no count.
Order is (updated_at, id), and the cursor is the last pair seen, so that a page neither repeats nor skips what stands
still while others are written.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, exists, func, select, tuple_

from gateway.errors import InputError
from gateway.journal import Page, Query, Resource
from gateway.model import Finding
from gateway.store import schema
from gateway.store.database import reading
from gateway.store.keys import Keyring, WrappedKey
from gateway.store.resource_versions import resource_place, token_digest

MAX_COUNT = 1000
_HEAD = schema.resource.c
_KEY = ("tenant", "type", "id")


class SqlResources:
    """Implements `ports.Resources`. `Resource.tokens` stays empty: search values are kept as HMACs only."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine, self._keyring = engine, keyring

    def read(self, tenant: str, structures: frozenset[str], type: str, id: str) -> Resource | None:
        visible = and_(_is_visible(tenant, structures, type), _HEAD.id == id)
        with reading(self._engine) as connection:
            found = self._open(connection, _CONTENTS.where(visible))
        return found[0] if found else None

    def search(self, tenant: str, structures: frozenset[str], query: Query) -> Page:
        """See the port. At most `MAX_COUNT` resources in a page. Raises InputError (`invalid-cursor`)."""
        matching = and_(_is_visible(tenant, structures, query.type), *self._conditions(tenant, query))
        count = max(0, min(query.count, MAX_COUNT))
        page = _CONTENTS.where(matching, *_after(query.cursor)).order_by(_HEAD.updated_at, _HEAD.id).limit(count + 1)
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(schema.resource).where(matching)).scalar_one()
            found = self._open(connection, page) if count else []
        has_more = len(found) > count
        return Page(tuple(found[:count]), _cursor(found[count - 1]) if has_more else None, total)

    def _conditions(self, tenant: str, query: Query) -> list[ColumnElement[bool]]:
        conditions = [self._has_token(tenant, query.type, *token) for token in query.tokens]
        if query.ids:
            conditions.append(_HEAD.id.in_(query.ids))
        if query.updated_since:
            conditions.append(_HEAD.updated_at >= query.updated_since)
        return conditions

    def _has_token(self, tenant: str, type: str, parameter: str, values: Sequence[str]) -> ColumnElement[bool]:
        digests = [token_digest(self._keyring, tenant, type, parameter, value) for value in values]
        token = schema.resource_token
        # IN rather than EXISTS: the few rows of a rare value are found first, instead of trying every resource.
        ids = select(token.c.id).where(token.c.digest.in_(digests), token.c.tenant == tenant, token.c.type == type)
        return _HEAD.id.in_(ids)

    def _open(self, connection: Connection, query: Select[Any]) -> list[Resource]:
        rows = connection.execute(query).all()
        structures = _structures(connection, rows)
        return [_resource(row, self._keyring, structures[row.id]) for row in rows]


def _is_visible(tenant: str, structures: frozenset[str], type: str) -> ColumnElement[bool]:
    seen = schema.resource_structure
    is_theirs = exists().where(
        and_(*(seen.c[name] == _HEAD[name] for name in _KEY)), seen.c.structure.in_(sorted(structures))
    )
    is_readable = exists().where(schema.message_key.c.message == _HEAD.message)
    return and_(
        _HEAD.tenant == tenant,
        _HEAD.type == type,
        is_theirs.correlate(schema.resource),
        is_readable.correlate(schema.resource),
    )


_VERSION = schema.resource_version
_CONTENTS = (
    select(schema.resource, _VERSION.c.sealed, schema.message_key.c.key_id, schema.message_key.c.wrapped)
    .join(_VERSION, and_(*(_VERSION.c[name] == _HEAD[name] for name in _KEY), _VERSION.c.version == _HEAD.version))
    .join(schema.message_key, schema.message_key.c.message == _HEAD.message)
)


def _structures(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, frozenset[str]]:
    """All structures that see each of these resources, which are of one tenant and type."""
    seen = schema.resource_structure.c
    found: dict[str, frozenset[str]] = {row.id: frozenset() for row in rows}
    if rows:
        query = select(seen.id, seen.structure).where(
            seen.tenant == rows[0].tenant, seen.type == rows[0].type, seen.id.in_(found)
        )
        for id, structure in connection.execute(query):
            found[id] |= {structure}
    return found


def _resource(row: Row[Any], keyring: Keyring, structures: frozenset[str]) -> Resource:
    key = keyring.unwrap(WrappedKey(row.key_id, row.wrapped), row.tenant, row.message)
    content = key.open(row.sealed, *resource_place(row.type, row.id, row.version))
    return Resource(row.message, row.type, row.id, row.version, row.updated_at, content, structures)


def _cursor(last: Resource) -> str:
    return base64.urlsafe_b64encode(f"{last.updated_at.isoformat()} {last.id}".encode()).decode()


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    try:
        at, _, id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        updated_at = datetime.fromisoformat(at).astimezone(UTC)
    except (binascii.Error, ValueError, OverflowError):
        raise InputError(Finding("invalid-cursor")) from None
    return [tuple_(_HEAD.updated_at, _HEAD.id) > tuple_(updated_at, id)]
