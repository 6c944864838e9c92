"""How a new version of a FHIR resource is written: its sealed content, who may see it, how it is found."""

from functools import cache

from sqlalchemy import ColumnElement, Delete, Table, and_, bindparam, delete, update

from gateway.journal import PutResource
from gateway.store import schema
from gateway.store.database import insert_into, insert_or_replace
from gateway.store.keys import Keyring
from gateway.store.transaction import Transaction, conflict


def put_resource(transaction: Transaction, change: PutResource) -> None:
    """Visibility and search values are those of the newest version; older contents stay."""
    tenant = transaction.tenant(change.message)
    version = change.expected_version + 1
    _move_head(transaction, change, tenant, version)
    place = resource_place(change.type, change.id, version)
    row = {
        **_key(change, tenant),
        "version": version,
        "message": change.message,
        "updated_at": change.updated_at,
        "sealed": transaction.key(change.message).seal(change.content, *place),
    }
    transaction.connection.execute(insert_into(schema.resource_version), row)
    _replace(transaction, schema.resource_structure, change, tenant, [{"structure": s} for s in change.structures])
    digests = {token_digest(transaction.keyring, tenant, change.type, *token) for token in change.tokens}
    _replace(transaction, schema.resource_token, change, tenant, [{"digest": digest} for digest in digests])


def resource_place(type: str, id: str, version: int) -> tuple[str, ...]:
    """What a resource's seal is bound to, beside its message's key."""
    return "resource", type, id, str(version)


def token_digest(keyring: Keyring, tenant: str, type: str, parameter: str, value: str) -> bytes:
    """The HMAC of one search value of one type of resource."""
    return keyring.digest(tenant, "token", type, parameter, value)


def _move_head(transaction: Transaction, change: PutResource, tenant: str, version: int) -> None:
    head: dict[str, object] = {"version": version, "message": change.message, "updated_at": change.updated_at}
    if change.expected_version == 0:
        statement = insert_or_replace(transaction.connection, schema.resource)
        head |= _key(change, tenant)
    else:
        statement = _MOVE_HEAD
        head |= _old(change, tenant) | {"expected": change.expected_version}
    if transaction.connection.execute(statement, head).rowcount == 0:
        raise conflict("resource.version")


def _replace(
    transaction: Transaction, table: Table, change: PutResource, tenant: str, rows: list[dict[str, object]]
) -> None:
    if change.expected_version:
        transaction.connection.execute(_delete_of_resource(table), _old(change, tenant))
    if rows:
        key = _key(change, tenant)
        transaction.connection.execute(insert_into(table), [key | row for row in rows])


def _old(change: PutResource, tenant: str) -> dict[str, object]:
    return {f"old_{name}": value for name, value in _key(change, tenant).items()}


def _key(change: PutResource, tenant: str) -> dict[str, object]:
    return {"tenant": tenant, "type": change.type, "id": change.id}


def _is_old(table: Table) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"old_{name}") for name in ("tenant", "type", "id")))


@cache
def _delete_of_resource(table: Table) -> Delete:
    return delete(table).where(_is_old(table))


_MOVE_HEAD = update(schema.resource).where(_is_old(schema.resource), schema.resource.c.version == bindparam("expected"))
