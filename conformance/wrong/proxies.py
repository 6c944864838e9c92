"""A proxy in front of a right gateway that changes one thing in what is answered.

Each defect is one function: it gets a request and the way to the right gateway, and returns the answer.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from conformance.target import Target

_NOT_PASSED_ON = {"host", "content-length", "connection", "transfer-encoding", "date", "server"}
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Below the base URL."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """None where the body is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def saying(self, content: Any) -> "Reply":
        return replace(self, body=json.dumps(content).encode())


Forward = Callable[[Request], Reply]
Defect = Callable[[Request, Forward, Target], Reply]


@contextmanager
def proxied(target: Target, defect: str) -> Iterator[Target]:
    """The same target behind a proxy with one defect; nothing is left running."""
    handler = type("Handler", (_Handler,), {"answer": staticmethod(partial(_answer, target, DEFECTS[defect]))})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, name=f"wrong-{defect}", daemon=True)
    thread.start()
    try:
        base_url = f"http://127.0.0.1:{server.server_address[1]}"
        yield replace(target, name=defect, fhir=replace(target.fhir, base_url=base_url))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(target: Target, defect: Defect, request: Request) -> Reply:
    return defect(request, partial(_forward, target.fhir.base_url), target)


def _forward(base_url: str, request: Request) -> Reply:
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED_ON}
    passed_on = urllib.request.Request(base_url + request.path, request.body, headers, method=request.method)
    try:
        with urllib.request.urlopen(passed_on, timeout=TIMEOUT_SECONDS) as answer:
            return Reply(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, dict(error.headers), error.read())


class _Handler(BaseHTTPRequestHandler):
    """The names are those of the standard library."""

    answer: Callable[[Request], Reply]

    def do_GET(self) -> None:
        self._pass_on(None)

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the run tells what happens."""

    def _pass_on(self, body: bytes | None) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.answer(Request(self.command, self.path, headers, body))
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


# --- the defects


def asks_no_token(request: Request, forward: Forward, target: Target) -> Reply:
    headers = {"authorization": f"Bearer {target.fhir.token}", **request.headers}
    return forward(replace(request, headers=headers))


def shows_neighbours(request: Request, forward: Forward, target: Target) -> Reply:
    if request.headers.get("authorization") == f"Bearer {target.fhir.neighbour_token}" and request.method == "GET":
        request = replace(request, headers={**request.headers, "authorization": f"Bearer {target.fhir.token}"})
    return forward(request)


def refuses_in_html(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    if reply.status != 400:
        return reply
    return Reply(400, {"Content-Type": "text/html"}, b"<html><body><h1>Bad Request</h1></body></html>")


def first_problem_only(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    if reply.status != 422:
        return reply
    content = reply.json
    outcome = content["entry"][1]["resource"]
    outcome["issue"] = outcome["issue"][:1]
    return reply.saying(content)


def quotes_the_patient(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    if reply.status != 422:
        return reply
    sent, content = json.loads(request.body or b"{}"), reply.json
    patients = [e["resource"] for e in sent["entry"] if e["resource"]["resourceType"] == "Patient"]
    content["entry"][1]["resource"]["issue"][0]["diagnostics"] = f"Patient {patients[0]['name'][0]['family']}"
    return reply.saying(content)


def accepts_unknown(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    if reply.status != 422 or b"unknown-recipient" not in reply.body:
        return reply
    content = reply.json
    content["entry"][0]["resource"]["response"]["code"] = "ok"
    content["entry"][1]["resource"]["issue"] = [{"severity": "information", "code": "informational"}]
    content["entry"].append({"resource": {"resourceType": "Task", "id": str(uuid4()), "status": "requested"}})
    return replace(reply.saying(content), status=200)


def answers_anew(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    content = reply.json
    if request.method == "POST" and reply.status == 200 and content:
        content["id"] = str(uuid4())
        return reply.saying(content)
    return reply


def loses_silently(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    content = reply.json
    if isinstance(content, dict) and "counts" in content:
        content["counts"]["structured"] -= 3
        content["counts"]["leaves"] -= 3
        return reply.saying(content)
    return reply


def shuffles_timeline(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    if "$timeline" in request.path and reply.status == 200:
        content = reply.json
        return reply.saying({**content, "entry": content["entry"][::-1]})
    return reply


def believes_words(request: Request, forward: Forward, _target: Target) -> Reply:
    reply = forward(request)
    content = reply.json
    if request.path.startswith("/Task/") and b"reply-text" in reply.body and "status" in content:
        return reply.saying({**content, "status": "completed"})
    return reply


DEFECTS: Mapping[str, Defect] = {
    "asks-no-token": asks_no_token,
    "shows-neighbours": shows_neighbours,
    "refuses-in-html": refuses_in_html,
    "first-problem-only": first_problem_only,
    "quotes-the-patient": quotes_the_patient,
    "accepts-unknown": accepts_unknown,
    "answers-anew": answers_anew,
    "loses-silently": loses_silently,
    "shuffles-timeline": shuffles_timeline,
    "believes-words": believes_words,
}
