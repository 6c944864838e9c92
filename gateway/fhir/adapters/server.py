"""The FHIR server: its route table, and the application made from it.

One file per interaction; a new one is a file and a row here. What is in the table is what `/fhir/metadata` declares.
"""

from collections.abc import Sequence
from itertools import groupby

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.fhir.adapters.door import Door
from gateway.fhir.adapters.endpoint import Endpoint, guarded, open_to_all
from gateway.fhir.adapters.errors import routing_failure
from gateway.fhir.adapters.exchange import Exchange
from gateway.fhir.adapters.health import live, ready
from gateway.fhir.adapters.interaction import Interaction, Operation
from gateway.fhir.adapters.metadata import capability_statement
from gateway.fhir.adapters.negotiation import fhir_media_type
from gateway.fhir.adapters.process_message import InFlight, process_message
from gateway.fhir.adapters.read import READABLE, read
from gateway.fhir.adapters.responses import json_response
from gateway.fhir.adapters.search import SEARCHABLE, search, search_by_post
from gateway.fhir.adapters.timeline import timeline
from gateway.fhir.format.reading import write_json
from gateway.fhir.format.systems import PROCESS_MESSAGE_OPERATION, TIMELINE_OPERATION

_PROCESS_MESSAGE = Operation("process-message", PROCESS_MESSAGE_OPERATION)
_TIMELINE = Operation("timeline", TIMELINE_OPERATION, ("Task",))


def interactions(door: Door) -> tuple[Interaction, ...]:
    """The route table. Rows of one template stand together; the first template that matches wins."""
    take_message = process_message(InFlight(door.max_messages_in_flight))
    return (
        Interaction("POST", "/fhir/$process-message", take_message, operation=_PROCESS_MESSAGE),
        Interaction("GET", "/fhir/Task/{id}/$timeline", timeline, operation=_TIMELINE),
        Interaction("POST", "/fhir/{type}/_search", search_by_post, "search-type", SEARCHABLE),
        Interaction("GET", "/fhir/{type}/{id}", read, "read", READABLE),
        Interaction("GET", "/fhir/{type}", search, "search-type", SEARCHABLE),
    )


def build_app(door: Door) -> FastAPI:
    """The application. Its documentation pages and schema are off: the CapabilityStatement is the contract."""
    return FastAPI(
        title="cpts-gateway",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        routes=[*_open_routes(door), *_guarded_routes(door)],
        middleware=[Middleware(Exchange)],
        exception_handlers={HTTPException: routing_failure, RequestValidationError: routing_failure},
    )


def _open_routes(door: Door) -> list[Route]:
    statement = write_json(capability_statement(interactions(door), door.fhir_base, door.clock.now()))

    async def metadata(request: Request) -> Response:
        return json_response(statement, fhir_media_type(request))

    async def health_live(_: Request) -> Response:
        return live()

    async def health_ready(_: Request) -> Response:
        return await ready(door)

    answers = {"/fhir/metadata": metadata, "/health/live": health_live, "/health/ready": health_ready}
    return [Route(template, Endpoint(template, open_to_all(give))) for template, give in answers.items()]


def _guarded_routes(door: Door) -> list[Route]:
    table = interactions(door)
    served = sorted({type_ for row in table for type_ in row.types})
    by_template = [(template, list(rows)) for template, rows in groupby(table, key=lambda row: row.template)]
    # Whatever else lies under /fhir needs a token too, before it is said not to exist.
    rest: Sequence[tuple[str, list[Interaction]]] = [("/fhir", []), ("/fhir/{rest:path}", [])]
    return [
        Route(template, Endpoint(template, guarded(door, rows, served))) for template, rows in (*by_template, *rest)
    ]
