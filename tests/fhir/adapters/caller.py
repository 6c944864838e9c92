"""Calls the server as an ASGI application, byte by byte: what a well-behaved HTTP client would never send, too."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes
    chunks_read: int
    """How many times the server asked for a piece of the body."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the OperationOutcome's first issue."""
        assert self.json["resourceType"] == "OperationOutcome"
        code: str = self.json["issue"][0]["details"]["coding"][0]["code"]
        return code


class Caller:
    """A client with a token, or without one."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app, self._token = app, token

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Reply:
        return self.ask("GET", target, headers)

    def post(self, target: str, body: bytes | Iterable[bytes], headers: Mapping[str, str] | None = None) -> Reply:
        return self.ask("POST", target, {"Content-Type": "application/fhir+json", **(headers or {})}, body)

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] = b"",
        delay_seconds: float = 0,
    ) -> Reply:
        given = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        pairs = [(n.lower().encode(), v.encode("latin-1")) for n, v in {**given, **(headers or {})}.items()]
        chunks = iter([body] if isinstance(body, bytes) else body)
        return asyncio.run(self._exchange(method, target, pairs, chunks, delay_seconds))

    async def _exchange(
        self, method: str, target: str, headers: list[tuple[bytes, bytes]], chunks: Any, delay_seconds: float
    ) -> Reply:
        path, _, query = target.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        sent: list[Message] = []
        reads = 0

        async def receive() -> Message:
            nonlocal reads
            reads += 1
            await asyncio.sleep(delay_seconds)
            chunk = next(chunks, None)
            if chunk is None:
                return {"type": "http.request", "body": b"", "more_body": False}
            return {"type": "http.request", "body": chunk, "more_body": True}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        names = {k.decode().lower(): v.decode("latin-1") for k, v in sent[0]["headers"]}
        return Reply(sent[0]["status"], names, b"".join(m["body"] for m in sent[1:]), reads)
