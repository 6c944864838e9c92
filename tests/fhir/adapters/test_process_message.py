"""The way in for messages: what is let through, and what is refused before it costs anything."""

import asyncio
import tracemalloc
from collections.abc import Iterator

import pytest

from gateway.errors import InputError
from gateway.fhir.adapters.process_message import InFlight
from gateway.fhir.adapters.server import build_app
from gateway.model import Finding, Language
from gateway.ports import MessageAnswer
from tests.fhir.adapters.caller import Caller
from tests.fhir.adapters.conftest import PRACTICE, House

ADDRESS = "/fhir/$process-message"


def test_the_flow_is_given_the_bytes_as_they_came(house: House, practice: Caller) -> None:
    reply = practice.post(ADDRESS, [b'{"a": ', b"1.10}"])
    ((body, client, _, _),) = house.taken
    assert (reply.status, body, client.structures) == (200, b'{"a": 1.10}', frozenset({PRACTICE}))


@pytest.mark.parametrize("status", [200, 422, 503])
def test_the_answer_of_the_flow_is_given_as_it_is(house: House, practice: Caller, status: int) -> None:
    house.answer = MessageAnswer(status, b'{"value":1.10}')
    reply = practice.post(ADDRESS, b"{}")
    assert (reply.status, reply.body) == (status, b'{"value":1.10}')
    assert ("retry-after" in reply.headers) == (status == 503)


@pytest.mark.parametrize(
    "content_type", ["application/fhir+json", "application/json; charset=UTF-8", "Application/JSON"]
)
def test_json_in_utf_8_is_taken(practice: Caller, content_type: str) -> None:
    assert practice.post(ADDRESS, b"{}", {"Content-Type": content_type}).status == 200


@pytest.mark.parametrize(
    "content_type",
    ["", "application/fhir+xml", "text/plain", "application/json; charset=iso-8859-1", "application/json-patch+json",
     "multipart/form-data; boundary=x", "application/json; charset*=utf-16''x", "\x01", ";",
     "é" * 500],
)  # fmt: skip
def test_any_other_content_type_is_refused_unread(house: House, practice: Caller, content_type: str) -> None:
    reply = practice.post(ADDRESS, b"{}", {"Content-Type": content_type})
    assert (reply.status, reply.code, reply.chunks_read) == (415, "unsupported-media-type", 0)
    assert house.taken == []


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "GZIP"])
def test_a_compressed_body_is_refused_unread(practice: Caller, encoding: str) -> None:
    reply = practice.post(ADDRESS, b"\x1f\x8b", {"Content-Encoding": encoding})
    assert (reply.status, reply.code, reply.chunks_read) == (415, "unsupported-content-encoding", 0)


def test_a_body_that_announces_too_much_is_refused_unread(practice: Caller) -> None:
    reply = practice.post(ADDRESS, b"{}", {"Content-Length": "1001"})
    assert (reply.status, reply.code, reply.chunks_read) == (413, "too-large", 0)


@pytest.mark.parametrize("announced", ["9" * 4000, "2", "-1", "1e9", "²", ""])
def test_a_body_that_lies_about_its_length_is_measured(practice: Caller, announced: str) -> None:
    reply = practice.post(ADDRESS, [b"x" * 600, b"x" * 600], {"Content-Length": announced})
    assert (reply.status, reply.code) == (413, "too-large")


def test_thirty_megabytes_in_chunks_are_never_held(house: House, practice: Caller) -> None:
    served = 0

    def chunks() -> Iterator[bytes]:
        nonlocal served
        for _ in range(480):
            served += 1
            yield bytes(65_536)

    tracemalloc.start()
    reply = practice.post(ADDRESS, chunks())
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (reply.status, served, house.taken) == (413, 1, [])
    assert peak_bytes < 5_000_000


def test_a_body_of_exactly_the_limit_is_taken(practice: Caller) -> None:
    assert practice.post(ADDRESS, b"x" * 1000).status == 200


def test_a_body_that_drips_is_given_up(house: House) -> None:
    caller = Caller(build_app(house.door(body_timeout_seconds=0.05)), house.practice_token)
    headers = {"Content-Type": "application/fhir+json"}
    reply = caller.ask("POST", ADDRESS, headers, [b"x"] * 500, delay_seconds=0.01)
    assert (reply.status, reply.code, house.taken) == (408, "request-timeout", [])


def test_a_caller_that_cannot_read_our_answer_is_told_before_anything_is_stored(house: House, practice: Caller) -> None:
    reply = practice.post(ADDRESS, b"{}", {"Accept": "application/fhir+xml"})
    assert (reply.status, reply.code, house.taken) == (406, "not-acceptable", [])


@pytest.mark.parametrize("query", ["async=true", "response-url=https://elsewhere.example", "DUPONT=JEAN"])
def test_a_parameter_that_we_would_not_honour_is_refused_and_not_repeated(practice: Caller, query: str) -> None:
    reply = practice.post(f"{ADDRESS}?{query}", b"{}")
    assert (reply.status, reply.code) == (400, "unknown-parameter")
    assert query.partition("=")[0].encode() not in reply.body


@pytest.mark.parametrize(
    ("given", "passed"), [("k-1", "k-1"), ("two words", None), ("x" * 65, None), ("é", None), ("", None)]
)
def test_a_plain_request_id_is_passed_on_as_the_idempotency_key(
    house: House, practice: Caller, given: str, passed: str | None
) -> None:
    practice.post(ADDRESS, b"{}", {"X-Request-Id": given})
    assert house.taken[0][3] == passed


def test_the_flow_is_told_the_callers_language(house: House, practice: Caller) -> None:
    practice.post(ADDRESS, b"{}", {"Accept-Language": "en-GB"})
    practice.post(ADDRESS, b"{}")
    assert [language for _, _, language, _ in house.taken] == [Language.ENGLISH, Language.FRENCH]


def test_an_error_of_the_flow_is_answered_with_its_status_and_code(house: House, practice: Caller) -> None:
    house.error = InputError(Finding("sender-not-authorised", "MessageHeader.sender"))
    reply = practice.post(ADDRESS, b"{}")
    assert (reply.status, reply.code) == (403, "sender-not-authorised")
    assert reply.json["issue"][0]["expression"] == ["MessageHeader.sender"]


def test_more_messages_than_fit_are_told_to_come_back(house: House) -> None:
    caller = Caller(build_app(house.door(max_messages_in_flight=0)), house.practice_token)
    reply = caller.post(ADDRESS, b"{}")
    assert (reply.status, reply.code, reply.chunks_read) == (503, "overloaded", 0)
    assert int(reply.headers["retry-after"]) > 0


def test_a_place_is_free_again_whatever_became_of_its_message() -> None:
    in_flight = InFlight(1)

    async def fail_inside() -> None:
        with in_flight.one():
            with pytest.raises(InputError), in_flight.one():
                pass
            raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            asyncio.run(fail_inside())
