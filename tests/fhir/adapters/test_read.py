"""Reading one resource: as it stands, in a form that was asked for, and only what one may see."""

import base64
from typing import Any

import pytest
from fastapi import FastAPI

from tests.fhir.adapters.caller import Caller
from tests.fhir.adapters.conftest import PRACTICE, TASK, TENANT, UPDATED_AT, House


def _binary(content_type: str, data: bytes) -> dict[str, Any]:
    data_text = base64.b64encode(data).decode()
    return {"resourceType": "Binary", "id": "b-1", "contentType": content_type, "data": data_text}


def test_a_resource_is_given_with_its_version(practice: Caller) -> None:
    reply = practice.get("/fhir/Task/t-1")
    assert (reply.status, reply.json) == (200, TASK)
    assert reply.headers["etag"] == 'W/"1"'
    assert reply.headers["last-modified"] == "Fri, 20 Nov 2026 08:30:00 GMT"
    assert reply.headers["content-type"] == "application/fhir+json; charset=utf-8"


def test_the_stored_bytes_are_given_digit_by_digit(house: House, practice: Caller) -> None:
    kept = house.resources.keep(TENANT, frozenset({PRACTICE}), {"resourceType": "Task", "id": "t-2"}, UPDATED_AT)
    house.resources.keep_bytes(TENANT, kept, b'{ "value": 1.10 }')
    assert practice.get("/fhir/Task/t-2").body == b'{ "value": 1.10 }'


@pytest.mark.parametrize("known", ['W/"1"', '"1"', 'W/"0", W/"1"', "*"])
def test_what_the_caller_already_has_is_not_sent_again(practice: Caller, known: str) -> None:
    reply = practice.get("/fhir/Task/t-1", {"If-None-Match": known})
    assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", 'W/"1"')


def test_a_newer_version_is_sent(house: House, practice: Caller) -> None:
    house.keep(TASK | {"status": "accepted"})
    reply = practice.get("/fhir/Task/t-1", {"If-None-Match": 'W/"1"'})
    assert (reply.status, reply.headers["etag"]) == (200, 'W/"2"')


def test_another_structure_and_another_cpts_are_told_the_same_as_for_an_unknown_id(
    house: House, app: FastAPI, practice: Caller
) -> None:
    unknown = practice.get("/fhir/Task/t-unknown")
    foreign = [Caller(app, token).get("/fhir/Task/t-1") for token in (house.hospital_token, house.stranger_token)]
    assert (unknown.status, unknown.code) == (404, "not-found")
    assert {(reply.status, reply.body) for reply in foreign} == {(404, unknown.body)}


@pytest.mark.parametrize(
    "id_",
    ["..", "%2e%2e", "t-1%00", "t-1%0a", "x" * 65, "x" * 10_000, "t_1", "%ff", "t-1;v=1", "'%20or%201=1", "t-1%20"],
)
def test_an_id_that_is_none_is_not_found(practice: Caller, id_: str) -> None:
    reply = practice.get(f"/fhir/Task/{id_}")
    assert (reply.status, reply.code) == (404, "not-found")


@pytest.mark.parametrize(
    "target", ["/fhir/Task/..%2f..%2fetc%2fpasswd", "/fhir/Task/../../etc/passwd", "/fhir/a/b/c/d" * 100]
)
def test_a_deep_address_does_not_exist(practice: Caller, target: str) -> None:
    reply = practice.get(target)
    assert (reply.status, reply.code) == (404, "unknown-route")


@pytest.mark.parametrize("type_", ["Practitioner", "task", "Task%00", "Library", "__class__", "%2e%2e"])
def test_a_type_that_is_not_served_is_said_so_and_not_repeated(practice: Caller, type_: str) -> None:
    reply = practice.get(f"/fhir/{type_}/1")
    assert (reply.status, reply.code) == (404, "unknown-resource-type")
    assert f'"{type_}"'.encode() not in reply.body


@pytest.mark.parametrize(
    "query", ["_elements=status", "x=" + "y" * 10_000, "&".join("_pretty=true" for _ in range(60))]
)
def test_a_parameter_that_we_would_not_honour_is_refused(practice: Caller, query: str) -> None:
    reply = practice.get(f"/fhir/Task/t-1?{query}")
    assert reply.status == 400
    assert reply.code in ("unknown-parameter", "malformed-parameters")


@pytest.mark.parametrize("accept", ["", "application/pdf", "*/*", "application/*;q=0.5"])
def test_a_binary_is_given_as_itself(house: House, practice: Caller, accept: str) -> None:
    house.keep(_binary("application/pdf", b"%PDF-1.4"))
    reply = practice.get("/fhir/Binary/b-1", {"Accept": accept} if accept else {})
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"%PDF-1.4", "application/pdf")
    assert reply.headers["content-disposition"] == "attachment"


@pytest.mark.parametrize(
    ("accept", "query"), [("application/fhir+json", ""), ("application/json", ""), ("", "_format=json")]
)
def test_a_binary_is_given_as_a_resource_when_asked(house: House, practice: Caller, accept: str, query: str) -> None:
    house.keep(_binary("application/pdf", b"%PDF-1.4"))
    reply = practice.get(f"/fhir/Binary/b-1?{query}", {"Accept": accept} if accept else {})
    assert reply.json["contentType"] == "application/pdf"


def test_a_binary_that_is_json_itself_is_given_as_itself_unless_fhir_json_is_asked_for(
    house: House, practice: Caller
) -> None:
    house.keep(_binary("application/json", b'{"counts":{}}'))
    assert practice.get("/fhir/Binary/b-1", {"Accept": "application/json"}).body == b'{"counts":{}}'
    assert practice.get("/fhir/Binary/b-1", {"Accept": "application/fhir+json"}).json["resourceType"] == "Binary"


def test_a_binary_is_not_given_as_what_it_is_not(house: House, practice: Caller) -> None:
    house.keep(_binary("application/pdf", b"%PDF-1.4"))
    reply = practice.get("/fhir/Binary/b-1", {"Accept": "image/png"})
    assert (reply.status, reply.code) == (406, "not-acceptable")


@pytest.mark.parametrize("content_type", ["text/html\r\nSet-Cookie: a=b", "", "text/html; charset=utf-7", "é"])
def test_a_binary_with_a_strange_media_type_is_bytes(house: House, practice: Caller, content_type: str) -> None:
    house.keep(_binary(content_type, b"<script>"))
    reply = practice.get("/fhir/Binary/b-1")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in reply.headers


def test_head_is_get_without_the_body(practice: Caller) -> None:
    got, head = practice.get("/fhir/Task/t-1"), practice.ask("HEAD", "/fhir/Task/t-1")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "JEFF"])
def test_any_other_method_is_refused_unread(practice: Caller, method: str) -> None:
    reply = practice.ask(method, "/fhir/Task/t-1", body=b"{}")
    assert (reply.status, reply.code, reply.chunks_read) == (405, "method-not-allowed", 0)
    assert reply.headers["allow"] == "GET, HEAD"
