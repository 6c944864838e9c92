"""Practice software, seen from its network side: it posts a message, follows its Task, and reads what comes back.

Source: FHIR R4 http.html, messaging.html; RFC 6750.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.message import Message

from conformance.readers import fhir
from conformance.readers.fhir import Resource
from conformance.trace import Trace
from conformance.verdicts import Broken, Failed

FHIR_JSON = "application/fhir+json"
TIMEOUT_SECONDS, POLL_SECONDS = 60.0, 0.15


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    what: str
    """The request line, for words about the answer."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def resource(self) -> Resource:
        """The body as FHIR. Raises Unreadable."""
        return fhir.read(self.body, f"{self.what} -> {self.status}")

    @property
    def outcome(self) -> Resource:
        """The OperationOutcome that it is or holds. Raises Unreadable."""
        return fhir.outcome_of(self.resource, self.what)

    @property
    def task(self) -> Resource:
        """The Task in a message's answer. Raises Unreadable."""
        return fhir.one(self.resource, "Task", self.what)


@dataclass(frozen=True, slots=True)
class Practice:
    """Speaks to one FHIR base URL with one bearer token, or with none."""

    base_url: str
    token: str | None
    trace: Trace
    patience_seconds: float

    def as_client(self, token: str | None) -> "Practice":
        """The same door with another token."""
        return replace(self, token=token)

    def send(self, content: bytes, **headers: str) -> Answer:
        """`POST $process-message`. Header names are written with `_` for `-`."""
        return self.call("POST", "$process-message", content, **headers)

    def get(self, path: str, **headers: str) -> Answer:
        """Read or search, below the base URL."""
        return self.call("GET", path, None, **headers)

    def read(self, path: str) -> Resource:
        """A resource that must be there."""
        answer = self.get(path)
        if answer.status != 200:
            raise Failed(f"GET {path}", "200", answer.status)
        return answer.resource

    def binary(self, reference: str) -> bytes:
        """The content of a Binary in its own media type."""
        answer = self.get(reference, Accept="*/*")
        if answer.status != 200:
            raise Failed(f"GET {reference}", "200", answer.status)
        return answer.body

    def follow(self, task_id: str, until: Callable[[Resource], bool], wanted: str) -> Resource:
        """Poll the Task until it stands as wished. Raises Failed at the end of the patience, with where it stands."""
        deadline = time.monotonic() + self.patience_seconds
        while not until(task := self.read(f"Task/{task_id}")):
            if time.monotonic() > deadline:
                raise Failed(f"Task after {self.patience_seconds:g} s", wanted, _standing(task))
            time.sleep(POLL_SECONDS)
        return task

    def call(self, method: str, path: str, content: bytes | None, **headers: str) -> Answer:
        """One request. Raises Broken where there is no answer."""
        what = f"{method} {path}"
        if content is not None:
            self.trace.sent(what, content, "json")
        try:
            answer = self._answer(what, self._request(method, path, content, headers))
        except (OSError, urllib.error.URLError) as error:
            raise Broken(f"{what}: {error}") from None
        self.trace.received(f"{what} -> {answer.status}", answer.body, _suffix(answer))
        return answer

    def _request(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> urllib.request.Request:
        sent = {"Content-Type": FHIR_JSON, "Accept": FHIR_JSON}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return urllib.request.Request(f"{self.base_url}/{path}", content, sent, method=method)

    @staticmethod
    def _answer(what: str, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return Answer(what, answer.status, _lower(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(what, error.code, _lower(error.headers), error.read())


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _suffix(answer: Answer) -> str:
    media_type = answer.headers.get("content-type", "")
    return next((suffix for suffix in ("json", "xml", "pdf") if suffix in media_type), "txt")


def _standing(task: Resource) -> str:
    kinds = [code for o in task.get("output", []) for code in sorted(fhir.codes(o.get("type")))]
    standing = {
        "status": task.get("status"),
        "businessStatus": fhir.business_status(task),
        "delivery-state": fhir.delivery_state(task),
        "output": kinds,
    }
    return json.dumps(standing)
