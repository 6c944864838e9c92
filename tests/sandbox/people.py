"""The made-up people of these tests and what they send."""

import smtplib
import ssl
from collections.abc import Sequence
from pathlib import Path

from imapclient import IMAPClient

from gateway.sandbox.operator import Operator

GATEWAY = "passerelle@cpts-vesle.mssante.example"
GP = "odile.brassenne@medecin.mssante.example"
PNEUMO = "karim.tazerout@medecin.mssante.example"
CARDIO = "helene.rouveyrac@ch-vesle.mssante.example"

LETTER = (Path(__file__).parent / "data" / "referral-letter.eml").read_bytes()
LETTER_ID = "<20261120.0931.referral.7f0c@cpts-vesle.mssante.example>"
NOTE = b"Subject: Bonjour\r\nMessage-ID: <note-1@cpts-vesle.mssante.example>\r\n\r\nUn mot.\r\n.pointe\r\n"


def context_of(operator: Operator, name: str = GATEWAY) -> ssl.SSLContext:
    return operator.authority.client_context(operator.certificate_for(name))


def connect_smtp(operator: Operator, name: str = GATEWAY) -> smtplib.SMTP:
    smtp = smtplib.SMTP("localhost", operator.smtp_port, timeout=5)
    smtp.starttls(context=context_of(operator, name))
    return smtp


def send(
    operator: Operator,
    mail: bytes = NOTE,
    recipient: str = PNEUMO,
    *,
    mail_options: Sequence[str] = (),
    rcpt_options: Sequence[str] = (),
) -> None:
    with connect_smtp(operator) as smtp:
        smtp.sendmail(GATEWAY, [recipient], mail, mail_options, rcpt_options)


def connect_imap(operator: Operator, context: ssl.SSLContext | None = None) -> IMAPClient:
    imap = IMAPClient("localhost", operator.imap_port, ssl=False, timeout=5)
    imap.starttls(context or context_of(operator))
    return imap


def open_inbox(operator: Operator, address: str = GATEWAY, readonly: bool = False) -> IMAPClient:
    imap = connect_imap(operator, context_of(operator, address))
    imap.login(address, operator.password_for(address))
    imap.select_folder("INBOX", readonly=readonly)
    return imap
