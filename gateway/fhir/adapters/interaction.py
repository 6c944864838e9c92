"""One interaction of the server: its row in the route table, and the call that its handler is given.

A handler takes a `Call`, and a `Call` holds a `Client`: so no handler can be written that runs before authentication.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from gateway.fhir.adapters.door import Door
from gateway.model import Client, Language


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known client."""

    door: Door
    request: Request
    client: Client
    language: Language
    request_id: str | None
    """The X-Request-Id that the client gave; None where it gave none, or one that is not a plain token."""

    def path(self, name: str) -> str:
        """A variable of the URL template."""
        return str(self.request.path_params[name])


Handler: TypeAlias = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A FHIR operation, as the CapabilityStatement declares it. `types` is empty for one of the whole system."""

    name: str
    definition: str
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interaction:
    """One row of the route table."""

    method: str
    template: str
    handle: Handler
    code: str = ""
    """FHIR type-restful-interaction: `read`, `search-type`; empty for an operation."""
    types: tuple[str, ...] = ()
    """The resource types that `{type}` may be."""
    operation: Operation | None = None
