"""`GET /fhir/Task/{id}/$timeline`: all that happened to one referral, in order, as a collection Bundle."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.fhir.adapters.interaction import Call
from gateway.fhir.adapters.negotiation import fhir_media_type
from gateway.fhir.adapters.query_string import check_only, read_query
from gateway.fhir.adapters.read import get_id, not_found
from gateway.fhir.adapters.responses import json_response
from gateway.fhir.format.reading import write_json


async def timeline(call: Call) -> Response:
    """The story of a Task that this client may see."""
    check_only(read_query(call.request), ())
    media_type = fhir_media_type(call.request)
    bundle = await run_in_threadpool(call.door.timeline, call.client, get_id(call))
    if bundle is None:
        raise not_found()
    return json_response(write_json(bundle), media_type)
