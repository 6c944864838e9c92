"""Everything running at once: an operator with real mailboxes, a gateway that serves, colleagues who read and write.

Two operators offer the same: the embedded one, and Postfix with Dovecot as a real one would be set up (client
certificates for SMTP and IMAP, DSN). The stories in `tests/test_door_to_door.py` do not know which it is.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from gateway import app
from gateway.sandbox.authority import Authority, Credentials
from gateway.sandbox.mail_client import Account, MailClient
from gateway.sandbox.operator import Operator
from gateway.sandbox.trusted_space import TrustedSpace
from tests.peers.dovecot import free_port, running_dovecot, without_trace
from tests.peers.gateways import OURS, PRACTICE, TENANT, domains_of, mailboxes, settings_for
from tests.peers.operators import HOST, short_folder
from tests.peers.patience import patiently
from tests.peers.postfix import running_postfix

OTHER_PRACTICE = "1990010050"


@dataclass(frozen=True)
class Post:
    """An operator as its users see it."""

    authority: Authority
    smtp_port: int
    imap_port: int
    trusted_list: Path
    certificate: Callable[[str], Credentials]
    """Of a mailbox."""
    arrived: Callable[[str], Sequence[bytes]]
    """The mails of a mailbox, from its disk."""

    def client(self, address: str) -> MailClient:
        """A colleague's mail program."""
        context = self.authority.client_context(self.certificate(address))
        return MailClient(Account(address, HOST, self.smtp_port, self.imap_port, context))


@dataclass(frozen=True)
class Software:
    """Practice software with a bearer token, over real HTTP."""

    http: httpx.Client

    def post(self, content: bytes) -> httpx.Response:
        return self.http.post("/fhir/$process-message", content=content)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(f"/fhir/{path}", headers=headers)

    def accepted(self, content: bytes) -> str:
        """Post a good message; returns the id of its Task."""
        answer = self.post(content)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["entry"][2]["resource"]["id"])

    def task(self, id_: str) -> Any:
        return self.get(f"Task/{id_}").json()

    def follow(self, id_: str, until: Callable[[Any], bool]) -> Any:
        """The Task once it stands as wished."""
        return patiently(lambda: self.task(id_), until)


@dataclass(frozen=True)
class World:
    post: Post
    gateway: app.Gateway
    practice: Software
    other: Software
    """Another practice of the same CPTS."""
    nobody: Software

    def letter_to(self, address: str, task: str) -> bytes:
        """The mail of a referral once it lies in the colleague's mailbox, without the trace of servers."""
        (delivery,) = self.delivery_ids(task)
        mails = patiently(
            lambda: [mail for mail in self.post.arrived(address) if delivery.encode() in mail],
            lambda found: bool(found),
        )
        return without_trace(mails[0])

    def delivery_ids(self, task: str) -> list[str]:
        """The Message-IDs of a referral's mails."""
        found = next(m for m in self.gateway.store.query.messages(TENANT, limit=1000) if m.id == task)
        return [delivery.mail_message_id for delivery in found.deliveries]


@contextmanager
def embedded_post() -> Iterator[Post]:
    addresses = mailboxes()
    with short_folder() as folder, Operator.start(folder, domains_of(addresses), addresses) as operator:
        yield Post(
            operator.authority,
            operator.smtp_port,
            operator.imap_port,
            operator.trusted_domains_path,
            operator.certificate_for,
            lambda address: [mail.content for mail in operator.mailbox(address).mails()],
        )


_EXTERNAL = """
auth_mechanisms = plain external
auth_ssl_username_from_cert = yes
passdb {
  driver = static
  args = nopassword=y
  mechanisms = external
}
"""
"""As at an MSSanté operator: the certificate is the login of an application mailbox (SASL EXTERNAL)."""


@contextmanager
def debian_post() -> Iterator[Post]:
    domains = domains_of(mailboxes())
    with short_folder() as folder:
        authority = Authority.create(folder / "authority")
        server = authority.server_certificate([HOST])
        made: dict[str, Credentials] = {}

        def certificate(address: str) -> Credentials:
            return made.get(address) or made.setdefault(address, authority.client_certificate(address))

        with (
            running_dovecot(folder / "dovecot", authority, server, _EXTERNAL) as dovecot,
            running_postfix(folder / "postfix", authority, server, dovecot, sorted(domains)) as postfix,
        ):
            listed = TrustedSpace(folder / "trusted.xml", domains).path
            yield Post(authority, postfix.port, dovecot.port, listed, certificate, dovecot.mails)


@contextmanager
def running_world(post: Post, folder: Path) -> Iterator[World]:
    """A gateway in front of the operator, serving until the end."""
    port = free_port()
    settings = settings_for(
        folder,
        smtp_port=post.smtp_port,
        imap_port=post.imap_port,
        ca=post.authority.ca_path,
        credentials=post.certificate(OURS),
        trusted=post.trusted_list,
        port=port,
    )
    built = app.build(settings)
    # A notice that comes while IDLE begins may lie unread until IDLE ends: here for two seconds, not for twenty.
    gateway = replace(built, readers=tuple(replace(reader, idle_seconds=2.0) for reader in built.readers))
    add, url = gateway.store.clients.add, settings.base_url
    tokens = [add("cabinet", TENANT, frozenset({PRACTICE})), add("autre", TENANT, frozenset({OTHER_PRACTICE})), None]
    with _serving(gateway), _http(url, tokens[0]) as one, _http(url, tokens[1]) as two, _http(url, None) as three:
        patiently(lambda: _is_ready(three), bool)
        yield World(post, gateway, Software(one), Software(two), Software(three))


def _http(url: str, token: str | None) -> httpx.Client:
    headers = {"Content-Type": "application/fhir+json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    return httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def _serving(gateway: app.Gateway) -> Iterator[None]:
    loop, stopping = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(gateway.serve(stopping),), name="gateway")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
        gateway.close()
