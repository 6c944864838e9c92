"""What an SMTP command line and an SMTP body may hold.

A mail is sent exactly as it was hashed and journaled, or not at all: nothing here repairs. A bare CR or LF is not a
cosmetic matter, since servers disagree on where such a mail ends (SMTP smuggling, CVE-2023-51764 to -51766).
Source: RFC 5321 §2.3.8 (lines), §4.5.2 (transparency), §4.5.3.1.6 (998 characters); RFC 3461 §4 (xtext).
"""

import re

from gateway.mssante.adapters.smtp_errors import unsendable

END_OF_DATA = b".\r\n"
_LINES = re.compile(rb"(?:[^\r\n\0]{0,998}\r\n)+")
_XTEXT = re.compile(r"[^!-*,-<>-~]")


def check_sendable(mail: bytes) -> None:
    """Refuse what cannot be carried unchanged: anything but CRLF lines of at most 998 bytes without NUL."""
    if _LINES.fullmatch(mail) is None:
        raise unsendable("line")


def dot_stuffed(mail: bytes) -> bytes:
    """The mail with a second dot before each line that starts with one."""
    stuffed = mail.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def xtext(text: str) -> str:
    """Text as an ESMTP parameter value.

    >>> xtext("a+b=c@x.fr")
    'a+2Bb+3Dc@x.fr'
    """
    return _XTEXT.sub(lambda found: f"+{ord(found.group()):02X}", text)
