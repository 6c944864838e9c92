"""From what an SMTP server does to a TransportError: the one place where aiosmtplib's exceptions become ours.

Only codes travel on; the text of a reply may hold an address or a name.
Source: RFC 5321 §4.2 (replies: the first digit decides), RFC 3463 (enhanced status codes), RFC 1047 (lost last reply).
"""

import re
import ssl
from enum import StrEnum

from aiosmtplib import SMTPResponseException, SMTPTimeoutError
from aiosmtplib.response import SMTPResponse

from gateway.errors import TransportError
from gateway.model import Finding

_ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


class Step(StrEnum):
    """Where in the conversation something happened: the path of the finding."""

    CONNECT = "connect"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    FIRST_IN_TLS = "EHLO in TLS"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "content"
    END_OF_DATA = "end-of-data"


_SESSION = (Step.CONNECT, Step.EHLO, Step.STARTTLS, Step.FIRST_IN_TLS)
"""Before MAIL FROM a refusal is about us or the server, never about the mail."""


def refusal(reply: SMTPResponse, step: Step) -> TransportError:
    """The error of a reply that is not the one hoped for."""
    digit, code = reply.code // 100, str(reply.code)
    status = _ENHANCED_STATUS.match(reply.message)
    facts = (("reply", f"{code} {status.group()}" if status else code),)
    if step in _SESSION:
        name = "smtp-tls" if step is Step.STARTTLS else "smtp-session-refused"
        return TransportError(Finding(name, step.value, facts), temporary=True, reply=code)
    if digit == 4:
        return TransportError(Finding("smtp-temporary", step.value, facts), temporary=True, reply=code)
    if digit == 5:
        return TransportError(Finding("smtp-permanent", step.value, facts), temporary=False, reply=code)
    return outcome_unknown() if step is Step.END_OF_DATA else _broken(step)


def failure(error: Exception, step: Step) -> TransportError:
    """The error of an exception before the end of data has left us."""
    if isinstance(error, SMTPResponseException) and error.code > 0:
        return refusal(SMTPResponse(error.code, error.message), step)
    if isinstance(error, (SMTPTimeoutError, TimeoutError)):
        return TransportError(Finding("smtp-timeout", step.value), temporary=True)
    if _is_tls(error, step):
        return TransportError(Finding("smtp-tls", step.value, _reason(error)), temporary=True)
    return _broken(step)


def outcome_unknown() -> TransportError:
    """The end of data has left us and no understandable reply came back."""
    return TransportError(Finding("smtp-outcome-unknown", Step.END_OF_DATA.value), temporary=False, outcome_known=False)


def unsendable(rule: str) -> TransportError:
    """We refuse to send: `rule` names what is wrong with the mail or the address. Nothing has left us."""
    return TransportError(Finding("smtp-unsendable", facts=(("rule", rule),)), temporary=False)


def too_large(size: int, limit: int) -> TransportError:
    """The server has announced that it would refuse a mail of this size."""
    finding = Finding("smtp-too-large", Step.MAIL.value, (("size", str(size)), ("limit", str(limit))))
    return TransportError(finding, temporary=False)


def _broken(step: Step) -> TransportError:
    return TransportError(Finding("smtp-connection", step.value), temporary=True)


def _is_tls(error: Exception, step: Step) -> bool:
    """With TLS 1.3 a server judges our certificate after our side of the handshake, and may just hang up on it."""
    return step is Step.STARTTLS or (step is Step.FIRST_IN_TLS and isinstance(error, (ssl.SSLError, ConnectionError)))


def _reason(error: Exception) -> tuple[tuple[str, str], ...]:
    """OpenSSL's own name of what went wrong, e.g. `CERTIFICATE_VERIFY_FAILED`."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    return (("reason", cause.reason),) if isinstance(cause, ssl.SSLError) and cause.reason else ()
