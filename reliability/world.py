"""What stays while the gateway is killed: the operator, two colleagues, and the folder in which it wakes up again.

The operator and the colleagues share no code with the gateway. Everything is on the loopback interface.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateway.clock import RandomIds, SystemClock
from gateway.registry.csv_file import read_lines, roster_of
from gateway.sandbox.mail_client import Account, MailClient, ReceivedMail
from gateway.sandbox.operator import Operator
from gateway.sandbox.partners import Deed, Done, MailboxColleague, SoftwareColleague, start
from gateway.store.open import open_store
from reliability.instrumented import Orders

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"
TENANT = "cpts-vesle"
OURS = "passerelle@cpts-vesle.mssante.example"
SENDING_STRUCTURES = frozenset({"1990002172"})
WITH_SOFTWARE = "karim.tazerout@medecin.mssante.example"
WITH_MAILBOX_ONLY = "sven.albrechtsen@ch-vesle.mssante.example"
DYING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One mail that a colleague sent back: what it is, about which of our mails, and the words that tell it apart."""

    deed: Deed
    about: str
    token: str


class QuotingColleague(MailboxColleague):
    """Writes words that exist once in each reply, so that the mail which passes them on can be recognised."""

    token = ""

    def _handle(self, mail: ReceivedMail) -> list[Done]:
        self.token = f"REPLY-{secrets.token_hex(8)}"
        self._answer = f"Bien reçu, je vois votre patient la semaine prochaine. {self.token}"
        return super()._handle(mail)


@dataclass(slots=True)
class World:
    """Everything but the gateway, and how to start one more life of it."""

    folder: Path
    operator: Operator
    port: int
    token: str
    replies: list[Reply] = field(default_factory=list)
    on_delivery: Callable[[], object] | None = None
    """Called in the operator's thread when a mail of the gateway lies in a colleague's mailbox, before the 250."""
    _processes: "list[subprocess.Popen[str]]" = field(default_factory=list)
    """All of them; the last one has loaded its program and waits for its orders."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "gateway.db"

    def begin_life(self, orders: Orders) -> "Life":
        """One process obeys; the next one already loads its program meanwhile, so that no time is spent on that."""
        process = self._processes[-1] if self._processes else self._load()
        self._load()
        assert process.stdin and process.stdout
        try:
            process.stdin.write(json.dumps(asdict(orders)) + "\n")
            process.stdin.close()
            return Life(process, json.loads(process.stdout.readline()))
        except (BrokenPipeError, ValueError):
            raise RuntimeError(f"the gateway did not start:\n{self._last_words()}") from None

    def end(self) -> None:
        """Nothing is left running, whatever happened."""
        for process in self._processes:
            process.kill()
            _reap(process)

    def _load(self) -> "subprocess.Popen[str]":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        with (self.folder / "gateway.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "reliability.instrumented"],
                cwd=ROOT,
                env=environment | {"GATEWAY_CONFIG": str(self.folder / "gateway.toml")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._processes.append(process)
        return process

    def _last_words(self) -> str:
        return (self.folder / "gateway.log").read_text("utf-8", "replace")[-2000:]

    def _delivered(self) -> None:
        if act := self.on_delivery:
            act()

    def _heard(self, colleague: QuotingColleague | None, done: Done) -> None:
        if done.sent:
            token = colleague.token if colleague and done.deed is Deed.REPLIED else ""
            self.replies.append(Reply(done.deed, done.message_id, token))


@dataclass(frozen=True, slots=True)
class Life:
    """One process of the gateway, from its orders to its death."""

    process: "subprocess.Popen[str]"
    durability: dict[str, str]

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    def dies_within(self, seconds: float) -> bool:
        """Whether it was killed, by itself or by another, within this time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        _reap(self.process)
        if self.process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the gateway ended by itself with {self.process.returncode}: see gateway.log")
        return True

    def stop(self) -> None:
        """By SIGTERM, as an operator does."""
        self.process.terminate()
        self.process.wait(DYING_SECONDS * 3)
        _reap(self.process)


def _reap(process: "subprocess.Popen[str]") -> None:
    process.wait(DYING_SECONDS)
    for stream in (process.stdin, process.stdout):
        if stream:
            with suppress(BrokenPipeError):
                stream.close()


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """The operator and the colleagues; leaves nothing running."""
    csv = FIXTURES / "registry" / "cpts-vesle.csv"
    addresses = sorted({box.address for box in roster_of(read_lines(csv.read_bytes())).boxes} | {OURS})
    operator = Operator.start(folder / "operator", {a.partition("@")[2] for a in addresses}, addresses)
    try:
        world = World(folder, operator, _free_port(), "")
        _write_settings(world, csv)
        world.token = _new_client(world)
        for address in addresses:
            if address != OURS:
                operator.mailbox(address).watch(world._delivered)
        with _colleagues(world):
            try:
                yield world
            finally:
                world.end()
    finally:
        operator.stop()


@contextmanager
def _colleagues(world: World) -> Iterator[None]:
    def client(address: str) -> MailClient:
        return MailClient(Account.at(world.operator, address))

    software = SoftwareColleague(client(WITH_SOFTWARE))
    person = QuotingColleague(client(WITH_MAILBOX_ONLY), "Dr Sven ALBRECHTSEN", confirms_reading=True)
    stops = [
        start(software, lambda done: world._heard(None, done)),
        start(person, lambda done: world._heard(person, done)),
    ]
    try:
        yield
    finally:
        for stop in stops:
            stop()


def _new_client(world: World) -> str:
    key = (world.folder / "master.key").read_bytes()
    with open_store(f"sqlite:///{world.database}", key, SystemClock(), RandomIds()) as store:
        return store.clients.add("logiciel", TENANT, SENDING_STRUCTURES)


def _write_settings(world: World, csv: Path) -> None:
    operator, certificate = world.operator, world.operator.certificate_for(OURS)
    (world.folder / "master.key").write_bytes(secrets.token_bytes(32))
    settings = {
        "mode": "test",
        "tenant": TENANT,
        "log_level": "warning",
        "database_url": f"sqlite:///{world.database}",
        "master_key_file": str(world.folder / "master.key"),
        "accept_test_ins": True,
        "port": world.port,
        "base_url": world.base_url,
        "registry_csv": str(csv),
        "trusted_domains_file": str(operator.trusted_domains_path),
        "sender_name": "CPTS Vesle et Suippe",
        "sender_mailbox": OURS,
        "sender_oid": "2.25.28496316493053205705562730824357052089",
        "sender_nil": "DEV000000",
        "smtp_host": operator.host,
        "smtp_port": operator.smtp_port,
        "imap_host": operator.host,
        "imap_port": operator.imap_port,
        "tls_ca_file": str(operator.ca_path),
        "tls_certificate_file": str(certificate.certificate),
        "tls_key_file": str(certificate.key),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    lines.append(f'[[imap_mailboxes]]\naddress = "{OURS}"\nusername = "{OURS}"')
    (world.folder / "gateway.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
