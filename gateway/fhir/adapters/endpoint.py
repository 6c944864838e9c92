"""All interactions of one URL template: who calls, which type, which method, then the handler.

In this order, so that a caller without a token learns nothing but that.

Source: FHIR R4 4.0.1, RESTful API §3.1.0.1; RFC 9110 §9.3.2 (HEAD is GET without the body), §15.5.6 (405, Allow).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errors import GatewayError, InputError
from gateway.fhir.adapters.authentication import authenticate
from gateway.fhir.adapters.door import Door
from gateway.fhir.adapters.errors import failure, language_of
from gateway.fhir.adapters.exchange import access_line, given_request_id
from gateway.fhir.adapters.interaction import Call, Interaction
from gateway.model import Finding

Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


class Endpoint:
    """An ASGI app for one template, whatever the method. Failures of `answer` become OperationOutcomes."""

    def __init__(self, template: str, answer: Answer) -> None:
        self._template, self._answer = template, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        access_line(scope).route = self._template
        try:
            response = await self._answer(request)
        except GatewayError as error:
            response = failure(error, language_of(request))
        await response(scope, receive, send)


def guarded(door: Door, interactions: Sequence[Interaction], served: Sequence[str]) -> Answer:
    """Answers known clients only. `interactions` are those of one template; `served` all types of the server."""

    async def answer(request: Request) -> Response:
        client = await authenticate(request.headers, door.clients)
        access_line(request.scope).client = client.id
        interaction = _find_interaction(request, interactions, served)
        call = Call(door, request, client, language_of(request), given_request_id(request.headers))
        return await interaction.handle(call)

    return answer


def open_to_all(give: Answer) -> Answer:
    """Answers anybody, GET only. For the few routes that say nothing of any patient."""

    async def answer(request: Request) -> Response:
        if _method(request) != "GET":
            raise _method_refused(["GET"])
        return await give(request)

    return answer


def _find_interaction(request: Request, interactions: Sequence[Interaction], served: Sequence[str]) -> Interaction:
    """The row for this type and method. InputError where the address, the type or the method is not served."""
    if not interactions:
        raise InputError(Finding("unknown-route"))
    type_ = request.path_params.get("type")
    if type_ is not None and type_ not in served:
        raise InputError(Finding("unknown-resource-type", facts=(("served", ", ".join(served)),)))
    fitting = [row for row in interactions if type_ is None or type_ in row.types]
    for row in fitting:
        if row.method == _method(request):
            return row
    raise _method_refused(row.method for row in fitting)


def _method(request: Request) -> str:
    """HEAD is answered as GET; `Exchange` leaves the body out."""
    return "GET" if request.method == "HEAD" else request.method


def _method_refused(methods: Iterable[str]) -> InputError:
    allowed = ", ".join("GET, HEAD" if method == "GET" else method for method in methods)
    return InputError(Finding("method-not-allowed", facts=(("allowed", allowed or "-"),)))
