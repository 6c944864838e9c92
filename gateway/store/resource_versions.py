"""How a new version of a FHIR resource is written: its sealed content, who may see it, how it is found."""

from sqlalchemy import Table, delete, insert, update

from gateway.journal import PutResource
from gateway.store import schema
from gateway.store.database import insert_into
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
    transaction.connection.execute(insert(schema.resource_version), row)
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
    head = {"version": version, "message": change.message, "updated_at": change.updated_at}
    table = schema.resource
    if change.expected_version == 0:
        row = _key(change, tenant) | head
        statement = insert_into(transaction.connection, table).values(row).on_conflict_do_nothing()
    else:
        statement = update(table).values(head).where(table.c.version == change.expected_version)
        statement = statement.where(table.c.tenant == tenant, table.c.type == change.type, table.c.id == change.id)
    if transaction.connection.execute(statement).rowcount == 0:
        raise conflict("resource.version")


def _replace(
    transaction: Transaction, table: Table, change: PutResource, tenant: str, rows: list[dict[str, object]]
) -> None:
    statement = delete(table).where(table.c.tenant == tenant, table.c.type == change.type, table.c.id == change.id)
    transaction.connection.execute(statement)
    if rows:
        key = _key(change, tenant)
        transaction.connection.execute(insert(table), [key | row for row in rows])


def _key(change: PutResource, tenant: str) -> dict[str, object]:
    return {"tenant": tenant, "type": change.type, "id": change.id}
