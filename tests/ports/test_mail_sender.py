"""Contract of the port MailSender: what has been answered 250 is in the operator's hands, as it was, once.

Run against the embedded operator and against Postfix delivering into Dovecot. Faults of the conversation itself need a
server that misbehaves: `tests/mssante/adapters/test_smtp_faults.py`.
"""

import asyncio
import re
from collections.abc import Iterator

import pytest

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.smtp import SmtpSender
from tests.peers.dovecot import ABSENT as NO_DOVECOT
from tests.peers.operators import Site, embedded, postfix_and_dovecot
from tests.peers.postfix import ABSENT as NO_POSTFIX

ABSENT = NO_POSTFIX or NO_DOVECOT
POSTFIX = pytest.param(
    postfix_and_dovecot,
    id="postfix",
    marks=[pytest.mark.real_server, pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")],
)


@pytest.fixture(scope="module", params=[pytest.param(embedded, id="embedded"), POSTFIX])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with request.param() as running:
        yield running


@pytest.fixture
def sender(site: Site) -> Iterator["Sending"]:
    with asyncio.Runner() as runner:
        sending = Sending(runner, site)
        yield sending
        runner.run(sending.smtp.close())


class Sending:
    """A sender with an event loop that lasts for one test."""

    def __init__(self, runner: asyncio.Runner, site: Site) -> None:
        self.runner, self.address, self.smtp = runner, site.new_mailbox(), site.sender()

    def send(self, mail: bytes, to: MailAddress, envelope_id: str = "env-1", null: bool = False) -> str:
        sender = MailAddress("") if null else self.address
        return self.runner.run(self.smtp.send(mail, sender, to, envelope_id))

    def send_all(self, mails: list[bytes], to: MailAddress) -> list[str]:
        async def together() -> list[str]:
            return await asyncio.gather(*(self.smtp.send(mail, self.address, to, "env") for mail in mails))

        return self.runner.run(together())

    def fails(self, mail: bytes, to: MailAddress, smtp: SmtpSender | None = None) -> TransportError:
        with pytest.raises(TransportError) as caught:
            self.runner.run((smtp or self.smtp).send(mail, self.address, to, "env"))
        return caught.value


def a_mail(number: int = 1, body: bytes = b"Bonjour.\r\n") -> bytes:
    head = b"From: <a@cpts.example>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\nMessage-ID: <%d@cpts.example>\r\n"
    return head % number + b"Subject: essai\r\n\r\n" + body


def test_a_mail_arrives_with_its_bytes_unchanged(site: Site, sender: Sending) -> None:
    mail, to = a_mail(body=b".\r\n..\r\n...a\r\n. b\r\n\r\n.\r\nfin\r\n"), site.new_mailbox()
    assert sender.send(mail, to) == "250"
    assert site.waits_for(to, 1) == [mail]


def test_several_mails_one_after_another_each_arrive_once(site: Site, sender: Sending) -> None:
    mails, to = [a_mail(number) for number in range(5)], site.new_mailbox()
    assert [sender.send(mail, to) for mail in mails] == ["250"] * 5
    assert sorted(site.waits_for(to, 5)) == sorted(mails)


def test_several_mails_at_once_each_arrive_once(site: Site, sender: Sending) -> None:
    mails, to = [a_mail(number, b"x" * number + b"\r\n") for number in range(8)], site.new_mailbox()
    assert sender.send_all(mails, to) == ["250"] * 8
    assert sorted(site.waits_for(to, 8)) == sorted(mails)


def test_a_large_mail_arrives_whole(site: Site, sender: Sending) -> None:
    mail, to = a_mail(body=(b"y" * 76 + b"\r\n") * 20_000), site.new_mailbox()
    assert sender.send(mail, to) == "250"
    assert site.waits_for(to, 1) == [mail]


def test_a_mail_over_the_operators_limit_is_refused_for_good(site: Site, sender: Sending) -> None:
    error = sender.fails(a_mail(body=(b"y" * 76 + b"\r\n") * (site.max_mail_bytes // 78 + 1)), site.new_mailbox())
    assert (error.code, error.temporary, error.outcome_known) == ("smtp-too-large", False, True)


def test_an_unknown_mailbox_is_refused_for_good_and_the_next_mail_goes_through(site: Site, sender: Sending) -> None:
    to = site.new_mailbox()
    error = sender.fails(a_mail(), site.unknown)
    assert (error.code, error.temporary, error.outcome_known, error.reply) == ("smtp-permanent", False, True, "550")
    assert sender.send(a_mail(2), to) == "250"
    assert site.waits_for(to, 1) == [a_mail(2)]


def test_delivery_is_reported_to_the_sender_with_our_envelope_id(site: Site, sender: Sending) -> None:
    assert sender.send(a_mail(), site.new_mailbox(), envelope_id="livraison+7=x") == "250"
    [report] = site.waits_for(sender.address, 1)
    assert b"multipart/report" in report
    assert b"livraison+7=x" in report
    # Postfix says `relayed` where its LMTP server, as Dovecot does, offers no DSN of its own (RFC 3461 §5.2.2).
    assert re.search(rb"^Action: (delivered|relayed)\r$", report, re.MULTILINE | re.IGNORECASE)
    assert b"Bonjour" not in report  # RET=HDRS


def test_an_mdn_with_the_null_reverse_path_is_taken_and_not_reported(site: Site, sender: Sending) -> None:
    to = site.new_mailbox()
    assert sender.send(a_mail(), to, null=True) == "250"
    assert site.waits_for(to, 1) == [a_mail()]
    assert site.arrived(sender.address) == []


def test_a_certificate_that_has_expired_hands_over_nothing(site: Site, sender: Sending) -> None:
    to = site.new_mailbox()
    error = sender.fails(a_mail(), to, site.sender(site.stranger))
    assert (error.temporary, error.outcome_known) == (True, True)
    assert error.code in ("smtp-tls", "smtp-session-refused")
    assert site.arrived(to) == []


def test_connections_that_were_cut_are_opened_anew(site: Site, sender: Sending) -> None:
    to = site.new_mailbox()
    sender.send(a_mail(1), to)
    site.cut()
    assert sender.send(a_mail(2), to) == "250"
    assert sorted(site.waits_for(to, 2)) == [a_mail(1), a_mail(2)]
