"""`POST /fhir/$process-message`: raw bytes of a message Bundle in, the answer's bytes out.

Everything that can be refused without the body is refused before it is read; in particular a caller that could not
read our answer is told so before anything is stored.

Source: FHIR R4 4.0.1, Messaging §2.5.3 ($process-message), synchronous form only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.errors import InputError
from gateway.fhir.adapters.body import check_content, read_body
from gateway.fhir.adapters.errors import RETRY_AFTER_SECONDS
from gateway.fhir.adapters.interaction import Call, Handler
from gateway.fhir.adapters.negotiation import fhir_media_type
from gateway.fhir.adapters.query_string import check_only, read_query
from gateway.fhir.adapters.responses import json_response
from gateway.model import Finding

MESSAGE_TYPES = ("application/fhir+json", "application/json")


class InFlight:
    """Counts the messages whose bodies we hold. Used by one event loop, so a plain counter is exact."""

    def __init__(self, limit: int) -> None:
        self._limit, self._count = limit, 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Room for one message. InputError `overloaded` when there is none."""
        if self._count >= self._limit:
            raise InputError(Finding("overloaded"))
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


def process_message(in_flight: InFlight) -> Handler:
    """The handler, which shares `in_flight` among all its calls."""

    async def handle(call: Call) -> Response:
        check_only(read_query(call.request), ())
        media_type = fhir_media_type(call.request)
        check_content(call.request, MESSAGE_TYPES)
        with in_flight.one():
            body = await read_body(call.request, call.door.max_body_bytes, call.door.body_timeout_seconds)
            answer = await run_in_threadpool(
                call.door.process_message, body, call.client, call.language, call.request_id
            )
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if answer.status in (429, 503) else {}
        return json_response(answer.body, media_type, answer.status, headers)

    return handle
