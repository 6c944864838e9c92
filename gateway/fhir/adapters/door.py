"""What the HTTP door needs from the rest of the house: values, ports and callables. `app` makes one `Door`.

The door knows HTTP and FHIR only. It authenticates, measures, negotiates and answers; everything else is asked here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cryptography.fernet import Fernet

from gateway.fhir.format.leaves import Json
from gateway.model import Client, Finding, Language
from gateway.ports import Clients, Clock, MessageAnswer, Resources

ProcessMessage: TypeAlias = Callable[[bytes, Client, Language, str | None], MessageAnswer]
"""(body, client, language, the caller's X-Request-Id if it gave a sane one) -> answer. Blocking."""
Timeline: TypeAlias = Callable[[Client, str], Mapping[str, Json] | None]
"""(client, Task id) -> Bundle, or None where this client sees no such Task. Blocking."""
Ready: TypeAlias = Callable[[], tuple[Finding, ...]]
"""What keeps the gateway from working; empty when it is ready. Blocking."""


@dataclass(frozen=True, slots=True)
class Door:
    """Everything that an HTTP interaction may use."""

    clients: Clients
    process_message: ProcessMessage
    resources: Resources
    timeline: Timeline
    ready: Ready
    clock: Clock
    base_url: str
    """The public origin, without `/fhir` and without a slash at the end: `https://gateway.cpts.example`."""
    max_body_bytes: int = 20_000_000
    body_timeout_seconds: float = 30.0
    """Within which a whole request body must have arrived."""
    max_messages_in_flight: int = 32
    """Bodies held in memory at once; more are answered 503 before they are read."""
    page_key: bytes = field(default_factory=Fernet.generate_key, repr=False)
    """A Fernet key that seals page links. The same for all processes behind one address."""

    @property
    def fhir_base(self) -> str:
        """The FHIR service base, under which each resource has its URL."""
        return f"{self.base_url.rstrip('/')}/fhir"
