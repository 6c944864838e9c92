"""Each step of an SMTP conversation × each way to go wrong: what the journal is told, and where the mail may be.

Source: RFC 5321 §4.2.1 (first digit), RFC 1047 (a lost last reply).
"""

import asyncio
from dataclasses import dataclass

import pytest

from gateway.error_catalogue import CATALOGUE
from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.smtp import SmtpSender
from tests.mssante.adapters.conftest import Trust
from tests.peers.scripted import Close, Drip, Hang, HearSome, Reset, Say, ScriptedPeer, Step, scripted_peer
from tests.peers.smtp_peer import STEPS, all_well, until

MAIL = b"From: a@cpts.example\r\nSubject: essai\r\n\r\nBonjour.\r\n"
LONG_MAIL = MAIL + (b"y" * 76 + b"\r\n") * 120_000
SENDER, RECIPIENT = MailAddress("emetteur@cpts.example"), MailAddress("dr@hopital.example")
STEP_SECONDS = 0.4


@dataclass(frozen=True)
class Told:
    """What the journal is told of a failure."""

    code: str
    temporary: bool
    outcome_known: bool = True
    reply: str = ""


FAULTS: dict[str, Step] = {
    "421": Say(b"421 4.3.2 closing\r\n"),
    "451": Say(b"451 4.3.0 later\r\n"),
    "454": Say(b"454 4.7.0 not now\r\n"),
    "500": Say(b"500 5.5.1 what\r\n"),
    "554": Say(b"554 5.7.1 never\r\n"),
    "several lines": Say(b"554-5.7.1 never\r\n554 5.7.1 ever\r\n"),
    "wrong class": Say(b"199 what\r\n"),
    "garbage": Say(b"bonjour\r\n"),
    "too long": Say(b"2" * 100_000),
    "close": Close(),
    "reset": Reset(),
    "hang": Hang(),
    "drip": Drip(),
}
REPLIES = {"421": "421", "451": "451", "454": "454", "500": "500", "554": "554", "several lines": "554"}
WRONG_CLASS = {"wrong class": "199"}
SESSION = ("connect", "EHLO", "STARTTLS", "EHLO in TLS")


def expected(step: str, fault: str) -> Told:
    """The rule, in words: before MAIL it is the session's fault; after the end of data, silence means not knowing."""
    if step in SESSION and fault in REPLIES | WRONG_CLASS:
        code = "smtp-tls" if step == "STARTTLS" else "smtp-session-refused"
        return Told(code, True, reply=(REPLIES | WRONG_CLASS)[fault])
    if fault in REPLIES:
        permanent = REPLIES[fault].startswith("5")
        return Told("smtp-permanent" if permanent else "smtp-temporary", not permanent, reply=REPLIES[fault])
    if step == "end-of-data":
        return Told("smtp-outcome-unknown", False, outcome_known=False)
    if fault in ("hang", "drip"):
        return Told("smtp-timeout", True)
    if step == "STARTTLS" or (step == "EHLO in TLS" and fault in ("close", "reset")):
        return Told("smtp-tls", True)
    return Told("smtp-connection", True)


def send(peer: ScriptedPeer, trust: Trust, *mails: bytes, seconds: float = STEP_SECONDS) -> list[str | Told]:
    """Send mails one after another through one sender; what came of each."""

    async def story() -> list[str | Told]:
        sender = SmtpSender("127.0.0.1", peer.port, trust.client_context, seconds, "cpts.example", seconds)
        outcomes = [await outcome(sender, mail) for mail in mails]
        await sender.close()
        return outcomes

    async def outcome(sender: SmtpSender, mail: bytes) -> str | Told:
        try:
            return await sender.send(mail, SENDER, RECIPIENT, "env-1")
        except TransportError as error:
            assert error.code in CATALOGUE
            return Told(error.code, error.temporary, error.outcome_known, error.reply)

    return asyncio.run(story())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_is_told_as_what_it_is_and_the_next_mail_goes_through(step: str, fault: str, trust: Trust) -> None:
    script = until(step, trust.server_context, FAULTS[fault], Close())
    with scripted_peer(script, all_well(trust.server_context)) as peer:
        assert send(peer, trust, MAIL, MAIL) == [expected(step, fault), "250"]
        assert peer.mails[-1] == MAIL
        taken_or_unknown = step == "end-of-data"
        assert len(peer.mails) == (2 if taken_or_unknown else 1)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ((Close(),), Told("smtp-connection", True)),
        ((Reset(),), Told("smtp-connection", True)),
        ((Hang(),), Told("smtp-timeout", True)),
        ((Say(b"552 5.3.4 too much\r\n"), Hang()), Told("smtp-permanent", False, reply="552")),
        ((Say(b"421 4.3.2 going down\r\n"), Hang()), Told("smtp-temporary", True, reply="421")),
        ((Say(b"bonjour\r\n"), Hang()), Told("smtp-connection", True)),
    ],
)
def test_a_mail_that_broke_in_the_middle_was_certainly_not_taken(
    trouble: tuple[Step, ...], told: Told, trust: Trust
) -> None:
    context = trust.server_context
    script = [*until("end-of-data", context)[:-1], HearSome(10_000), *trouble]
    with scripted_peer(script, all_well(context)) as peer:
        assert send(peer, trust, LONG_MAIL, MAIL) == [told, "250"]
        assert peer.mails == [MAIL]


def test_a_long_mail_arrives_whole(trust: Trust) -> None:
    with scripted_peer(all_well(trust.server_context)) as peer:
        assert send(peer, trust, LONG_MAIL, seconds=20) == ["250"]
        assert peer.mails == [LONG_MAIL]


def test_nobody_listens(trust: Trust) -> None:
    with scripted_peer() as peer:
        pass
    assert send(peer, trust, MAIL) == [Told("smtp-connection", True)]
