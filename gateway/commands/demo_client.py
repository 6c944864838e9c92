"""Practice software, as small as it can be: it posts a message, follows its Task, and reads what has come back."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Resource = Mapping[str, Any]
_POLL_SECONDS = 0.1
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error code of the first issue."""
        outcome = self.json if self.json["resourceType"] != "Bundle" else self.json["entry"][1]["resource"]
        return str(outcome["issue"][0]["details"]["coding"][0]["code"])


@dataclass(frozen=True, slots=True)
class DemoClient:
    """Speaks FHIR over HTTP with one bearer token."""

    base_url: str
    token: str | None

    def post(self, content: bytes) -> Reply:
        """`POST /fhir/$process-message`."""
        return self._call("/fhir/$process-message", content)

    def get(self, path: str) -> Reply:
        """Read or search, below `/fhir/`."""
        return self._call(f"/fhir/{path}")

    def binary(self, reference: str) -> bytes:
        """The content of a Binary, in its own media type."""
        return self._call(f"/fhir/{reference}", accept="*/*").body

    def task_of(self, answer: Reply) -> Resource:
        """The Task as it stands now, of an accepted message."""
        task_id = answer.json["entry"][2]["resource"]["id"]
        return self.get(f"Task/{task_id}").json  # type: ignore[no-any-return]

    def follow(self, answer: Reply, until: Callable[[Resource], bool], seconds: float = 30.0) -> Resource:
        """Poll the Task until it stands as wished. AssertionError at the timeout, with where it stands."""
        deadline = time.monotonic() + seconds
        while not until(task := self.task_of(answer)):
            if time.monotonic() > deadline:
                raise AssertionError(f"still {business_status(task)} / {delivery_state(task)} after {seconds} s")
            time.sleep(_POLL_SECONDS)
        return task

    def wait_until_ready(self, is_alive: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while is_alive() and time.monotonic() < deadline:
            try:
                if self._call("/health/ready").status == 200:
                    return
            except urllib.error.URLError:
                pass
            time.sleep(_POLL_SECONDS)
        raise RuntimeError("the gateway did not start")

    def _call(self, path: str, content: bytes | None = None, accept: str = "application/fhir+json") -> Reply:
        headers = {"Content-Type": "application/fhir+json", "Accept": accept}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(self.base_url + path, content, headers)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return Reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read())


def business_status(task: Resource) -> str:
    """Where the referral stands."""
    return str(task["businessStatus"]["coding"][0]["code"])


def delivery_state(task: Resource) -> str:
    """What became of its mail."""
    return next((str(e["valueCode"]) for e in task.get("extension", [])), "")


def outputs(task: Resource, code: str) -> list[str]:
    """The references of the outputs of one kind."""
    found = task.get("output", [])
    return [o["valueReference"]["reference"] for o in found if o["type"]["coding"][0]["code"] == code]
