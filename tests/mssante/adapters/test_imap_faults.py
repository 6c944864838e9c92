"""Each step of an IMAP conversation × each way to go wrong: a code, no harm, and a fresh start at the next call."""

import ssl
from pathlib import Path

import pytest

from gateway.error_catalogue import CATALOGUE
from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.imap import ImapInbox
from gateway.ports import FetchedMail
from tests.mssante.adapters.conftest import Trust, new_trust
from tests.peers.imap_peer import (
    MAIL,
    OK,
    SELECTED,
    STEPS,
    UID,
    UID_VALIDITY,
    VALIDITY,
    all_well,
    asks,
    capabilities,
    conversation,
    until,
)
from tests.peers.scripted import Close, Hang, Hear, Reset, Say, ScriptedPeer, Step, scripted_peer

BOX = MailAddress("boite@cpts.example")
THE_MAIL = FetchedMail(BOX, UID_VALIDITY, UID, MAIL)


class NothingKnown:
    def is_known(self, mailbox: MailAddress, uid_validity: int, uid: int) -> bool:
        return False

    def done(self, mailbox: MailAddress, uid_validity: int) -> frozenset[int]:
        return frozenset()


def inbox_of(peer: ScriptedPeer, context: ssl.SSLContext, seconds: float = 0.4) -> ImapInbox:
    return ImapInbox(BOX, "127.0.0.1", peer.port, context, "boite", "mot-de-passe", timeout_seconds=seconds)


def fetch(inbox: ImapInbox) -> list[FetchedMail] | str:
    """The new mails, or the code of the error."""
    try:
        return list(inbox.fetch_new(NothingKnown()))
    except TransportError as error:
        assert error.code in CATALOGUE
        assert error.__cause__ is None
        return error.code


FAULTS: dict[str, tuple[Step, ...]] = {
    "NO": (Say(b"<tag> NO no\r\n"),),
    "BAD": (Say(b"<tag> BAD what\r\n"),),
    "BYE": (Say(b"* BYE down for maintenance\r\n"), Close()),
    "garbage": (Say(b"\xff\xfe bonjour\r\n"), Hang()),
    "another tag": (Say(b"ZZZZ9 OK done\r\n"), Hang()),
    "close": (Close(),),
    "reset": (Reset(),),
    "hang": (Hang(),),
}


def expected(step: str, fault: str) -> str:
    refused = fault in ("NO", "BAD")
    if step in ("connect", "CAPABILITY"):
        return "imap-connection"
    if step in ("STARTTLS", "CAPABILITY in TLS"):
        return "imap-connection" if fault == "hang" else "imap-tls"
    if not refused:
        return "imap-connection"
    return "imap-login" if step == "LOGIN" else "imap-protocol"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_is_told_as_what_it_is_and_the_next_call_starts_anew(step: str, fault: str, trust: Trust) -> None:
    if step == "connect" and fault in ("NO", "BAD"):
        trouble: tuple[Step, ...] = (Say(b"* NO not today\r\n"), Close())
    else:
        trouble = FAULTS[fault]
    with scripted_peer([*until(step, trust.server_context, *trouble), Close()], all_well(trust.server_context)) as peer:
        inbox = inbox_of(peer, trust.client_context)
        assert fetch(inbox) == expected(step, fault)
        assert fetch(inbox) == [THE_MAIL]
        inbox.close()


LIES = {
    "a uid that is a word": ("SEARCH", b"* SEARCH seven\r\n" + OK),
    "two lists": ("SEARCH", b"* SEARCH 7\r\n* SEARCH 8\r\n" + OK),
    "a size that is a word": ("SIZE", b"* 1 FETCH (UID 7 RFC822.SIZE big)\r\n" + OK),
    "no size": ("SIZE", b"* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n" + OK),
    "an open bracket": ("SIZE", b"* 1 FETCH (UID 7 RFC822.SIZE (\r\n" + OK),
    "content that is a number": ("FETCH", b"* 1 FETCH (UID 7 BODY[] 12)\r\n" + OK),
    "no content": ("FETCH", b"* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n" + OK),
    "a literal that is cut": ("FETCH", b"* 1 FETCH (UID 7 BODY[] {1000}\r\nBonjour"),
    "a literal without its end": ("FETCH", b"* 1 FETCH (UID 7 BODY[] {7}\r\nBonjour\r\n" + OK),
    "a line that never ends": ("FETCH", b"* 1 FETCH " + b"x" * 2_000_000),
    "no UIDVALIDITY": ("SELECT", SELECTED + OK),
    "UIDVALIDITY is a word": ("SELECT", SELECTED + b"* OK [UIDVALIDITY x] odd\r\n" + OK),
    "read only": ("SELECT", SELECTED + VALIDITY + b"<tag> OK [READ-ONLY] look but do not touch\r\n"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_makes_no_sense_is_refused(lie: str, trust: Trust) -> None:
    step, answer = LIES[lie]
    with scripted_peer([*until(step, trust.server_context, Say(answer)), Close()]) as peer:
        inbox = inbox_of(peer, trust.client_context)
        assert fetch(inbox) in ("imap-protocol", "imap-connection")
        inbox.close()


def test_one_mail_that_the_server_cannot_give_does_not_hold_up_the_others(trust: Trust) -> None:
    parts = conversation(trust.server_context)
    two = asks(b"UID SEARCH", b"* SEARCH 6 7\r\n" + OK)
    broken = asks(b"FETCH 6", b"<tag> NO [SERVERBUG] damaged\r\n")
    script = [*until("SEARCH", trust.server_context)[:-1], *two, *broken, *parts["SIZE"], *parts["FETCH"]]
    with scripted_peer(script) as peer:
        inbox = inbox_of(peer, trust.client_context)
        reading = inbox.fetch_new(NothingKnown())
        assert next(reading) == THE_MAIL
        with pytest.raises(TransportError) as caught:
            next(reading)
        assert caught.value.code == "imap-protocol"
        inbox.close()


def test_a_mail_that_vanishes_while_we_read_is_passed_over(trust: Trust) -> None:
    with scripted_peer(until("SIZE", trust.server_context, Say(OK))) as peer:
        inbox = inbox_of(peer, trust.client_context)
        assert fetch(inbox) == []
        inbox.close()


def test_nil_instead_of_a_mail_is_carried_on_as_empty_rather_than_forgotten(trust: Trust) -> None:
    nil = Say(b"* 1 FETCH (UID 7 BODY[] NIL)\r\n" + OK)
    with scripted_peer(until("FETCH", trust.server_context, nil)) as peer:
        inbox = inbox_of(peer, trust.client_context)
        assert fetch(inbox) == [FetchedMail(BOX, UID_VALIDITY, UID, b"")]
        inbox.close()


def test_a_server_that_keeps_no_keywords_is_never_asked_about_ours(trust: Trust) -> None:
    selected = SELECTED + b"* OK [PERMANENTFLAGS (\\Seen)] only these\r\n" + VALIDITY
    steps = [step for part in conversation(trust.server_context, selected).values() for step in part]
    with scripted_peer([*steps, *asks(b"NOOP"), *asks(b"STORE")]) as peer:
        inbox = inbox_of(peer, trust.client_context)
        assert fetch(inbox) == [THE_MAIL]
        inbox.flag_done(UID_VALIDITY, frozenset({UID}))
        assert [line for line in peer.heard if b"CptsDone" in line] == []
        assert peer.heard[-1].endswith(b"STORE 7 +FLAGS.SILENT (\\Seen)")
        inbox.close()


def test_a_server_that_keeps_keywords_gets_ours(trust: Trust) -> None:
    with scripted_peer([*all_well(trust.server_context), *asks(b"NOOP"), *asks(b"STORE")]) as peer:
        inbox = inbox_of(peer, trust.client_context)
        fetch(inbox)
        inbox.flag_done(UID_VALIDITY, frozenset({UID}))
        assert any(line.endswith(b"SEARCH UID 1:* UNKEYWORD $CptsDone") for line in peer.heard)
        assert peer.heard[-1].endswith(b"STORE 7 +FLAGS.SILENT (\\Seen $CptsDone)")
        inbox.close()


def test_a_uidvalidity_that_changed_between_two_sessions_offers_the_mails_again(trust: Trust) -> None:
    renewed = conversation(trust.server_context, SELECTED + b"* OK [UIDVALIDITY 43] new\r\n")
    again = [step for part in renewed.values() for step in part]
    with scripted_peer([*all_well(trust.server_context), Close()], [*again, *asks(b"NOOP")]) as peer:
        inbox = inbox_of(peer, trust.client_context)
        assert fetch(inbox) == [THE_MAIL]
        assert fetch(inbox) == [FetchedMail(BOX, 43, UID, MAIL)]
        inbox.flag_done(UID_VALIDITY, frozenset({UID}))
        assert not any(b"STORE" in line for line in peer.heard)
        inbox.close()


def test_a_wait_ends_in_an_error_when_the_server_hangs_up(trust: Trust) -> None:
    nothing_more = asks(b"UID SEARCH", b"* SEARCH\r\n" + OK)
    idling = [*asks(b"NOOP"), *nothing_more, *asks(b"IDLE", b"+ idling\r\n")]
    with scripted_peer([*all_well(trust.server_context), *idling, Close()]) as peer:
        inbox = inbox_of(peer, trust.client_context)
        fetch(inbox)
        with pytest.raises(TransportError) as caught:
            inbox.wait(20)
        assert caught.value.code == "imap-connection"
        inbox.close()


# --- TLS


def test_before_tls_nothing_is_said_that_matters(trust: Trust) -> None:
    with scripted_peer(all_well(trust.server_context)) as peer:
        inbox = inbox_of(peer, trust.client_context)
        assert fetch(inbox) == [THE_MAIL]
        assert [line.split(b" ")[1] for line in peer.stages[0].heard_in_clear] == [b"CAPABILITY", b"STARTTLS"]
        inbox.close()


def test_a_server_without_starttls_gets_no_password(trust: Trust) -> None:
    script = [Say(b"* OK ready\r\n"), *capabilities(b"AUTH=PLAIN")]
    with scripted_peer(script) as peer:
        assert fetch(inbox_of(peer, trust.client_context)) == "imap-tls"
        assert not any(b"LOGIN" in line or b"AUTHENTICATE" in line for line in peer.heard)


def test_a_server_that_says_we_are_already_in_gets_nothing(trust: Trust) -> None:
    script = [Say(b"* PREAUTH welcome\r\n"), *capabilities(b"STARTTLS"), *capabilities(b"STARTTLS")]
    with scripted_peer(script) as peer:
        assert fetch(inbox_of(peer, trust.client_context)) == "imap-tls"
        assert len(peer.heard) <= 2


@pytest.mark.parametrize("kind", ["another name", "expired", "unknown authority", "revoked"])
def test_a_server_that_is_not_the_operators_gets_no_password(kind: str, tmp_path: Path) -> None:
    ours = new_trust(tmp_path / "ours")
    issue = ours.authority.server_certificate
    server = {
        "another name": lambda: issue(["autre.example"]),
        "expired": lambda: issue(["127.0.0.1"], expired=True),
        "revoked": lambda: ours.server,
        "unknown authority": lambda: new_trust(tmp_path / "theirs").server,
    }[kind]()
    if kind == "revoked":
        ours.authority.revoke(server)
    with scripted_peer(all_well(ours.authority.server_context(server))) as peer:
        assert fetch(inbox_of(peer, ours.client_context, 2.0)) == "imap-tls"
        assert not any(b"LOGIN" in line for line in peer.heard)


def test_a_server_that_refuses_our_certificate_is_told_apart(trust: Trust) -> None:
    nobody = trust.authority.client_context(None)
    with scripted_peer(all_well(trust.server_context)) as peer:
        assert fetch(inbox_of(peer, nobody, 2.0)) == "imap-tls"


# --- nothing out


def test_neither_logs_nor_errors_hold_what_was_said(trust: Trust, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    secret = Say(b"<tag> NO jean.dupont has died\r\n")
    with scripted_peer(until("FETCH", trust.server_context, secret)) as peer:
        inbox = inbox_of(peer, trust.client_context)
        with pytest.raises(TransportError) as caught:
            list(inbox.fetch_new(NothingKnown()))
        inbox.close()
    told = f"{caught.value} {caught.value.findings} {caplog.text} {vars(inbox)['_account']}"
    for word in ("dupont", "Bonjour", "mot-de-passe"):
        assert word not in told


def test_the_peer_is_heard_to_its_last_line(trust: Trust) -> None:
    """The control: a script that expects another word than the client says is not kept to."""
    peer = ScriptedPeer([[Say(b"* OK ready\r\n"), Hear(b"XYZZY")]])
    fetch(inbox_of(peer, trust.client_context))
    peer.stop()
    assert peer.complaints == ["b'XYZZY' was expected"]
