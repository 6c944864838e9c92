"""Joins ports and adapters: the only room that imports everything. Settings in, a gateway out, nothing running yet."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from gateway.clock import RandomIds, SystemClock
from gateway.config import ImapMailbox, Settings, read_master_key, refusals
from gateway.errors import ConfigurationError, TransportError
from gateway.fhir.adapters.door import Door
from gateway.fhir.adapters.listener import build_server
from gateway.fhir.adapters.server import build_app
from gateway.flows.address import Addressing
from gateway.flows.answers import Answering
from gateway.flows.deliver import Deliver
from gateway.flows.forward import Forward
from gateway.flows.notice import Notices
from gateway.flows.prepare import Prepare
from gateway.flows.read_mailbox import ReadMailbox
from gateway.flows.receive_document import ReceiveDocument
from gateway.flows.receive_mail import ReceiveMail
from gateway.flows.receive_reply import ReceiveReply
from gateway.flows.receive_report import ReceiveReport
from gateway.flows.refuse_mail import RefuseMail
from gateway.flows.send_document import SendDocument
from gateway.flows.timeline import ShowTimeline
from gateway.flows.worker import Handler, Worker
from gateway.journal import WorkKind
from gateway.model import Finding, MailAddress, Oid, Sender
from gateway.mssante.adapters.imap import ImapInbox
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.adapters.smtp import SmtpSender
from gateway.mssante.adapters.smtp_pool import SmtpPool
from gateway.mssante.adapters.tls import client_context
from gateway.mssante.adapters.trusted_domains import TrustedDomainList
from gateway.ports import Clock, Directory, Ids, TrustedDomains
from gateway.registry.chained import ChainedDirectory
from gateway.registry.daily import DailyDirectory
from gateway.registry.directory_store import DirectoryStore
from gateway.store.open import Store, open_store

TRUSTED_LIST_MAX_AGE_SECONDS = 7 * 24 * 3600.0
LAST_REPLY_SECONDS = 120.0
"""The longest that an operator may think over a mail that it has been given whole."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything joined. `serve` runs the door, the worker and the mailbox readers in one process."""

    settings: Settings
    store: Store
    send_document: SendDocument
    door: FastAPI
    worker: Worker
    readers: tuple[ReadMailbox, ...]

    async def serve(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set. What is in hand is finished."""
        server = build_server(
            self.door,
            self.settings.host,
            self.settings.port,
            certificate_file=self.settings.https_certificate_file,
            key_file=self.settings.https_key_file,
            max_connections=self.settings.max_connections,
        )
        serving = asyncio.create_task(server.serve())
        working = asyncio.create_task(self.work(stopping))
        stopped = asyncio.create_task(stopping.wait())
        # A gateway that accepts and delivers nothing would be worse than none: whichever ends, ends the others.
        await asyncio.wait({serving, working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        server.should_exit = True
        await asyncio.gather(serving, working)

    async def work(self, stopping: asyncio.Event) -> None:
        """Deliver and read mailboxes until `stopping` is set: the whole of `cpts-gateway worker`."""
        with self._reading():
            await self.worker.run(stopping)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One thread per mailbox."""
        stop = threading.Event()
        threads = [threading.Thread(target=r.run, args=(stop,), name="mailbox", daemon=True) for r in self.readers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for reader in self.readers:
                reader.inbox.close()
            for thread in threads:
                thread.join()

    def close(self) -> None:
        self.store.close()


def build(settings: Settings, clock: Clock | None = None, ids: Ids | None = None) -> Gateway:
    """A gateway from its settings. Raises ConfigurationError, or InputError for a registry that cannot be used."""
    if refused := refusals(settings):
        raise ConfigurationError(refused)
    clock, ids = clock or SystemClock(), ids or RandomIds()
    store = open_store(settings.database_url, read_master_key(settings), clock, ids)
    try:
        return _joined(settings, store, clock, ids)
    except BaseException:
        store.close()
        raise


def _joined(settings: Settings, store: Store, clock: Clock, ids: Ids) -> Gateway:
    sender = _sender(settings)
    trusted = TrustedDomainList(
        _required(settings.trusted_domains_file, "trusted_domains_file"), clock, TRUSTED_LIST_MAX_AGE_SECONDS
    )
    directory = directory_of(settings, clock)
    addressing = Addressing(directory, trusted, clock)
    answering = Answering(clock, ids, f"{settings.base_url}/fhir")
    production = not settings.accept_test_ins
    send = SendDocument(store.intake, addressing, answering, clock, ids, sender, production)
    timeline = ShowTimeline(store.query, store.resources)
    door = Door(
        clients=store.clients,
        process_message=send,
        resources=store.resources,
        timeline=timeline,
        ready=lambda: _unready(trusted, sender.mailbox),
        clock=clock,
        base_url=settings.base_url,
        max_body_bytes=settings.max_body_bytes,
        body_timeout_seconds=settings.body_timeout_seconds,
        max_messages_in_flight=settings.max_messages_in_flight,
    )
    return Gateway(
        settings=settings,
        store=store,
        send_document=send,
        door=build_app(door),
        worker=_worker(settings, store, addressing, sender, clock, ids),
        readers=_readers(settings, store, clock, ids),
    )


def directory_of(settings: Settings, clock: Clock) -> Directory:
    """The CPTS's own file, then the national directory where there is one."""
    members = DailyDirectory(_required(settings.registry_csv, "registry_csv"), clock)
    if settings.registry_database is None:
        return members
    return ChainedDirectory(members, DirectoryStore(settings.registry_database))


def trusted_domains(settings: Settings, clock: Clock) -> TrustedDomains | None:
    """The list of the trusted space, where a setting names it."""
    path = settings.trusted_domains_file
    return TrustedDomainList(path, clock, TRUSTED_LIST_MAX_AGE_SECONDS) if path else None


def _unready(trusted: TrustedDomainList, mailbox: MailAddress) -> tuple[Finding, ...]:
    """What would keep a message from leaving: the trusted list unusable, or our own mailbox not on it."""
    try:
        return () if trusted.trusts(mailbox) else (Finding("untrusted-domain"),)
    except TransportError as error:
        return error.findings


def _worker(settings: Settings, store: Store, addressing: Addressing, sender: Sender, clock: Clock, ids: Ids) -> Worker:
    notices = Notices(store.query, store.resources)
    tls, domain = _tls(settings), sender.mailbox.partition("@")[2]

    def connection() -> SmtpSender:
        return SmtpSender(
            settings.smtp_host, settings.smtp_port, tls, settings.smtp_timeout_seconds, domain, LAST_REPLY_SECONDS
        )

    mail = SmtpPool(connection, settings.worker_slots)
    refuse = RefuseMail(addressing.trusted, clock, ids, sender)
    prepare = Prepare(store.query, TypstRenderer(), sender, clock)
    forward = Forward(addressing, clock, ids, sender)
    receive = ReceiveMail(
        store.query,
        ReceiveReport(store.query, notices, clock),
        ReceiveDocument(store.query, notices, clock, ids),
        ReceiveReply(store.query, store.resources, notices, forward, clock, ids),
        refuse,
        clock,
    )
    handlers: dict[WorkKind, Handler] = {
        WorkKind.DELIVERY: Deliver(store.query, prepare, mail, addressing, notices, clock, sender),
        WorkKind.INBOUND_MAIL: receive,
        WorkKind.OVERSIZED_MAIL: refuse.oversized,
    }
    return Worker(store.queue, handlers, store.wait_for_work, clock, settings.worker_slots, settings.lease_seconds)


def _readers(settings: Settings, store: Store, clock: Clock, ids: Ids) -> tuple[ReadMailbox, ...]:
    def reader(box: ImapMailbox) -> ReadMailbox:
        password = box.password_file.read_text("utf-8").strip() if box.password_file else None
        address, host, port = MailAddress(box.address), settings.imap_host, settings.imap_port
        inbox = ImapInbox(address, host, port, _tls(settings), box.username, password)
        journal = store.mailbox_lease, store.intake, store.mail_log
        return ReadMailbox(address, inbox, *journal, clock, ids, settings.tenant)

    return tuple(reader(box) for box in settings.imap_mailboxes)


def _tls(settings: Settings) -> ssl.SSLContext:
    return client_context(
        _required(settings.tls_ca_file, "tls_ca_file"),
        _required(settings.tls_certificate_file, "tls_certificate_file"),
        _required(settings.tls_key_file, "tls_key_file"),
        settings.tls_crl_file,
    )


def _sender(settings: Settings) -> Sender:
    return Sender(
        settings.tenant,
        settings.sender_name,
        MailAddress(settings.sender_mailbox),
        Oid(settings.sender_oid),
        settings.sender_nil,
    )


def _required(value: Path | None, name: str) -> Path:
    if value is None:
        raise ConfigurationError(Finding("setting-missing", facts=(("setting", f"GATEWAY_{name.upper()}"),)))
    return value
