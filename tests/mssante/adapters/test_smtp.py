"""What goes over the wire when all is well, and what never does.

Source: RFC 5321 §4.5.2 (transparency), RFC 1870, RFC 3461 §4, RFC 6152, RFC 8098 §3.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.smtp import SmtpSender
from gateway.mssante.adapters.smtp_content import dot_stuffed, xtext
from tests.mssante.adapters.conftest import Trust
from tests.peers.scripted import Again, Close, Hang, Hear, HearMail, Reset, Say, ScriptedPeer, Step, scripted_peer
from tests.peers.smtp_peer import FULL_EHLO, all_well, conversation, until

MAIL = b"From: a@cpts.example\r\n\r\nBonjour.\r\n"
A, B = MailAddress("a@cpts.example"), MailAddress("b@hopital.example")


def with_sender(peer: ScriptedPeer, trust: Trust, story: Callable[[SmtpSender], Awaitable[None]]) -> None:
    async def run() -> None:
        sender = SmtpSender("127.0.0.1", peer.port, trust.client_context, 2.0, "cpts.example", 2.0)
        try:
            await story(sender)
        finally:
            await sender.close()

    asyncio.run(run())


async def code_of(sending: Awaitable[str]) -> str:
    try:
        return await sending
    except TransportError as error:
        return error.code


def many_mails(trust: Trust, ehlo: bytes = FULL_EHLO) -> list[Step]:
    """A server that takes mail after mail on one connection, with RSET between them."""
    parts = conversation(trust.server_context, ehlo)
    first = [step for name in parts for step in parts[name]]
    each = [Hear(b"RSET"), Say(b"250 ok\r\n"), *parts["MAIL"], *parts["RCPT"], *parts["DATA"], *parts["end-of-data"]]
    return [*first, Again(tuple(each))]


# --- bytes ---------------------------------------------------------------------------------------------------------

PIECES = [
    b".",
    b"..",
    b"\r\n",
    b"\r",
    b"\n",
    b"\r\n.\r\n",
    b"\r\n.",
    b".\r\n",
    b"\n.\n",
    b"\r.\r",
    b"\0",
    b"a",
    b"\xe9",
]


@settings(deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=12))
def test_what_arrives_is_what_was_given_or_nothing_is_sent(pieces: list[bytes], wire: "Wire") -> None:
    mail = b"".join(pieces)
    *lines, rest = mail.split(b"\r\n")
    exact = bool(lines) and rest == b"" and not any(set(line) & set(b"\r\n\0") for line in lines)
    assert wire.send(mail) == (("250", mail) if exact else ("smtp-unsendable", None))


@settings(deadline=None)
@given(body=st.lists(st.binary(max_size=40).map(lambda line: line.translate(None, b"\r\n\0")), min_size=1, max_size=8))
def test_any_lines_arrive_unchanged(body: list[bytes], wire: "Wire") -> None:
    mail = b"".join(line + b"\r\n" for line in body)
    assert wire.send(mail) == ("250", mail)


class Wire:
    """One sender and one peer for many examples."""

    def __init__(self, trust: Trust) -> None:
        self.peer = ScriptedPeer(repeat(many_mails(trust)))
        self.loop = asyncio.new_event_loop()
        self.sender = SmtpSender("127.0.0.1", self.peer.port, trust.client_context, 5.0, "cpts.example", 5.0)

    def send(self, mail: bytes) -> tuple[str, bytes | None]:
        before = len(self.peer.mails)
        code = self.loop.run_until_complete(code_of(self.sender.send(mail, A, B, "env")))
        arrived = self.peer.mails[before:]
        assert len(arrived) <= 1
        return code, arrived[0] if arrived else None

    def stop(self) -> None:
        self.loop.run_until_complete(self.sender.close())
        self.loop.close()
        self.peer.stop()


@pytest.fixture(scope="module")
def wire(trust: Trust) -> "Wire":
    wire = Wire(trust)
    yield wire
    wire.stop()


@given(st.lists(st.sampled_from([b".", b"\r\n", b"a"]), max_size=12).map(lambda x: b"".join(x) + b"\r\n"))
def test_no_stuffed_mail_holds_an_early_end_of_data(mail: bytes) -> None:
    stuffed = dot_stuffed(mail)
    assert not stuffed.startswith(b".\r\n")
    assert b"\r\n.\r\n" not in stuffed


@pytest.mark.parametrize(("length", "code"), [(998, "250"), (999, "smtp-unsendable")])
def test_a_line_holds_at_most_998_bytes(length: int, code: str, wire: Wire) -> None:
    assert wire.send(b"." * length + b"\r\n")[0] == code


# --- the envelope --------------------------------------------------------------------------------------------------

INJECTIONS = [
    "b@hopital.example> SIZE=1",
    "b@hopital.example>\r\nRCPT TO:<c@hopital.example",
    "b@hopital.example\nDATA",
    "<b@hopital.example>",
    "b@hopital.example, c@hopital.example",
    "Dr B <b@hopital.example>",
    '"b> c"@hopital.example',
    "b @hopital.example",
    "b@[127.0.0.1]",
    "b@hopital",
    "bé@hopital.example",
    "b@hôpital.example",
    "@relay.example:b@hopital.example",
    "b\0@hopital.example",
    "a" * 65 + "@hopital.example",
    "b@" + "x" * 64 + ".example",
    "",
    "b",
    "@hopital.example",
]


@pytest.mark.parametrize("address", INJECTIONS)
def test_an_address_that_could_say_more_than_an_address_is_refused(address: str, trust: Trust) -> None:
    async def story(sender: SmtpSender) -> None:
        assert await code_of(sender.send(MAIL, A, MailAddress(address), "env")) == "smtp-unsendable"
        if address:  # an empty sender is the null reverse-path
            assert await code_of(sender.send(MAIL, MailAddress(address), B, "env")) == "smtp-unsendable"

    with scripted_peer() as peer:
        with_sender(peer, trust, story)
        assert peer.stages == []


@pytest.mark.parametrize("envelope_id", ["", "x" * 101, "+" * 34, "é", "a\r\nb", "a\0"])
def test_an_envelope_id_that_cannot_be_carried_is_refused(envelope_id: str, trust: Trust) -> None:
    async def story(sender: SmtpSender) -> None:
        assert await code_of(sender.send(MAIL, A, B, envelope_id)) == "smtp-unsendable"

    with scripted_peer() as peer:
        with_sender(peer, trust, story)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_xtext_holds_no_separator_and_can_be_read_back(text: str) -> None:
    encoded = xtext(text)
    assert not set(encoded) & set(" =\r\n")
    head, *rest = encoded.split("+")
    assert head + "".join(chr(int(part[:2], 16)) + part[2:] for part in rest) == text


def commands(trust: Trust, ehlo: bytes, mail: bytes = MAIL, sender: MailAddress = A) -> tuple[str, list[bytes]]:
    """The outcome, and the lines that carry the envelope."""
    outcomes = []

    async def story(smtp: SmtpSender) -> None:
        outcomes.append(await code_of(smtp.send(mail, sender, MailAddress("b+c=d@hopital.example"), "id 1+2")))

    with scripted_peer(all_well(trust.server_context, ehlo)) as peer:
        with_sender(peer, trust, story)
        return outcomes[0], [line for line in peer.heard if line.startswith((b"MAIL", b"RCPT"))]


def test_a_dsn_is_asked_for_where_it_is_offered(trust: Trust) -> None:
    assert commands(trust, b"250-peer\r\n250 DSN\r\n") == (
        "250",
        [
            b"MAIL FROM:<a@cpts.example> RET=HDRS ENVID=id+201+2B2",
            b"RCPT TO:<b+c=d@hopital.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;b+2Bc+3Dd@hopital.example",
        ],
    )


def test_a_server_that_offers_nothing_is_asked_for_nothing(trust: Trust) -> None:
    assert commands(trust, b"250 peer\r\n") == (
        "250",
        [b"MAIL FROM:<a@cpts.example>", b"RCPT TO:<b+c=d@hopital.example>"],
    )


def test_an_mdn_goes_out_with_the_null_reverse_path_and_asks_for_no_report(trust: Trust) -> None:
    outcome, lines = commands(trust, b"250-peer\r\n250 DSN\r\n", sender=MailAddress(""))
    assert (outcome, lines) == ("250", [b"MAIL FROM:<>", b"RCPT TO:<b+c=d@hopital.example>"])


def test_the_size_is_declared_and_a_mail_over_the_limit_is_never_begun(trust: Trust) -> None:
    limit = len(MAIL)
    outcome, lines = commands(trust, f"250-peer\r\n250 SIZE {limit}\r\n".encode())
    assert outcome == "250"
    assert lines[0] == b"MAIL FROM:<a@cpts.example> SIZE=%d" % limit
    assert commands(trust, f"250-peer\r\n250 SIZE {limit - 1}\r\n".encode()) == ("smtp-too-large", [])


@pytest.mark.parametrize("announced", [b"SIZE", b"SIZE 0", b"SIZE lots"])
def test_a_size_without_a_limit_limits_nothing(announced: bytes, trust: Trust) -> None:
    assert commands(trust, b"250-peer\r\n250 " + announced + b"\r\n")[0] == "250"


def test_eight_bit_content_is_declared_or_not_sent(trust: Trust) -> None:
    mail = MAIL + "é\r\n".encode()
    outcome, lines = commands(trust, b"250-peer\r\n250 8BITMIME\r\n", mail)
    assert (outcome, lines[0]) == ("250", b"MAIL FROM:<a@cpts.example> BODY=8BITMIME")
    assert commands(trust, b"250 peer\r\n", mail) == ("smtp-unsendable", [])


# --- the connection ------------------------------------------------------------------------------------------------


def test_one_connection_carries_many_mails(trust: Trust) -> None:
    async def story(sender: SmtpSender) -> None:
        for _ in range(3):
            assert await sender.send(MAIL, A, B, "env") == "250"

    with scripted_peer(many_mails(trust)) as peer:
        with_sender(peer, trust, story)
        assert peer.mails == [MAIL] * 3
        assert len(peer.stages) == 1


def test_mails_of_several_tasks_do_not_mix(trust: Trust) -> None:
    mails = [b"Subject: %d\r\n\r\n%s\r\n" % (number, b"x" * number) for number in range(8)]

    async def story(sender: SmtpSender) -> None:
        assert await asyncio.gather(*(sender.send(mail, A, B, "env") for mail in mails)) == ["250"] * 8

    with scripted_peer(many_mails(trust)) as peer:
        with_sender(peer, trust, story)
        assert sorted(peer.mails) == sorted(mails)
        assert len(peer.stages) == 1


def test_a_refused_recipient_does_not_cost_the_connection(trust: Trust) -> None:
    parts = conversation(trust.server_context)
    again = [Hear(b"RSET"), Say(b"250 ok\r\n"), *parts["MAIL"], *parts["RCPT"], *parts["DATA"], *parts["end-of-data"]]
    script = [*until("RCPT", trust.server_context, Say(b"550 5.1.1 unknown\r\n")), *again]

    async def story(sender: SmtpSender) -> None:
        assert await code_of(sender.send(MAIL, A, B, "env")) == "smtp-permanent"
        assert await sender.send(MAIL, A, B, "env") == "250"

    with scripted_peer(script) as peer:
        with_sender(peer, trust, story)
        assert len(peer.stages) == 1


@pytest.mark.parametrize(
    "stale", [(Close(),), (Reset(),), (Hear(b"RSET"), Say(b"421 idle\r\n")), (Hear(b"RSET"), Close()), (Hang(),)]
)
def test_a_kept_connection_that_went_stale_is_opened_anew_without_a_word(stale: tuple[Step, ...], trust: Trust) -> None:
    async def story(sender: SmtpSender) -> None:
        assert await sender.send(MAIL, A, B, "env") == "250"
        assert await sender.send(MAIL, A, B, "env") == "250"

    with scripted_peer([*all_well(trust.server_context), *stale], all_well(trust.server_context)) as peer:
        with_sender(peer, trust, story)
        assert peer.mails == [MAIL, MAIL]
        assert len(peer.stages) == 2


def test_a_cancelled_mail_never_arrives_later_and_leaves_no_half_conversation(trust: Trust) -> None:
    async def story(sender: SmtpSender) -> None:
        sending = asyncio.create_task(sender.send(MAIL, A, B, "env"))
        while not any(line.startswith(b"RCPT") for line in peer.heard):
            await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert await sender.send(MAIL + b"two\r\n", A, B, "env") == "250"

    silent = until("RCPT", trust.server_context)
    with scripted_peer(silent, all_well(trust.server_context)) as peer:
        with_sender(peer, trust, story)
        assert peer.mails == [MAIL + b"two\r\n"]
        assert peer.stages[0].heard[-1].startswith(b"RCPT")


def test_closing_says_quit(trust: Trust) -> None:
    async def story(sender: SmtpSender) -> None:
        await sender.send(MAIL, A, B, "env")

    with scripted_peer([*all_well(trust.server_context), Hear(b"QUIT"), Say(b"221 bye\r\n")]) as peer:
        with_sender(peer, trust, story)
        assert peer.heard[-1] == b"QUIT"


def test_the_text_of_a_reply_goes_nowhere(trust: Trust, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    secret = b"550 5.1.1 <jean.dupont@hopital.example> deceased\r\n"

    async def story(sender: SmtpSender) -> None:
        with pytest.raises(TransportError) as caught:
            await sender.send(MAIL, A, B, "env")
        assert caught.value.reply == "550"
        assert dict(caught.value.findings[0].facts) == {"reply": "550 5.1.1"}
        assert caught.value.findings[0].path == "RCPT"
        assert caught.value.__cause__ is None

    with scripted_peer(until("RCPT", trust.server_context, Say(secret))) as peer:
        with_sender(peer, trust, story)
    assert "dupont" not in caplog.text


def test_the_peer_reads_a_mail_to_its_end_and_not_further() -> None:
    """The control of the byte tests: this reader ends at the first line that is a lone dot."""
    import socket

    from tests.peers.scripted import Stage

    ours, theirs = socket.socketpair()
    stage = Stage(theirs)
    ours.sendall(b"..a\r\nb\r\n.\r\nMAIL FROM:<x>\r\n")
    HearMail().play(stage)
    assert stage.mails == [b".a\r\nb\r\n"]
    assert stage.buffer.startswith(b"MAIL")
    ours.close()
    theirs.close()
