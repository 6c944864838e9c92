"""Reading a request body: never more than the limit in memory, never longer than the time allowed, never unpacked.

A body that announces too much is refused before its first byte is read; one that lies is cut while it streams.
"""

import asyncio
from collections.abc import Collection

from starlette.requests import Request

from gateway.errors import InputError
from gateway.fhir.adapters.negotiation import media_type_of
from gateway.model import Finding


def check_content(request: Request, media_types: Collection[str]) -> None:
    """InputError unless the body is declared as one of `media_types`, in UTF-8 and not compressed."""
    media_type, parameters = media_type_of(request.headers.get("content-type", ""))
    if media_type not in media_types or parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise InputError(Finding("unsupported-media-type", "http.content-type"))
    if any(value.strip().lower() not in ("", "identity") for value in request.headers.getlist("content-encoding")):
        raise InputError(Finding("unsupported-content-encoding", "http.content-encoding"))


async def read_body(request: Request, max_bytes: int, timeout_seconds: float) -> bytes:
    """The whole body. InputError `too-large` beyond `max_bytes`, `request-timeout` beyond `timeout_seconds`."""
    if _announced_bytes(request) > max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _collect(request, max_bytes)
    except TimeoutError:
        raise InputError(Finding("request-timeout", facts=(("seconds", f"{timeout_seconds:g}"),))) from None


def _announced_bytes(request: Request) -> int:
    text = request.headers.get("content-length", "")
    return int(text[:20]) if text.isascii() and text.isdecimal() else 0


async def _collect(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > max_bytes:
            raise _too_large(max_bytes)
        body += chunk
    return bytes(body)


def _too_large(limit: int) -> InputError:
    return InputError(Finding("too-large", "http.content-length", (("limit", str(limit)),)))
