"""Nobody in without a token, and nothing is read before it."""

import logging

import pytest
from fastapi import FastAPI

from tests.fhir.adapters.caller import Caller
from tests.fhir.adapters.conftest import House

GUARDED = [
    ("POST", "/fhir/$process-message"),
    ("GET", "/fhir/Task/t-1"),
    ("GET", "/fhir/Task?status=requested"),
    ("POST", "/fhir/Task/_search"),
    ("GET", "/fhir/Task/t-1/$timeline"),
    ("PUT", "/fhir/Task/t-1"),
    ("DELETE", "/fhir/Task/t-1"),
    ("OPTIONS", "/fhir/Task"),
    ("GET", "/fhir"),
    ("GET", "/fhir/"),
    ("GET", "/fhir/Nothing/here/at/all"),
    ("GET", "/fhir/metadata/more"),
]


@pytest.mark.parametrize(("method", "target"), GUARDED)
def test_without_a_token_no_byte_of_the_body_is_read(nobody: Caller, method: str, target: str) -> None:
    reply = nobody.ask(method, target, body=b"{}")
    assert (reply.status, reply.code, reply.chunks_read) == (401, "not-authenticated", 0)
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_without_a_token_the_flow_is_not_called(house: House, nobody: Caller) -> None:
    nobody.post("/fhir/$process-message", b"{}")
    assert house.taken == []


@pytest.mark.parametrize(
    "header",
    [
        "Bearer wrong-but-well-formed-token",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer " + "a" * 5000,
        "Bearer token with spaces in it",
        "Bearer {token}, Bearer {token}",
        "{token}",
        "Bearer\t{token}",
        "Bearer {token}\x00",
        "Bearer é{token}",
    ],
)
def test_anything_but_one_right_token_is_refused(house: House, nobody: Caller, header: str) -> None:
    reply = nobody.get("/fhir/Task/t-1", {"Authorization": header.replace("{token}", house.practice_token)})
    assert (reply.status, reply.code) == (401, "not-authenticated")


def test_the_scheme_is_read_in_any_case(house: House, nobody: Caller) -> None:
    assert nobody.get("/fhir/Task/t-1", {"Authorization": f"bearer {house.practice_token}"}).status == 200


@pytest.mark.parametrize("target", ["/fhir/metadata", "/health/live", "/health/ready"])
def test_what_says_nothing_of_patients_is_open(nobody: Caller, target: str) -> None:
    assert nobody.get(target).status == 200


def test_a_token_is_in_no_log_and_in_no_answer(house: House, app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    house.error = RuntimeError(house.practice_token)
    replies = [
        Caller(app, house.practice_token).post("/fhir/$process-message", b"{}"),
        Caller(app, f"{house.practice_token}-stolen").get("/fhir/Task/t-1"),
    ]
    assert house.practice_token not in caplog.text
    assert not any(house.practice_token.encode() in reply.body for reply in replies)
