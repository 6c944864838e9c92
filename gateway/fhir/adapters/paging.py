"""Page links: the rest of a search, sealed, so that no identifier of a patient ever stands in a URL of ours.

A link is opaque, belongs to one client, and expires after an hour. Source: FHIR R4 4.0.1, RESTful API §3.1.0.1.13.
"""

import json
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from gateway.errors import InputError
from gateway.fhir.adapters.door import Door
from gateway.journal import Query
from gateway.model import Client, Finding

PAGE = "_page"
LIFETIME_SECONDS = 3600


def write_link(door: Door, client: Client, query: Query) -> str:
    """The URL of the page that `query` asks for."""
    content = {
        "client": [client.tenant, client.id],
        "type": query.type,
        "tokens": query.tokens,
        "ids": query.ids,
        "since": query.updated_since.isoformat() if query.updated_since else None,
        "count": query.count,
        "cursor": query.cursor,
    }
    sealed = Fernet(door.page_key).encrypt_at_time(json.dumps(content).encode(), _seconds(door))
    return f"{door.fhir_base}/{query.type}?{PAGE}={sealed.decode()}"


def read_link(door: Door, client: Client, type_: str, sealed: str) -> Query:
    """The query of a link made by `write_link` for this client and type. InputError `page-expired` otherwise."""
    try:
        content = json.loads(Fernet(door.page_key).decrypt_at_time(sealed.encode(), LIFETIME_SECONDS, _seconds(door)))
    except (InvalidToken, UnicodeEncodeError):
        raise _expired() from None
    if content["client"] != [client.tenant, client.id] or content["type"] != type_:
        raise _expired()
    return _query(content)


def _query(content: dict[str, Any]) -> Query:
    since = content["since"]
    return Query(
        type=content["type"],
        tokens=tuple((name, tuple(values)) for name, values in content["tokens"]),
        ids=tuple(content["ids"]),
        updated_since=datetime.fromisoformat(since) if since else None,
        count=content["count"],
        cursor=content["cursor"],
    )


def _seconds(door: Door) -> int:
    return int(door.clock.now().timestamp())


def _expired() -> InputError:
    return InputError(Finding("page-expired"))
