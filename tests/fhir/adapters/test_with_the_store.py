"""The door in front of the real store: what was written by search values is found by search parameters."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.fhir.adapters.server import build_app
from gateway.fhir.format.search_parameters import search_values
from gateway.journal import Direction, NewMessage, PutResource
from gateway.model import ItemId
from gateway.store import Store, open_store
from tests.fhir.adapters.caller import Caller
from tests.fhir.adapters.conftest import PRACTICE, TENANT, UPDATED_AT, House
from tests.ports.stores import MASTER_KEY, RandomIds, SteppingClock, sqlite_url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(sqlite_url(tmp_path), MASTER_KEY, SteppingClock(), RandomIds()) as opened:
        yield opened


@pytest.fixture
def practice(house: House, store: Store) -> Caller:
    """A client of the store's own, and three Tasks in it."""
    token = store.clients.add("practice software", TENANT, frozenset({PRACTICE}))
    message = ItemId("m-1")
    new = NewMessage(message, TENANT, Direction.OUTWARD, "referral-request", None, UPDATED_AT)
    puts = [
        _put(message, {
            "resourceType": "Task", "id": f"t-{number}", "status": "requested", "for": {"reference": "Patient/p-1"},
            "identifier": [{"system": "urn:oid:1.2.3", "value": f"ORDER-{number}"}],
        }, number)
        for number in range(3)
    ]  # fmt: skip
    store.intake.accept([new, *puts])
    return Caller(build_app(replace(house.door(), clients=store.clients, resources=store.resources)), token)


def _put(message: ItemId, task: dict[str, Any], hours: int) -> PutResource:
    return PutResource(
        message=message,
        type="Task",
        id=ItemId(task["id"]),
        expected_version=0,
        updated_at=UPDATED_AT + timedelta(hours=hours),
        content=json.dumps(task).encode(),
        structures=frozenset({PRACTICE}),
        tokens=search_values(task),
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["t-0", "t-1", "t-2"]),
        ("identifier=urn:oid:1.2.3%7CORDER-1", ["t-1"]),
        ("identifier=ORDER-1,ORDER-2", ["t-1", "t-2"]),
        ("patient=p-1&status=requested&_id=t-2", ["t-2"]),
        ("patient=p-2", []),
        ("_lastUpdated=gt2026-11-20T08:30:00Z", ["t-1", "t-2"]),
    ],
)
def test_a_search_finds_in_the_store(practice: Caller, query: str, found: list[str]) -> None:
    bundle = practice.get(f"/fhir/Task?{query}").json
    assert [entry["resource"]["id"] for entry in bundle.get("entry", [])] == found
    assert bundle["total"] == len(found)


def test_pages_of_the_store_are_followed(practice: Caller) -> None:
    first = practice.get("/fhir/Task?_count=2").json
    (target,) = [link["url"] for link in first["link"] if link["relation"] == "next"]
    second = practice.get(target.removeprefix("https://gateway.cpts.example")).json
    assert [entry["resource"]["id"] for entry in second["entry"]] == ["t-2"]


def test_a_resource_of_the_store_is_read(practice: Caller) -> None:
    reply = practice.get("/fhir/Task/t-1")
    assert (reply.status, reply.json["id"], reply.headers["etag"]) == (200, "t-1", 'W/"1"')
