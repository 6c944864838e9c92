import smtplib
import socket
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.sandbox.authority import Authority, Credentials
from gateway.sandbox.operator import Operator
from gateway.sandbox.postmaster import Fate
from tests.sandbox.people import GATEWAY, GP, NOTE, PNEUMO, connect_smtp, context_of, send

ASKED = ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{PNEUMO}"]


def reports(operator: Operator, address: str = GATEWAY) -> list[EmailMessage]:
    return [message_from_bytes(mail.content, policy=policy.default) for mail in operator.mailbox(address).mails()]


def status_of(report: EmailMessage) -> dict[str, str]:
    """The fields of message/delivery-status, those of the message and those of the one recipient."""
    part = report.get_payload(1)
    return {name: value for block in part.get_payload() for name, value in block.items()}


def answers(operator: Operator, *commands: str) -> list[int]:
    with connect_smtp(operator) as smtp:
        smtp.ehlo()
        return [smtp.docmd(command)[0] for command in commands]


def tls_is_refused(operator: Operator, context: ssl.SSLContext) -> bool:
    """In TLS 1.3 a client learns of the refusal only when it next reads."""
    smtp = smtplib.SMTP("localhost", operator.smtp_port, timeout=5)
    try:
        smtp.starttls(context=context)
        smtp.ehlo()
        return smtp.docmd("NOOP")[0] != 250
    except (ssl.SSLError, smtplib.SMTPServerDisconnected, ConnectionError):
        return True
    finally:
        smtp.close()


# --- TLS


def test_nothing_is_taken_before_starttls(operator: Operator) -> None:
    with smtplib.SMTP("localhost", operator.smtp_port, timeout=5) as smtp:
        smtp.ehlo()
        assert "starttls" in smtp.esmtp_features
        assert smtp.docmd(f"MAIL FROM:<{GATEWAY}>")[0] == 530


def test_the_offer_is_size_dsn_8bitmime_without_smtputf8_or_passwords(operator: Operator) -> None:
    with connect_smtp(operator) as smtp:
        smtp.ehlo()
        assert {"size": "200000", "dsn": "", "8bitmime": ""}.items() <= smtp.esmtp_features.items()
        assert not {"smtputf8", "auth", "starttls"} & smtp.esmtp_features.keys()


def test_a_client_without_certificate_is_refused(operator: Operator) -> None:
    assert tls_is_refused(operator, operator.authority.client_context(None))


def test_a_client_of_another_authority_is_refused(operator: Operator, tmp_path: Path) -> None:
    stranger = Authority.create(tmp_path / "other").client_certificate(GATEWAY)
    assert tls_is_refused(operator, operator.authority.client_context(stranger))


def test_a_certificate_is_refused_from_its_revocation_on(operator: Operator) -> None:
    context = context_of(operator)
    assert not tls_is_refused(operator, context)
    operator.revoke(operator.certificate_for(GATEWAY))
    assert tls_is_refused(operator, context)


def test_tls_is_not_started_twice(operator: Operator) -> None:
    assert answers(operator, "STARTTLS", "NOOP") == [503, 250]


def test_what_was_said_in_clear_after_starttls_is_forgotten(operator: Operator) -> None:
    with socket.create_connection(("127.0.0.1", operator.smtp_port), timeout=5) as plain:
        plain.recv(200)
        plain.sendall(b"EHLO x\r\n")
        heard = b""
        while b"250 HELP" not in heard:
            heard += plain.recv(2000)
        plain.sendall(f"STARTTLS\r\nEHLO y\r\nMAIL FROM:<{GATEWAY}>\r\n".encode())
        assert plain.recv(200).startswith(b"220")
        with context_of(operator).wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(f"RCPT TO:<{PNEUMO}>\r\n".encode())
            assert secure.recv(200).startswith(b"503")


# --- who may send to whom


def test_a_sender_that_the_certificate_does_not_stand_for_is_refused(operator: Operator) -> None:
    assert answers(operator, f"MAIL FROM:<{GP}>") == [550]


def test_the_certificate_of_a_domain_stands_for_all_its_mailboxes(operator: Operator) -> None:
    with connect_smtp(operator, "medecin.mssante.example") as smtp:
        smtp.ehlo()
        assert [smtp.docmd(f"MAIL FROM:<{GP}>")[0], smtp.docmd("RSET")[0], smtp.docmd(f"MAIL FROM:<{PNEUMO}>")[0]] == [
            250,
            250,
            250,
        ]
        smtp.docmd("RSET")
        assert smtp.docmd(f"MAIL FROM:<{GATEWAY}>")[0] == 550


def test_an_untrusted_recipient_is_refused(operator: Operator) -> None:
    assert answers(operator, f"MAIL FROM:<{GATEWAY}>", "RCPT TO:<x@gmail.example>") == [250, 550]


def test_a_domain_that_is_struck_off_the_list_is_refused_in_both_directions(operator: Operator) -> None:
    operator.space.remove("medecin.mssante.example")
    assert answers(operator, f"MAIL FROM:<{GATEWAY}>", f"RCPT TO:<{PNEUMO}>") == [250, 550]
    with connect_smtp(operator, PNEUMO) as smtp:
        smtp.ehlo()
        assert smtp.docmd(f"MAIL FROM:<{PNEUMO}>")[0] == 550


def test_a_sub_domain_of_a_trusted_domain_is_not_trusted(operator: Operator) -> None:
    assert answers(operator, f"MAIL FROM:<{GATEWAY}>", "RCPT TO:<x@a.medecin.mssante.example>") == [250, 550]


def test_an_unknown_mailbox_is_refused_with_its_code(operator: Operator) -> None:
    with connect_smtp(operator) as smtp:
        smtp.ehlo()
        smtp.mail(GATEWAY)
        assert smtp.rcpt("nobody@medecin.mssante.example") == (550, b"5.1.1 Mailbox unknown")


def test_a_trusted_domain_of_another_operator_has_no_route(operator: Operator) -> None:
    operator.space.add("elsewhere.mssante.example")
    with connect_smtp(operator) as smtp:
        smtp.ehlo()
        smtp.mail(GATEWAY)
        assert smtp.rcpt("x@elsewhere.mssante.example")[1].startswith(b"5.1.2")


def test_a_receipt_may_come_from_the_null_sender(operator: Operator) -> None:
    with connect_smtp(operator) as smtp:
        smtp.sendmail("", [PNEUMO], NOTE, rcpt_options=["NOTIFY=SUCCESS"])
    assert operator.mailbox(PNEUMO).mails()[0].content.startswith(b"Return-Path: <>\r\n")


# --- the mail


def test_a_mail_is_on_disk_byte_for_byte_once_250_is_said(operator: Operator) -> None:
    with connect_smtp(operator) as smtp:
        smtp.ehlo()
        smtp.mail(GATEWAY)
        smtp.rcpt(PNEUMO)
        assert smtp.data(NOTE)[0] == 250
        (path,) = (operator.mailbox(PNEUMO).folder / "new").iterdir()
        assert path.read_bytes() == f"Return-Path: <{GATEWAY}>\r\n".encode() + NOTE


def test_a_mail_that_is_announced_too_large_is_refused_before_its_data(operator: Operator) -> None:
    assert answers(operator, f"MAIL FROM:<{GATEWAY}> SIZE=200001", f"MAIL FROM:<{GATEWAY}> SIZE=200000") == [552, 250]


def test_a_mail_that_turns_out_too_large_is_refused_after_its_data(operator: Operator) -> None:
    with connect_smtp(operator) as smtp:
        smtp.ehlo()
        smtp.mail(GATEWAY)
        smtp.rcpt(PNEUMO)
        assert smtp.data(b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 3000)[0] == 552
    assert operator.mailbox(PNEUMO).mails() == []


def test_a_connection_takes_one_mail_after_another(operator: Operator) -> None:
    with connect_smtp(operator) as smtp:
        for _ in range(3):
            smtp.sendmail(GATEWAY, [PNEUMO], NOTE)
    assert len(operator.mailbox(PNEUMO).mails()) == 3


# --- DSN


def test_a_dsn_on_success_comes_to_the_sender_and_names_the_mail(operator: Operator) -> None:
    send(operator, mail_options=["RET=HDRS", "ENVID=7f0c+2Breferral"], rcpt_options=ASKED)
    (report,) = reports(operator)
    assert report.get_content_type() == "multipart/report"
    assert report["Return-Path"] == "<>"
    fields = status_of(report)
    assert fields["Original-Envelope-Id"] == "7f0c+referral"
    assert fields["Original-Recipient"] == fields["Final-Recipient"] == f"rfc822;{PNEUMO}"
    assert (fields["Action"], fields["Status"]) == ("delivered", "2.1.5")
    assert "Message-ID: <note-1@cpts-vesle.mssante.example>" in str(report.get_payload(2).get_payload())


def test_without_notify_no_dsn_on_success(operator: Operator) -> None:
    send(operator)
    assert len(operator.mailbox(PNEUMO).mails()) == 1
    assert reports(operator) == []


def test_a_dsn_on_failure_comes_unasked_and_whole_with_ret_full(operator: Operator) -> None:
    operator.set_fate(PNEUMO, Fate.FAILED)
    send(operator, mail_options=["RET=FULL"])
    (report,) = reports(operator)
    fields = status_of(report)
    assert (fields["Action"], fields["Status"]) == ("failed", "5.2.2")
    assert fields["Diagnostic-Code"] == "smtp; 552 5.2.2 Mailbox full"
    (original,) = report.get_payload(2).get_payload()
    assert original["Message-ID"] == "<note-1@cpts-vesle.mssante.example>"
    assert operator.mailbox(PNEUMO).mails() == []


def test_notify_never_is_obeyed(operator: Operator) -> None:
    operator.set_fate(PNEUMO, Fate.FAILED)
    send(operator, rcpt_options=["NOTIFY=NEVER"])
    assert reports(operator) == []


def test_a_delayed_mail_is_told_of_and_delivered_later(operator: Operator) -> None:
    operator.set_fate(PNEUMO, Fate.DELAYED)
    send(operator, rcpt_options=ASKED)
    assert [status_of(report)["Action"] for report in reports(operator)] == ["delayed"]
    assert operator.mailbox(PNEUMO).mails() == []
    operator.set_fate(PNEUMO, Fate.DELIVERED)
    assert [status_of(report)["Action"] for report in reports(operator)] == ["delayed", "delivered"]
    assert len(operator.mailbox(PNEUMO).mails()) == 1


def test_a_busy_mailbox_asks_to_try_again(operator: Operator) -> None:
    operator.set_fate(PNEUMO, Fate.REFUSED_FOR_NOW)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(operator)
    assert refused.value.recipients[PNEUMO][0] == 451


@pytest.mark.parametrize(("fate", "delivered"), [(Fate.CUT_AFTER_DATA, 1), (Fate.LOST_AFTER_DATA, 0)])
def test_a_connection_that_breaks_after_the_data_leaves_the_sender_in_doubt(
    operator: Operator, fate: Fate, delivered: int
) -> None:
    operator.set_fate(PNEUMO, fate)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(operator)
    assert len(operator.mailbox(PNEUMO).mails()) == delivered


@pytest.mark.parametrize(
    "parameters",
    ["NOTIFY=SOMETIMES", "NOTIFY=NEVER,SUCCESS", "NOTIFY=", "NOTIFY", "ORCPT=rfc822", "NOTIFY=DELAY NOTIFY=DELAY"],
)
def test_malformed_dsn_parameters_are_refused(operator: Operator, parameters: str) -> None:
    assert answers(operator, f"MAIL FROM:<{GATEWAY}>", f"RCPT TO:<{PNEUMO}> {parameters}") == [250, 501]


def test_an_unknown_parameter_is_still_refused(operator: Operator) -> None:
    assert answers(operator, f"MAIL FROM:<{GATEWAY}> COLOUR=blue", f"MAIL FROM:<{GATEWAY}> SMTPUTF8") == [555, 501]


# --- garbage


def test_garbage_is_answered_and_the_next_client_served(operator: Operator) -> None:
    with socket.create_connection(("127.0.0.1", operator.smtp_port), timeout=5) as plain:
        plain.recv(200)
        plain.sendall(b"\x00\xff\x16\x03\x01 garbage\r\n" + b"A" * 5000 + b"\r\n")
        assert plain.recv(200).startswith(b"500")
    send(operator)


def test_an_expired_certificate_is_refused(operator: Operator) -> None:
    expired: Credentials = operator.authority.client_certificate(GATEWAY, expired=True)
    assert tls_is_refused(operator, operator.authority.client_context(expired))
