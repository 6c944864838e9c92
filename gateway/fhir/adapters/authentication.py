"""Who calls: a bearer token becomes a `Client`, from the header alone, before any byte of a body is read.

The token is handed to the `Clients` port, which compares hashes, and goes nowhere else: no log, no error, no state.

Source: RFC 6750 §2.1 (Authorization header), §3 (WWW-Authenticate).
"""

import re

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from gateway.errors import InputError
from gateway.model import Client, Finding
from gateway.ports import Clients

CHALLENGE = 'Bearer realm="cpts-gateway"'
_BEARER = re.compile(r"Bearer +([A-Za-z0-9\-._~+/]{16,512}=*)", re.IGNORECASE)


async def authenticate(headers: Headers, clients: Clients) -> Client:
    """The client that the request's token belongs to, else InputError `not-authenticated`."""
    token = _find_token(headers)
    client = await run_in_threadpool(clients.find, token) if token else None
    if client is None:
        raise InputError(Finding("not-authenticated", "http.authorization"))
    return client


def _find_token(headers: Headers) -> str | None:
    """The token of the one Authorization header. Two such headers are none: proxies disagree on which one counts."""
    values = headers.getlist("authorization")
    match = _BEARER.fullmatch(values[0]) if len(values) == 1 else None
    return match[1] if match else None
