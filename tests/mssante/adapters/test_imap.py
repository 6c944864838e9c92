"""What the contract suite cannot ask of every server."""

from collections.abc import Iterator

import pytest

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.imap import ImapInbox
from gateway.mssante.adapters.tls import client_context
from gateway.sandbox.operator import MAILBOXES, Operator
from tests.mssante.adapters.conftest import Trust
from tests.mssante.adapters.test_imap_faults import NothingKnown, fetch, inbox_of
from tests.peers.imap_peer import OK, all_well, asks
from tests.peers.scripted import Step, scripted_peer

OURS, THEIRS = MailAddress(MAILBOXES[0]), MailAddress(MAILBOXES[2])


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with Operator.start(tmp_path_factory.mktemp("operator")) as running:
        yield running


def by_certificate(operator: Operator, certificate_of: str, mailbox: MailAddress) -> ImapInbox:
    credentials = operator.certificate_for(certificate_of)
    context = client_context(operator.ca_path, credentials.certificate, credentials.key, operator.crl_path)
    return ImapInbox(mailbox, operator.host, operator.imap_port, context, mailbox, None, timeout_seconds=5)


def test_an_application_mailbox_opens_with_the_certificate_alone(operator: Operator) -> None:
    operator.mailbox(OURS).deliver(b"Subject: essai\r\n\r\nBonjour.\r\n")
    inbox = by_certificate(operator, OURS, OURS)
    assert len(list(inbox.fetch_new(NothingKnown()))) == 1
    inbox.close()


def test_a_certificate_opens_no_other_mailbox(operator: Operator) -> None:
    with pytest.raises(TransportError) as caught:
        list(by_certificate(operator, OURS, THEIRS).fetch_new(NothingKnown()))
    assert caught.value.code == "imap-login"


def nothing_new() -> list[Step]:
    return asks(b"UID SEARCH UID 8:*", b"* SEARCH 7\r\n" + OK)  # `8:*` names the last mail too, RFC 3501 §6.4.8


def test_waiting_renews_idle_and_looks_again_each_time(trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.mssante.adapters.imap.IDLE_RENEWAL_SECONDS", 0.2)
    first = [*asks(b"NOOP"), *nothing_new(), *asks(b"IDLE", b"+ idling\r\n"), *asks(b"DONE")]
    second = [*asks(b"NOOP"), *asks(b"UID SEARCH UID 8:*", b"* SEARCH 8\r\n" + OK)]
    with scripted_peer([*all_well(trust.server_context), *first, *second]) as peer:
        inbox = inbox_of(peer, trust.client_context, 2.0)
        fetch(inbox)
        inbox.wait(20)
        assert [line.split(b" ", 1)[-1][:10] for line in peer.heard[-2:]] == [b"NOOP", b"UID SEARCH"]
        inbox.close()
