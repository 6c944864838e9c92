"""No mail goes over a connection that is not encrypted with the operator itself.

Source: MSSanté referential ECO.1.1.1, ECO.1.1.5 to .7, ECO.1.1.10; RFC 3207 §4.2, §6 (downgrade, injection).
"""

import asyncio
import ssl
from pathlib import Path

import pytest

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.smtp import SmtpSender
from gateway.mssante.adapters.tls import client_context
from gateway.sandbox.authority import Authority
from tests.mssante.adapters.conftest import Trust, new_trust
from tests.peers.scripted import Close, Encrypt, Hang, Hear, Reset, Say, ScriptedPeer, Step, scripted_peer
from tests.peers.smtp_peer import all_well, conversation, until

MAIL = b"From: a@cpts.example\r\n\r\nBonjour.\r\n"


def send(peer: ScriptedPeer, context: ssl.SSLContext, times: int = 1, timeout_seconds: float = 1.0) -> list[str]:
    async def story() -> list[str]:
        sender = SmtpSender("127.0.0.1", peer.port, context, timeout_seconds, "cpts.example", timeout_seconds)
        outcomes = [await attempt(sender) for _ in range(times)]
        await sender.close()
        return outcomes

    async def attempt(sender: SmtpSender) -> str:
        try:
            return await sender.send(MAIL, MailAddress("a@cpts.example"), MailAddress("b@hopital.example"), "env")
        except TransportError as error:
            assert error.temporary
            assert error.outcome_known
            facts = dict(error.findings[0].facts)
            return f"{error.code} {facts.get('reason', '')}".strip()

    return asyncio.run(story())


def nothing_leaked(peer: ScriptedPeer) -> bool:
    return peer.mails == [] and not any(line.startswith((b"MAIL", b"RCPT")) for line in peer.heard)


def test_a_certificate_of_another_name_is_refused(trust: Trust) -> None:
    other = trust.authority.server_context(trust.authority.server_certificate(["autre.example"]))
    with scripted_peer(all_well(other)) as peer:
        assert send(peer, trust.client_context) == ["smtp-tls CERTIFICATE_VERIFY_FAILED"]
        assert nothing_leaked(peer)


def test_an_expired_certificate_is_refused(trust: Trust) -> None:
    old = trust.authority.server_context(trust.authority.server_certificate(["127.0.0.1"], expired=True))
    with scripted_peer(all_well(old)) as peer:
        assert send(peer, trust.client_context) == ["smtp-tls CERTIFICATE_VERIFY_FAILED"]
        assert nothing_leaked(peer)


def test_a_revoked_certificate_is_refused(tmp_path: Path) -> None:
    trust = new_trust(tmp_path)
    trust.authority.revoke(trust.server)
    with scripted_peer(all_well(trust.server_context)) as peer:
        assert send(peer, trust.client_context) == ["smtp-tls CERTIFICATE_VERIFY_FAILED"]
        assert nothing_leaked(peer)


def test_a_certificate_of_an_unknown_authority_is_refused(trust: Trust, tmp_path: Path) -> None:
    with scripted_peer(all_well(new_trust(tmp_path).server_context)) as peer:
        assert send(peer, trust.client_context) == ["smtp-tls CERTIFICATE_VERIFY_FAILED"]
        assert nothing_leaked(peer)


def test_a_client_certificate_used_by_a_server_is_refused(trust: Trust) -> None:
    posing = trust.authority.server_context(trust.authority.client_certificate("127.0.0.1"))
    with scripted_peer(all_well(posing)) as peer:
        assert send(peer, trust.client_context) == ["smtp-tls CERTIFICATE_VERIFY_FAILED"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_version_of_tls_is_refused(version: ssl.TLSVersion, trust: Trust) -> None:
    old = trust.server_context
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = version, version
    with scripted_peer(all_well(old)) as peer:
        [outcome] = send(peer, trust.client_context)
        assert outcome.startswith("smtp-tls")
        assert nothing_leaked(peer)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_our_certificate_is_presented_and_a_server_that_refuses_it_is_told_apart(
    version: ssl.TLSVersion, trust: Trust, tmp_path: Path
) -> None:
    strict = trust.server_context
    strict.minimum_version = strict.maximum_version = version
    expired = trust.authority.client_certificate("passerelle.example", expired=True)
    context = client_context(trust.authority.ca_path, expired.certificate, expired.key)
    with scripted_peer(all_well(strict), all_well(strict)) as peer:
        [outcome] = send(peer, context)
        assert outcome.startswith("smtp-tls")
        assert nothing_leaked(peer)
        assert send(peer, trust.client_context) == ["250"]


def test_a_server_without_starttls_gets_nothing(trust: Trust) -> None:
    stripped: list[Step] = [Say(b"220 peer\r\n"), Hear(b"EHLO"), Say(b"250-peer\r\n250 SIZE 1000\r\n")]
    with scripted_peer(stripped) as peer:
        assert send(peer, trust.client_context) == ["smtp-tls"]
        assert nothing_leaked(peer)


def test_a_refused_starttls_never_leads_to_a_later_mail_in_clear(trust: Trust) -> None:
    parts = conversation(trust.server_context)
    refusing = until("STARTTLS", trust.server_context, Say(b"454 4.7.0 not now\r\n"))
    in_clear = [
        Hear(b"RSET"),
        Say(b"250 ok\r\n"),
        *parts["MAIL"],
        *parts["RCPT"],
        *parts["DATA"],
        *parts["end-of-data"],
    ]
    with scripted_peer([*refusing, *in_clear], refusing) as peer:
        assert send(peer, trust.client_context, times=2) == ["smtp-tls", "smtp-tls"]
        assert nothing_leaked(peer)
        assert len(peer.stages) == 2


def test_what_is_said_in_clear_after_starttls_is_not_taken_for_an_answer(trust: Trust) -> None:
    injected = Say(b"220 go\r\n250-peer\r\n250 SIZE 1\r\n")
    script = [*until("STARTTLS", trust.server_context, injected)]
    for name in ("EHLO in TLS", "MAIL", "RCPT", "DATA", "end-of-data"):
        script += conversation(trust.server_context)[name]
    with scripted_peer(script) as peer:
        assert send(peer, trust.client_context) == ["250"]  # SIZE 1 would have refused it


@pytest.mark.parametrize("trouble", [(Say(b"this is not TLS\r\n" * 10), Hang()), (Close(),), (Reset(),)])
def test_a_handshake_that_breaks_is_a_tls_failure(trouble: tuple[Step, ...], trust: Trust) -> None:
    script = [*until("STARTTLS", trust.server_context, Say(b"220 go\r\n")), *trouble]
    with scripted_peer(script) as peer:
        [outcome] = send(peer, trust.client_context)
        assert outcome.startswith("smtp-tls")
        assert nothing_leaked(peer)


def test_a_handshake_that_never_comes_is_a_timeout(trust: Trust) -> None:
    script = [*until("STARTTLS", trust.server_context, Say(b"220 go\r\n")), Hang()]
    with scripted_peer(script) as peer:
        assert send(peer, trust.client_context, timeout_seconds=0.3) == ["smtp-timeout"]


def test_only_the_greeting_and_starttls_are_ever_said_in_clear(trust: Trust) -> None:
    with scripted_peer(all_well(trust.server_context)) as peer:
        send(peer, trust.client_context)
        assert peer.stages[0].heard_in_clear == [b"EHLO cpts.example", b"STARTTLS"]


def test_the_peer_would_notice_a_client_without_a_certificate(trust: Trust) -> None:
    """The control of the tests above: the same conversation with a context that presents nothing."""
    authority: Authority = trust.authority
    script: list[Step] = all_well(trust.server_context)
    assert any(isinstance(step, Encrypt) for step in script)
    with scripted_peer(script) as peer:
        [outcome] = send(peer, authority.client_context(None))
        assert outcome.startswith("smtp-tls")
