"""Around every request: its id, its line in the access log, the security headers, and the net under it.

The log line holds the route template, never the URL: identifiers of patients may stand in queries. An exception that
nobody foresaw is logged by its class and place only, since its text may hold input.
"""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.fhir.adapters.errors import internal_error, language_of

ACCESS = logging.getLogger("gateway.access")
FAILURES = logging.getLogger("gateway.failures")
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CLIENT_WENT_AWAY = 499
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}


@dataclass(slots=True)
class AccessLine:
    """One line of the access log, filled while the request is handled."""

    request_id: str
    method: str
    route: str = ""
    """The URL template; empty where no route matched."""
    client: str = ""
    status: int = _CLIENT_WENT_AWAY
    ms: float = 0.0


def access_line(scope: Scope) -> AccessLine:
    """The line of the request that is being handled."""
    line: AccessLine = scope["cpts_gateway.access_line"]
    return line


def given_request_id(headers: Headers) -> str | None:
    """The caller's X-Request-Id, if it is one plain token of at most 64 characters."""
    values = headers.getlist("x-request-id")
    return values[0] if len(values) == 1 and _SANE_ID.fullmatch(values[0]) else None


class Exchange:
    """ASGI middleware, the outermost of ours. `new_id` makes the id of a request that came without one."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str] = lambda: uuid4().hex) -> None:
        self._app, self._new_id = app, new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        line = AccessLine(given_request_id(Headers(scope=scope)) or self._new_id(), _known_method(scope["method"]))
        scope["cpts_gateway.access_line"] = line
        started = perf_counter()
        try:
            await self._answer(scope, receive, _decorated(send, line))
        finally:
            line.ms = round((perf_counter() - started) * 1000, 1)
            ACCESS.info(json.dumps(asdict(line)))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        line = access_line(scope)
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            line.status = _CLIENT_WENT_AWAY
        except Exception as error:
            FAILURES.error(
                json.dumps({"request_id": line.request_id, "error": type(error).__name__, "at": _place(error)})
            )
            if line.status == _CLIENT_WENT_AWAY:  # nothing has been sent yet
                await internal_error(language_of(Request(scope)))(scope, receive, send)


def _decorated(send: Send, line: AccessLine) -> Send:
    """`send` with our headers on the response, and without a body in the answer to HEAD."""

    async def send_decorated(message: Message) -> None:
        if message["type"] == "http.response.start":
            line.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = line.request_id
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        elif line.method == "HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_decorated


def _known_method(method: str) -> str:
    """The method, if it is a usual one: the word comes from outside and goes into the log."""
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"


def _place(error: BaseException) -> str:
    """Module and line where the exception arose: code of ours or of a library, never a value."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}" if traceback else "?"
