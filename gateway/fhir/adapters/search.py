"""`GET /fhir/{type}?…` and `POST /fhir/{type}/_search`: what this client may see and asked for, as a searchset.

POST keeps identifiers out of URLs, and so out of the logs of everything in between.

Source: FHIR R4 4.0.1, Search §3.1.1.2 (paging, self link), RESTful API §3.1.0.9 (search by POST).
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import InputError
from gateway.fhir.adapters.body import check_content, read_body
from gateway.fhir.adapters.interaction import Call
from gateway.fhir.adapters.negotiation import fhir_media_type
from gateway.fhir.adapters.paging import PAGE, read_link, write_link
from gateway.fhir.adapters.query_string import Parameters, parse_parameters, read_query
from gateway.fhir.adapters.responses import json_response
from gateway.fhir.adapters.search_query import Search, read_search
from gateway.fhir.format.outcome import operation_outcome
from gateway.fhir.format.reading import write_json
from gateway.fhir.format.search_parameters import SEARCH_PARAMETERS
from gateway.journal import Page
from gateway.model import Finding

SEARCHABLE = tuple(sorted(SEARCH_PARAMETERS))
FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 65_536


async def search(call: Call) -> Response:
    """A search by GET, or the next page of any search."""
    media_type = fhir_media_type(call.request)
    parameters = read_query(call.request)
    sealed = dict(parameters).get(PAGE)
    if sealed is None:
        return await _answer(call, _read(call, parameters), media_type)
    if len([name for name, _ in parameters if name not in ("_format", "_pretty")]) > 1:
        raise InputError(Finding("page-expired"))
    query = read_link(call.door, call.client, call.path("type"), sealed)
    return await _answer(call, Search(query, ((PAGE, sealed),)), media_type)


async def search_by_post(call: Call) -> Response:
    """A search whose parameters are in a form; those of the URL count too."""
    media_type = fhir_media_type(call.request)
    check_content(call.request, (FORM,))
    form = parse_parameters(await read_body(call.request, MAX_FORM_BYTES, call.door.body_timeout_seconds))
    return await _answer(call, _read(call, (*read_query(call.request), *form)), media_type)


def _read(call: Call, parameters: Parameters) -> Search:
    return read_search(call.path("type"), parameters, call.door.fhir_base, lenient=_is_lenient(call.request))


def _is_lenient(request: Request) -> bool:
    preferences = ",".join(request.headers.getlist("prefer")).replace(";", ",").split(",")
    return any(preference.strip().lower() == "handling=lenient" for preference in preferences)


async def _answer(call: Call, search: Search, media_type: str) -> Response:
    client = call.client
    page = await run_in_threadpool(call.door.resources.search, client.tenant, client.structures, search.query)
    return json_response(_write_searchset(call, search, page), media_type)


def _write_searchset(call: Call, search: Search, page: Page) -> bytes:
    """The Bundle, with each resource spliced in as its stored bytes: nothing of ours is ever re-serialised."""
    head = {
        "resourceType": "Bundle",
        "type": "searchset",
        "timestamp": call.door.clock.now().isoformat(timespec="milliseconds"),
        "total": page.total,
        "link": list(_links(call, search, page)),
    }
    entries = list(_entries(call, search, page))
    text = json.dumps(head, ensure_ascii=False).encode()
    return text[:-1] + b',"entry":[' + b",".join(entries) + b"]}" if entries else text


def _links(call: Call, search: Search, page: Page) -> Iterator[dict[str, str]]:
    own = f"{call.door.fhir_base}/{search.query.type}"
    yield {"relation": "self", "url": f"{own}?{urlencode(search.used)}" if search.used else own}
    if page.next and not search.only_total:
        url = write_link(call.door, call.client, replace(search.query, cursor=page.next))
        yield {"relation": "next", "url": url}


def _entries(call: Call, search: Search, page: Page) -> Iterator[bytes]:
    for resource in () if search.only_total else page.resources:
        url = json.dumps(f"{call.door.fhir_base}/{resource.type}/{resource.id}").encode()
        yield b'{"fullUrl":' + url + b',"resource":' + resource.content + b',"search":{"mode":"match"}}'
    if search.ignored:
        outcome = write_json(operation_outcome((Finding("parameter-ignored"),), call.language))
        yield b'{"resource":' + outcome + b',"search":{"mode":"outcome"}}'
