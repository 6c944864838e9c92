"""Delivery status notifications of the embedded operator: what the sender asked for, and the report it gets.

Source: RFC 3461 (NOTIFY, ORCPT, RET, ENVID on MAIL and RCPT; xtext), RFC 3464 (message/delivery-status), RFC 6522
(multipart/report), RFC 3463 (status codes).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid
from enum import StrEnum

NULL_SENDER = "<>"
MAIL_PARAMETERS = ("RET", "ENVID")
RCPT_PARAMETERS = ("NOTIFY", "ORCPT")

_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"
_VALUES = {
    "RET": re.compile(r"FULL|HDRS", re.IGNORECASE),
    "ENVID": re.compile(_XTEXT),
    "NOTIFY": re.compile(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*", re.IGNORECASE),
    "ORCPT": re.compile(rf"[A-Za-z0-9-]+;{_XTEXT}"),
}


class Action(StrEnum):
    """Source: RFC 3464 2.3.3."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DELAYED = "delayed"


_ASKED_BY = {Action.DELIVERED: "SUCCESS", Action.FAILED: "FAILURE", Action.DELAYED: "DELAY"}
_TEXTS = {
    Action.DELIVERED: (
        "Avis de remise : message distribué",
        "Votre message a été remis dans la boîte du destinataire.",
    ),
    Action.FAILED: ("Message non distribué", "Votre message n'a pas pu être remis."),
    Action.DELAYED: (
        "Message retardé",
        "Votre message n'a pas encore pu être remis. La remise sera tentée de nouveau.",
    ),
}


@dataclass(frozen=True, slots=True)
class Submission:
    """A mail as it was handed in."""

    sender: str
    content: bytes
    envelope_id: str | None
    """ENVID, still as xtext."""
    full_return: bool
    """RET=FULL: a failure gives the whole mail back."""

    def with_return_path(self) -> bytes:
        """What lies in the mailbox: final delivery adds the envelope's sender (RFC 5321 4.4)."""
        sender = "" if self.sender == NULL_SENDER else self.sender
        return f"Return-Path: <{sender}>\r\n".encode() + self.content


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT: the address, the original one, and what its sender wants to be told."""

    address: str
    notify: frozenset[str]
    original: str | None = None

    def wants(self, action: Action) -> bool:
        """Without NOTIFY the default of RFC 3461 5.2.5 holds: failures and delays."""
        return _ASKED_BY[action] in self.notify


DEFAULT_NOTIFY = frozenset({"FAILURE", "DELAY"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient. `status` is the enhanced code, `diagnostic` the SMTP reply that says why."""

    action: Action
    status: str
    diagnostic: str | None = None


def read_parameters(tail: str, allowed: tuple[str, ...]) -> tuple[Mapping[str, str], str]:
    """The DSN parameters among those that follow an address, and the others as they were.

    Raises ValueError where one is malformed or given twice.
    """
    found: dict[str, str] = {}
    others = []
    for word in tail.split():
        name, _, value = word.partition("=")
        if name.upper() not in allowed:
            others.append(word)
        elif name.upper() in found or not _VALUES[name.upper()].fullmatch(value):
            raise ValueError(name.upper())
        else:
            found[name.upper()] = value
    return found, " ".join(others)


def recipient(address: str, parameters: Mapping[str, str]) -> Recipient:
    """What RCPT says."""
    notify = parameters.get("NOTIFY")
    wanted = DEFAULT_NOTIFY if notify is None else frozenset(notify.upper().split(",")) - {"NEVER"}
    original = parameters.get("ORCPT")
    return Recipient(address, wanted, decode_xtext(original) if original else None)


def decode_xtext(text: str) -> str:
    """Source: RFC 3461 4."""
    return re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)


def write_report(submission: Submission, to: Recipient, outcome: Outcome, at: datetime) -> bytes:
    """The report to the envelope's sender. The original is whole in it only on a failure with RET=FULL."""
    domain = to.address.rpartition("@")[2]
    subject, text = _TEXTS[outcome.action]
    report = MIMEMultipart("report", report_type="delivery-status", policy=policy.SMTP)
    report["Return-Path"] = NULL_SENDER
    report["From"] = f"Remise des messages <MAILER-DAEMON@{domain}>"
    report["To"] = submission.sender
    report["Subject"] = subject
    report["Date"] = format_datetime(at)
    report["Message-ID"] = make_msgid(domain=domain)
    report["Auto-Submitted"] = "auto-replied"
    cause = f"Cause : {outcome.diagnostic}\n" if outcome.diagnostic else ""
    report.attach(MIMEText(f"{text}\n\nDestinataire : {to.address}\n{cause}", "plain", "utf-8"))
    report.attach(_status_part(submission, to, outcome, domain, at))
    report.attach(_original_part(submission, outcome))
    return report.as_bytes(policy=policy.SMTP.clone(refold_source="none"))  # the original keeps its lines


def _status_part(submission: Submission, to: Recipient, outcome: Outcome, domain: str, at: datetime) -> Message:
    about_message, about_recipient = Message(), Message()
    about_message["Reporting-MTA"] = f"dns; mx.{domain}"
    if submission.envelope_id:
        about_message["Original-Envelope-Id"] = decode_xtext(submission.envelope_id)
    about_message["Arrival-Date"] = format_datetime(at)
    if to.original:
        about_recipient["Original-Recipient"] = to.original
    about_recipient["Final-Recipient"] = f"rfc822;{to.address}"
    about_recipient["Action"] = outcome.action.value
    about_recipient["Status"] = outcome.status
    if outcome.diagnostic:
        about_recipient["Diagnostic-Code"] = f"smtp; {outcome.diagnostic}"
    about_recipient["Last-Attempt-Date"] = format_datetime(at)
    part = MIMENonMultipart("message", "delivery-status")
    part.set_payload([about_message, about_recipient])
    return part


def _original_part(submission: Submission, outcome: Outcome) -> Message:
    if submission.full_return and outcome.action is Action.FAILED:
        return MIMEMessage(message_from_bytes(submission.content))
    head = re.split(rb"\r?\n\r?\n", submission.content, maxsplit=1)[0]
    part = MIMENonMultipart("text", "rfc822-headers")
    part.set_payload(head.decode("ascii", "replace").replace("\r\n", "\n") + "\n")
    return part
