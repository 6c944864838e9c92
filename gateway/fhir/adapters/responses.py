"""Bytes and headers of an answer.

Source: FHIR R4 4.0.1, RESTful API §3.1.0.1.9 (media types are UTF-8), §3.1.0.2 (ETag, Last-Modified).
"""

from collections.abc import Mapping
from email.utils import format_datetime

from starlette.responses import Response

from gateway.journal import Resource


def json_response(
    body: bytes, media_type: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON bytes as they are."""
    return Response(body, status, {**(headers or {}), "Content-Type": f"{media_type}; charset=utf-8"})


def version_headers(resource: Resource) -> dict[str, str]:
    """What lets a client ask whether it already has this version."""
    return {"ETag": etag(resource), "Last-Modified": format_datetime(resource.updated_at, usegmt=True)}


def etag(resource: Resource) -> str:
    return f'W/"{resource.version}"'
