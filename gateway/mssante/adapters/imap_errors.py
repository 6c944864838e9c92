"""From what an IMAP server or IMAPClient does to a TransportError: the one place where foreign exceptions become ours.

Of a foreign exception only its class and OpenSSL's reason travel on: its text may hold a line of a mail.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from imapclient.exceptions import IMAPClientAbortError

from gateway.errors import TransportError
from gateway.model import Finding


class Step(StrEnum):
    """Where in the conversation something happened: the path of the finding."""

    CONNECT = "connect"
    STARTTLS = "STARTTLS"
    LOGIN = "LOGIN"
    SELECT = "SELECT"
    SEARCH = "SEARCH"
    FETCH = "FETCH"
    STORE = "STORE"
    NOOP = "NOOP"
    IDLE = "IDLE"


@contextmanager
def translated(step: Step) -> Iterator[None]:
    """Wrap calls of the library, and nothing else: whatever it raises on a hostile answer becomes a TransportError."""
    try:
        yield
    except Exception as error:
        raise failure(error, step) from None


def failure(error: Exception, step: Step) -> TransportError:
    """The error of an exception that the library raised in this step."""
    chain = list(_chain(error))
    if step is Step.STARTTLS and not any(isinstance(link, TimeoutError) for link in chain):
        return _error("imap-tls", step, "reason", _reason(chain))
    if step is Step.CONNECT or any(isinstance(link, (OSError, EOFError, IMAPClientAbortError)) for link in chain):
        return _error("imap-connection", step, "cause", type(error).__name__)
    if step is Step.LOGIN:
        return TransportError(Finding("imap-login", step.value), temporary=False)
    return _error("imap-protocol", step, "cause", type(error).__name__)


def _error(code: str, step: Step, name: str, value: str) -> TransportError:
    return TransportError(Finding(code, step.value, ((name, value),)), temporary=True)


def _reason(chain: list[BaseException]) -> str:
    """OpenSSL's own name of what went wrong, e.g. `CERTIFICATE_VERIFY_FAILED`, or the exception's."""
    reasons = [link.reason for link in chain if isinstance(link, ssl.SSLError) and link.reason]
    return reasons[0] if reasons else type(chain[0]).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those that it hides: imaplib raises its own `abort` over the socket's error."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
