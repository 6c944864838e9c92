"""MIME written by hand: strict CRLF, seven bits, no line over the limit, the same bytes each time.

The standard library's generator folds, guesses charsets and draws random boundaries; a mail that is a medical record
must be reproducible to the byte.

Source: RFC 2045 §6.7, §6.8; RFC 2046 §5.1.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format.mime_words import disposition, raw_header

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,900}>")
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the text of a mail."""

    name: str
    content: bytes
    media_type: str = "application/pdf"


def is_plain_address(address: str) -> bool:
    """An address without quotes, comments, spaces or letters beyond ASCII: every MSSanté address is one."""
    return _ADDRESS.fullmatch(address) is not None


def checked_address(address: str, header: str) -> str:
    """The address, if it is a plain one. Raises InputError `mail-address-refused`."""
    if not is_plain_address(address):
        raise InputError(Finding("mail-address-refused", header))
    return address


def checked_message_id(message_id: str, header: str) -> str:
    """The Message-ID with its brackets. Raises InputError `mail-message-id-refused`."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise InputError(Finding("mail-message-id-refused", header))
    return message_id


def boundary_of(message_id: str) -> str:
    """A boundary that is always the same for a Message-ID. "=_" occurs neither in base64 nor in quoted-printable."""
    return f"=_{hashlib.sha256(message_id.encode('utf-8')).hexdigest()[:32]}"


def multipart(headers: bytes, subtype: str, boundary: str, parts: Sequence[bytes], parameters: str = "") -> bytes:
    """A whole message of this kind from its headers and its finished parts."""
    opening = raw_header("MIME-Version", "1.0") + raw_header(
        "Content-Type", f'multipart/{subtype};{parameters} boundary="{boundary}"'
    )
    mark = f"--{boundary}".encode("ascii")
    body = b"".join(b"\r\n" + mark + b"\r\n" + part for part in parts)
    return headers + opening + body + b"\r\n" + mark + b"--\r\n"


def text_part(text: str) -> bytes:
    """Text in UTF-8, quoted-printable, CRLF. Source: MSSanté ECO.2.2.3."""
    encoded = b"\r\n".join(map(_quoted_printable, _LINE_BREAK.split(text)))
    return b'Content-Type: text/plain; charset="UTF-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' + encoded


def attachment_part(attachment: Attachment) -> bytes:
    """A file in base64."""
    content_type = f"Content-Type: {attachment.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
    encoded = base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
    return content_type.encode("ascii") + disposition(attachment.name) + b"\r\n" + encoded


def message_part(message: bytes) -> bytes:
    """A whole mail inside a mail. Its lines end in CRLF, as everywhere."""
    encoding = b"7bit" if message.isascii() else b"8bit"
    head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n"
    return head + _BARE_LF.sub(b"\r\n", message)


def _quoted_printable(line: str) -> bytes:
    encoded = binascii.b2a_qp(line.encode("utf-8", "replace"), quotetabs=False, istext=False)
    return encoded.replace(b"=\n", b"=\r\n")
