"""Whether the gateway lives and can work."""

from gateway.model import Finding
from tests.fhir.adapters.caller import Caller
from tests.fhir.adapters.conftest import House


def test_a_gateway_that_lacks_something_is_alive_and_not_ready(house: House, nobody: Caller) -> None:
    house.missing = (Finding("master-key-missing", "/etc/gateway/key"),)
    assert nobody.get("/health/live").status == 200
    reply = nobody.get("/health/ready")
    assert (reply.status, reply.json) == (503, {"status": "not-ready", "codes": ["master-key-missing"]})


def test_a_complete_gateway_is_ready(nobody: Caller) -> None:
    assert nobody.get("/health/ready").json == {"status": "ready"}


def test_only_get_and_head_are_taken(nobody: Caller) -> None:
    assert nobody.ask("HEAD", "/health/live").status == 200
    reply = nobody.ask("POST", "/health/live", body=b"x")
    assert (reply.status, reply.code, reply.chunks_read) == (405, "method-not-allowed", 0)
