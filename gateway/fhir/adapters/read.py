"""`GET /fhir/{type}/{id}`: one resource as it stands, or 304 when the caller already has it.

A Binary is given as itself (a PDF as application/pdf) unless FHIR JSON is asked for. What a client may not see does
not exist for it: the same 404, whether the id is unknown, ill-formed or another structure's.

Source: FHIR R4 4.0.1, RESTful API §3.1.0.2 (read), §3.1.0.1.3 (conditional read); Binary §2.42.4.
"""

import json
import re
from base64 import b64decode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import InputError
from gateway.fhir.adapters.interaction import Call
from gateway.fhir.adapters.negotiation import JSON_TYPES, fhir_media_type, native_or_fhir
from gateway.fhir.adapters.query_string import check_only, read_query
from gateway.fhir.adapters.responses import etag, json_response, version_headers
from gateway.journal import Resource
from gateway.model import Finding

READABLE = (
    "AuditEvent", "Binary", "Communication", "DocumentReference", "Patient", "Provenance", "ServiceRequest", "Task",
)  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MEDIA_TYPE = re.compile(r"[a-z0-9]+/[a-z0-9.+\-]+(; ?charset=utf-8)?", re.IGNORECASE)
_UNKNOWN_TYPE = "application/octet-stream"


async def read(call: Call) -> Response:
    """The current version of a resource."""
    check_only(read_query(call.request), ())
    binary = call.path("type") == "Binary"
    media_type = "" if binary else fhir_media_type(call.request)
    resource = await _get_resource(call)
    if _has_already(call.request, resource):
        return Response(status_code=304, headers=version_headers(resource))
    if binary:
        return _binary(call.request, resource)
    return json_response(resource.content, media_type, headers=version_headers(resource))


def get_id(call: Call) -> str:
    """The id in the address. InputError `not-found` when it can be nobody's."""
    id_ = call.path("id")
    if not _ID.fullmatch(id_):
        raise not_found()
    return id_


def not_found() -> InputError:
    return InputError(Finding("not-found"))


async def _get_resource(call: Call) -> Resource:
    client, type_, id_ = call.client, call.path("type"), get_id(call)
    resource = await run_in_threadpool(call.door.resources.read, client.tenant, client.structures, type_, id_)
    if resource is None:
        raise not_found()
    return resource


def _has_already(request: Request, resource: Resource) -> bool:
    """Weak comparison, as RFC 9110 §13.1.2 asks for If-None-Match."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return "*" in known or etag(resource).removeprefix("W/") in known


def _binary(request: Request, resource: Resource) -> Response:
    content = json.loads(resource.content)
    given = str(content.get("contentType", ""))
    native = given if _MEDIA_TYPE.fullmatch(given) else _UNKNOWN_TYPE
    media_type = native_or_fhir(request, native.partition(";")[0].lower())
    if media_type in JSON_TYPES and media_type != native.lower():
        return json_response(resource.content, media_type, headers=version_headers(resource))
    data = b64decode(content.get("data", ""))
    # As a download: content from outside must never run in our origin.
    disposition = {"Content-Disposition": "attachment"}
    return Response(data, headers=version_headers(resource) | disposition | {"Content-Type": native})
