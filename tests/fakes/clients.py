"""The clients in memory: a token is kept as its hash only, as in the store."""

from hashlib import sha256

from gateway.model import Client


class ClientsInMemory:
    """Twin of the port Clients."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def find(self, token: str) -> Client | None:
        return self._clients.get(sha256(token.encode()).hexdigest())

    def add(self, name: str, tenant: str, structures: frozenset[str]) -> str:
        token = f"made-up-token-of-{name}"
        self._clients[sha256(token.encode()).hexdigest()] = Client(name, tenant, structures)
        return token
