"""Everything embedded: an MSSanté operator, a made-up CPTS, two colleagues, and the gateway between them, for real.

Real sockets and real TLS on the loopback interface; the only invented thing is the people.
"""

import asyncio
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway import app
from gateway.commands.demo_client import DemoClient
from gateway.config import DEMO_KEY_PREFIX, ImapMailbox, Mode, Settings
from gateway.registry.csv_file import read_lines, roster_of
from gateway.sandbox.mail_client import Account, MailClient
from gateway.sandbox.operator import Operator
from gateway.sandbox.partners import Done, MailboxColleague, Partner, SoftwareColleague, start

FIXTURES = Path(__file__).parents[2] / "fixtures"
TENANT = "cpts-vesle"
OURS = "passerelle@cpts-vesle.mssante.example"
SENDING_STRUCTURES = frozenset({"1990002172", "1990010050"})
"""The practices whose software the demonstration client is: Trois Biefs, and the one of fixture 05."""
NEIGHBOURS = frozenset({"1990010126"})
"""The health centre whose software must see nothing of the others' referrals."""
WITH_SOFTWARE = "karim.tazerout@medecin.mssante.example"
WITH_MAILBOX_ONLY = "sven.albrechtsen@ch-vesle.mssante.example"
FREE_MAILBOX = "salome.darcourt-remond@medecin.mssante.example"
"""Nobody of ours reads it: another program may play this colleague."""


@dataclass(frozen=True, slots=True)
class World:
    """What is running, and how to reach it."""

    folder: Path
    operator: Operator
    gateway: app.Gateway
    client: DemoClient
    token: str
    neighbour_token: str


@contextmanager
def running_world(folder: Path, port: int = 0, tell: Callable[[Done], None] = lambda _done: None) -> Iterator[World]:
    """Start everything in `folder`, and leave nothing running."""
    csv = FIXTURES / "registry" / "cpts-vesle.csv"
    addresses = sorted({box.address for box in roster_of(read_lines(csv.read_bytes())).boxes} | {OURS})
    operator = Operator.start(folder / "operator", {a.partition("@")[2] for a in addresses}, addresses)
    try:
        gateway = app.build(_settings(folder, operator, csv, port or _free_port()))
        token = gateway.store.clients.add("logiciel-demo", TENANT, SENDING_STRUCTURES)
        neighbour_token = gateway.store.clients.add("logiciel-voisin", TENANT, NEIGHBOURS)
        client = DemoClient(gateway.settings.base_url, token)
        with _serving(gateway, client), _colleagues(operator, tell):
            yield World(folder, operator, gateway, client, token, neighbour_token)
    finally:
        operator.stop()


def _settings(folder: Path, operator: Operator, csv: Path, port: int) -> Settings:
    certificate = operator.certificate_for(OURS)
    return Settings(
        mode=Mode.DEMO,
        tenant=TENANT,
        database_url=f"sqlite:///{folder / 'gateway.db'}",
        master_key_file=_demo_key(folder / "master.key"),
        accept_test_ins=True,
        port=port,
        base_url=f"http://127.0.0.1:{port}",
        registry_csv=csv,
        trusted_domains_file=operator.trusted_domains_path,
        sender_name="CPTS Vesle et Suippe",
        sender_mailbox=OURS,
        sender_oid="2.25.28496316493055205705562730824357052089",
        sender_nil="DEV000000",
        smtp_host=operator.host,
        smtp_port=operator.smtp_port,
        imap_host=operator.host,
        imap_port=operator.imap_port,
        imap_mailboxes=(ImapMailbox(address=OURS, username=OURS),),
        tls_ca_file=operator.ca_path,
        tls_certificate_file=certificate.certificate,
        tls_key_file=certificate.key,
        tls_crl_file=operator.crl_path,
    )


def _demo_key(path: Path) -> Path:
    """A master key that production refuses."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(DEMO_KEY_PREFIX + secrets.token_bytes(32 - len(DEMO_KEY_PREFIX)))
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _serving(gateway: app.Gateway, client: DemoClient) -> Iterator[None]:
    """The gateway in a thread with an event loop of its own, from its first answer to its last."""
    loop, stopping = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(gateway.serve(stopping),), name="gateway")
    thread.start()
    try:
        client.wait_until_ready(thread.is_alive)
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
        gateway.close()


@contextmanager
def _colleagues(operator: Operator, tell: Callable[[Done], None]) -> Iterator[None]:
    def mail_client(address: str) -> MailClient:
        return MailClient(Account.at(operator, address))

    partners: list[Partner] = [
        SoftwareColleague(mail_client(WITH_SOFTWARE)),
        MailboxColleague(mail_client(WITH_MAILBOX_ONLY), "Dr Sven ALBRECHTSEN", confirms_reading=True),
    ]
    stops = [start(partner, tell) for partner in partners]
    try:
        yield
    finally:
        for stop in stops:
            stop()
