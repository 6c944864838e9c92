"""The server over a real socket on loopback: what only a real parser and a real connection can show."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from gateway.fhir.adapters.listener import build_server
from gateway.fhir.adapters.server import build_app
from tests.fhir.adapters.conftest import House


@dataclass(frozen=True)
class Running:
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json"}

    def send_raw(self, request: bytes) -> bytes:
        """Everything that comes back on one connection until the server closes it, or is silent for a second."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            received = b""
            try:
                connection.sendall(request)
                while piece := connection.recv(65_536):
                    received += piece
            except (TimeoutError, ConnectionError):
                pass
            return received


@pytest.fixture
def running(house: House) -> Iterator[Running]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = build_server(build_app(house.door(max_body_bytes=100_000, body_timeout_seconds=0.3)), "127.0.0.1", 0)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Running(listening.getsockname()[1], house.practice_token)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def test_a_message_goes_in_and_its_answer_comes_back(house: House, running: Running) -> None:
    reply = httpx.post(f"{running.url}/fhir/$process-message", content=b'{"x":1.10}', headers=running.headers)
    assert (reply.status_code, reply.json()) == (200, {"resourceType": "Bundle"})
    assert house.taken[0][0] == b'{"x":1.10}'
    assert "server" not in reply.headers


def test_a_stream_of_thirty_megabytes_is_cut_and_the_connection_still_serves(house: House, running: Running) -> None:
    with httpx.Client(base_url=running.url, headers=running.headers, timeout=20) as client:
        reply = client.post("/fhir/$process-message", content=(bytes(65_536) for _ in range(480)))
        assert reply.status_code == 413
        assert reply.json()["issue"][0]["details"]["coding"][0]["code"] == "too-large"
        assert client.get("/fhir/Task/t-1").status_code == 200
    assert house.taken == []


def test_a_large_body_without_a_token_is_answered_at_once(house: House, running: Running) -> None:
    head = b"POST /fhir/$process-message HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n"
    answer = running.send_raw(head)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert house.taken == []


def test_a_caller_that_waits_for_permission_is_refused_before_it_sends(running: Running) -> None:
    head = (
        f"POST /fhir/$process-message HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 30000000\r\nExpect: 100-continue\r\n\r\n"
    )
    answer = running.send_raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_never_ends_is_given_up(house: House, running: Running) -> None:
    head = (
        f"POST /fhir/$process-message HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    )
    answer = running.send_raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert house.taken == []


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /fhir/Task/t-1 HTTP/1.1\r\nHost: x\r\nAuthorization\r\n\r\n",
        b"GET /fhir/Task/t-1 HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        b"POST /fhir/$process-message HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n{}{}",
        b"POST /fhir/$process-message HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_with_nothing_but_that(house: House, running: Running, request_: bytes) -> None:
    answer = running.send_raw(request_)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert house.taken == []


def test_a_hidden_second_request_needs_its_own_token(house: House, running: Running) -> None:
    # A length and chunks at once: a proxy and we might disagree on where the request ends.
    smuggled = (
        f"POST /fhir/$process-message HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\nGET /fhir/Task/t-1 HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    assert b'"resourceType":"Task"' not in running.send_raw(smuggled.encode())


def test_the_log_of_the_server_holds_no_address(
    running: Running, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    request = "GET /fhir/Patient?identifier=279035121518989 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n"
    answer = running.send_raw(request.format(running.token).encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["total"] == 0
    assert "279035121518989" not in caplog.text + "".join(capfd.readouterr())
