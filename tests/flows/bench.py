"""A whole gateway that moves only when a test says so: real store, real mail over real sockets, a clock that stands.

No thread of the gateway runs. `post` is the HTTP door, `work` the worker until nothing is due, `read` the mailbox
reader. The operator is the embedded one, so every state of a delivery can be made to happen.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import app
from gateway.journal import Direction, Message, PayloadRole
from gateway.sandbox.operator import MAX_MAIL_BYTES, Operator
from tests.fakes.clock import StoppedClock
from tests.fhir.adapters.caller import Caller, Reply
from tests.peers.gateways import OURS, PRACTICE, SUIPPE, TENANT, domains_of, mailboxes, settings_for

Rows = Mapping[str, int]


@dataclass(frozen=True)
class Bench:
    """One gateway, the operator in front of it, and the software that calls it."""

    gateway: app.Gateway
    operator: Operator
    clock: StoppedClock
    software: Caller
    """Speaks for two practices."""
    stranger: Caller
    """Speaks for another structure."""
    nobody: Caller
    """Has no token."""
    folder: Path
    loop: asyncio.Runner
    """One event loop for all steps, as in a real process: the SMTP connection is kept in it."""

    def post(self, content: bytes, headers: Mapping[str, str] | None = None, caller: Caller | None = None) -> Reply:
        """`$process-message`."""
        return (caller or self.software).post("/fhir/$process-message", content, headers)

    def accepted(self, content: bytes) -> str:
        """Post a good message; returns the id of its Task, which is the message's."""
        answer = self.post(content)
        assert answer.status == 200, answer.body.decode()
        return str(answer.json["entry"][2]["resource"]["id"])

    def sent(self, content: bytes) -> str:
        """Post a good message, and have its mail sent."""
        task = self.accepted(content)
        self.work()
        return task

    def work(self) -> None:
        """Whatever is due, by the real worker, until nothing is left."""
        self.loop.run(self._until_idle())

    async def _until_idle(self) -> None:
        stopping, loop = asyncio.Event(), asyncio.get_running_loop()

        def nothing_left(_seconds: float) -> bool:
            loop.call_soon_threadsafe(stopping.set)
            return False

        await replace(self.gateway.worker, wait_for_work=nothing_left).run(stopping)

    def read(self) -> None:
        """Fetch our mailbox, do what follows, and flag what is done."""
        for step in (self._fetch, self.work, self._fetch):
            step()

    def _fetch(self) -> None:
        for reader in self.gateway.readers:
            reader.once()

    def receive(self, mail: bytes, return_path: str = "karim.tazerout@medecin.mssante.example") -> Message:
        """A mail lies in our mailbox and is read; returns its message in the journal."""
        path = b"" if b"Return-Path:" in mail.split(b"\r\n\r\n")[0] else f"Return-Path: <{return_path}>\r\n".encode()
        return self.read_back(self.operator.mailbox(OURS).deliver(path + mail).content)

    def read_back(self, content: bytes) -> Message:
        """Read the mailbox; returns the message of the mail with these bytes."""
        self.read()
        payload = self.gateway.store.query.payload
        return next(m for m in self.inward() if payload(m.id, PayloadRole.SOURCE) == content)

    def inward(self) -> list[Message]:
        """The mails that have come in, the newest first."""
        return self.gateway.store.query.messages(TENANT, direction=Direction.INWARD, limit=500)

    def message(self, id_: str) -> Message:
        found = next((m for m in self.gateway.store.query.messages(TENANT, limit=1000) if m.id == id_), None)
        assert found
        return found

    def state(self, task: str) -> str:
        """The state of the one delivery of a message."""
        (delivery,) = self.message(task).deliveries
        return delivery.state.value

    def mail_id(self, task: str) -> str:
        (delivery,) = self.message(task).deliveries
        return delivery.mail_message_id

    def task(self, id_: str) -> Any:
        return self.get(f"Task/{id_}")

    def get(self, path: str) -> Any:
        answer = self.software.get(f"/fhir/{path}")
        assert answer.status == 200, answer.body
        return answer.json

    def trace(self, id_: str) -> list[str]:
        """The codes of a message's own events, in order."""
        return [event.code for event in self.gateway.store.query.events(self.message(id_).id)]

    def facts(self, id_: str, code: str) -> Mapping[str, str]:
        """The facts of the last event with this code."""
        found = [e for e in self.gateway.store.query.events(self.message(id_).id) if e.code == code]
        return dict(found[-1].facts)

    def work_of(self, id_: str) -> list[tuple[str, str | None]]:
        """(state, code) of every work item of a message."""
        return list(self._sql("SELECT state, code FROM work WHERE message = ? ORDER BY number", id_))

    def rows(self) -> Rows:
        """How many rows each table of the journal has."""
        tables = [name for (name,) in self._sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: self._sql(f"SELECT count(*) FROM {name}")[0][0] for name in tables}

    def _sql(self, statement: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "gateway.db")) as database:
            return database.execute(statement, values).fetchall()

    def arrived(self, address: str) -> list[bytes]:
        """What lies in a mailbox, with the trace headers of its server."""
        return [mail.content for mail in self.operator.mailbox(address).mails()]


@contextmanager
def running_bench(folder: Path, max_mail_bytes: int = MAX_MAIL_BYTES) -> Iterator[Bench]:
    addresses = mailboxes()
    with Operator.start(folder / "o", domains_of(addresses), addresses, max_mail_bytes=max_mail_bytes) as operator:
        clock = StoppedClock(datetime.now(UTC).replace(microsecond=0))
        settings = settings_for(
            folder,
            smtp_port=operator.smtp_port,
            imap_port=operator.imap_port,
            ca=operator.ca_path,
            credentials=operator.certificate_for(OURS),
            trusted=operator.trusted_domains_path,
        )
        gateway = app.build(settings, clock)
        try:
            add = gateway.store.clients.add
            software = Caller(gateway.door, add("cabinet", TENANT, frozenset({PRACTICE, SUIPPE})))
            stranger = Caller(gateway.door, add("autre", TENANT, frozenset({"1990003188"})))
            with asyncio.Runner() as loop:
                yield Bench(gateway, operator, clock, software, stranger, Caller(gateway.door, None), folder, loop)
        finally:
            for reader in gateway.readers:
                reader.inbox.close()
            gateway.close()


def difference(before: Rows, after: Rows) -> dict[str, int]:
    """Tables that have grown, and by how much."""
    return {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}


def outcome_of(reply: Reply) -> Any:
    """The OperationOutcome of an answer, whether it is a message or stands alone."""
    body = json.loads(reply.body)
    return body["entry"][1]["resource"] if body["resourceType"] == "Bundle" else body
