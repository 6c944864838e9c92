"""A door whose ports are twins: two structures of one CPTS, one client each, one referral."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.fhir.adapters.door import Door
from gateway.fhir.adapters.server import build_app
from gateway.model import Client, Finding, Language
from gateway.ports import MessageAnswer
from tests.fakes.clients import ClientsInMemory
from tests.fakes.clock import StoppedClock
from tests.fakes.resources import ResourcesInMemory
from tests.fhir.adapters.caller import Caller

TENANT = "cpts-demo"
PRACTICE, HOSPITAL = "1510000001", "1510000002"
UPDATED_AT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
TASK: dict[str, Any] = {
    "resourceType": "Task",
    "id": "t-1",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "ORDER-1"}],
    "status": "requested",
    "for": {"reference": "Patient/p-1"},
    "owner": {"reference": "Organization/o-1"},
}


@dataclass
class House:
    """Everything behind the door, and what went through it."""

    clients: ClientsInMemory = field(default_factory=ClientsInMemory)
    resources: ResourcesInMemory = field(default_factory=ResourcesInMemory)
    clock: StoppedClock = field(default_factory=StoppedClock)
    taken: list[tuple[bytes, Client, Language, str | None]] = field(default_factory=list)
    missing: tuple[Finding, ...] = ()
    answer: MessageAnswer = field(default_factory=lambda: MessageAnswer(200, b'{"resourceType":"Bundle"}'))
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.practice_token = self.clients.add("practice-software", TENANT, frozenset({PRACTICE}))
        self.hospital_token = self.clients.add("hospital-software", TENANT, frozenset({HOSPITAL}))
        self.stranger_token = self.clients.add("other-cpts-software", "cpts-other", frozenset({PRACTICE}))
        self.keep(TASK)

    def keep(self, content: Mapping[str, Any], updated_at: datetime = UPDATED_AT) -> None:
        self.resources.keep(TENANT, frozenset({PRACTICE}), content, updated_at)

    def process(self, body: bytes, client: Client, language: Language, request_id: str | None) -> MessageAnswer:
        if self.error:
            raise self.error
        self.taken.append((body, client, language, request_id))
        return self.answer

    def timeline(self, client: Client, task: str) -> Mapping[str, Any] | None:
        if self.resources.read(client.tenant, client.structures, "Task", task) is None:
            return None
        return {"resourceType": "Bundle", "type": "collection", "id": f"{client.id}.{task}"}

    def door(self, **changes: Any) -> Door:
        door = Door(
            clients=self.clients,
            process_message=self.process,
            resources=self.resources,
            timeline=self.timeline,
            ready=lambda: self.missing,
            clock=self.clock,
            base_url="https://gateway.cpts.example",
            max_body_bytes=1000,
        )
        return replace(door, **changes)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def app(house: House) -> FastAPI:
    return build_app(house.door())


@pytest.fixture
def practice(house: House, app: FastAPI) -> Caller:
    return Caller(app, house.practice_token)


@pytest.fixture
def hospital(house: House, app: FastAPI) -> Caller:
    return Caller(app, house.hospital_token)


@pytest.fixture
def nobody(app: FastAPI) -> Caller:
    return Caller(app, None)
