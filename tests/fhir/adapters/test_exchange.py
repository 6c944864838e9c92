"""What surrounds every answer: its id, its headers, its line in the log; and that nothing leaks."""

import json
import logging
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from gateway.fhir.adapters.exchange import ACCESS, FAILURES
from tests.fhir.adapters.caller import Caller
from tests.fhir.adapters.conftest import House

SECRET = "DUPONT Marie 279035121518989"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def access(lines: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(r.getMessage()) for r in lines.records if r.name == ACCESS.name]


def test_a_line_says_who_did_what_by_template(practice: Caller, lines: pytest.LogCaptureFixture) -> None:
    practice.get("/fhir/Task/t-1?_pretty=true", {"X-Request-Id": "r-1"})
    (line,) = access(lines)
    assert line.pop("ms") >= 0
    assert line == {
        "request_id": "r-1",
        "method": "GET",
        "route": "/fhir/{type}/{id}",
        "client": "practice-software",
        "status": 200,
    }


@pytest.mark.parametrize(
    "target",
    [
        f"/fhir/Patient?identifier={SECRET}",
        f"/fhir/Patient/{SECRET}",
        f"/fhir/{SECRET}/1",
        f"/{SECRET}",
        f"/fhir/Task?{SECRET}=1",
        f"/fhir/Task?_lastUpdated={SECRET}",
        f"/fhir/Task/t-1?_format={SECRET}",
    ],
)
def test_what_stands_in_an_address_is_in_no_log_and_no_error(
    practice: Caller, lines: pytest.LogCaptureFixture, target: str
) -> None:
    reply = practice.get(target.replace(" ", "%20"))
    assert "DUPONT" not in lines.text
    assert "279035121518989" not in lines.text
    assert reply.status == 200 or b"DUPONT" not in reply.body


def test_what_stands_in_a_header_is_in_no_log_and_no_error(practice: Caller, lines: pytest.LogCaptureFixture) -> None:
    for name in (
        "X-Request-Id",
        "Accept",
        "Content-Type",
        "Accept-Language",
        "If-None-Match",
        "Prefer",
        "Cookie",
        "Host",
    ):
        reply = practice.post("/fhir/$process-message", b"", {name: SECRET})
        assert b"DUPONT" not in reply.body
        assert "DUPONT" not in str(reply.headers)
    assert "DUPONT" not in lines.text


@pytest.mark.parametrize(
    "error", [RuntimeError(SECRET), KeyError(SECRET), ValueError(SECRET), ExceptionGroup(SECRET, [OSError()])]
)
def test_a_defect_of_ours_says_nothing_but_its_class_and_place(
    house: House, practice: Caller, lines: pytest.LogCaptureFixture, error: Exception
) -> None:
    house.error = error
    reply = practice.post("/fhir/$process-message", SECRET.encode(), {"X-Request-Id": "r-2"})
    assert (reply.status, reply.code, reply.headers["x-request-id"]) == (500, "internal", "r-2")
    assert b"DUPONT" not in reply.body
    assert b"Traceback" not in reply.body
    (failure,) = [json.loads(r.getMessage()) for r in lines.records if r.name == FAILURES.name]
    assert (failure["request_id"], failure["error"]) == ("r-2", type(error).__name__)
    assert failure["at"].startswith("tests.fhir.adapters.conftest:")
    assert "DUPONT" not in lines.text
    assert all(record.exc_info is None for record in lines.records if record.name == FAILURES.name)


def test_a_caller_that_hangs_up_is_no_defect(house: House, practice: Caller, lines: pytest.LogCaptureFixture) -> None:
    house.error = ClientDisconnect()
    with pytest.raises(IndexError):  # nothing is sent to nobody
        practice.post("/fhir/$process-message", b"{}")
    assert access(lines)[0]["status"] == 499
    assert not [r for r in lines.records if r.name == FAILURES.name]


@pytest.mark.parametrize(
    "target", ["/fhir/Task/t-1", "/fhir/Task/none", "/fhir/metadata", "/health/live", "/nowhere", "/fhir/Task?x=1"]
)
def test_every_answer_carries_the_security_headers_and_an_id(practice: Caller, target: str) -> None:
    headers = practice.get(target).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 32


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\r\nSet-Cookie: x", "é", "<script>", "a/b"])
def test_an_id_that_is_no_plain_token_is_replaced(practice: Caller, given: str) -> None:
    echoed = practice.get("/health/live", {"X-Request-Id": given}).headers["x-request-id"]
    assert (len(echoed), echoed.isalnum()) == (32, True)


@pytest.mark.parametrize(
    "target", ["/", "/docs", "/redoc", "/openapi.json", "/FHIR/metadata", "//fhir/Task", "/health"]
)
def test_there_is_nothing_elsewhere(practice: Caller, target: str) -> None:
    reply = practice.get(target)
    assert (reply.status, reply.code) == (404, "unknown-route")


def test_a_method_that_is_none_is_not_logged_as_given(practice: Caller, lines: pytest.LogCaptureFixture) -> None:
    practice.ask("DUPONT", "/fhir/Task")
    assert access(lines)[0]["method"] == "other"
