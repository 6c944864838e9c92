"""Contract of the port Clients."""

from gateway.store import Store
from tests.ports.stores import TENANT


def test_a_client_is_found_by_its_token(store: Store):
    token = store.clients.add("Cabinet des Tilleuls", TENANT, frozenset({"1510000001", "1510000002"}))
    client = store.clients.find(token)
    assert (client.tenant, client.structures) == (TENANT, {"1510000001", "1510000002"})


def test_tokens_are_long_and_never_the_same(store: Store):
    tokens = {store.clients.add("the same name", TENANT, frozenset()) for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens)  # 256 bits in base64
    assert len({store.clients.find(token).id for token in tokens}) == 5


def test_a_client_without_structures_may_speak_for_none(store: Store):
    token = store.clients.add("reader", TENANT, frozenset())
    assert store.clients.find(token).structures == frozenset()


def test_any_other_token_belongs_to_nobody(store: Store):
    token = store.clients.add("Cabinet des Tilleuls", TENANT, frozenset())
    for other in ("", token[:-1], token + "A", token.swapcase(), "\udce9", "é"):
        assert store.clients.find(other) is None
