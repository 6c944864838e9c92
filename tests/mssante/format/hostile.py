"""Mails that nobody means well with, made by hand."""

from collections.abc import Sequence

CRLF = b"\r\n"


def mail(body: bytes, content_type: bytes = b"text/plain", *headers: bytes) -> bytes:
    """A small mail with this body."""
    head = [b"From: a@b.example", b"To: c@d.example", b"Subject: x", b"Message-ID: <1@b.example>", *headers]
    return CRLF.join([*head, b"MIME-Version: 1.0", b"Content-Type: " + content_type, b"", body])


def multipart(parts: Sequence[bytes], boundary: bytes = b"b") -> bytes:
    """The body of a multipart."""
    return b"".join(b"--" + boundary + CRLF + part + CRLF for part in parts) + b"--" + boundary + b"--" + CRLF


def part(content_type: bytes, content: bytes, *headers: bytes) -> bytes:
    return CRLF.join([b"Content-Type: " + content_type, *headers, b"", content])


def nested(depth: int, with_types: bool = True) -> bytes:
    """Multiparts inside multiparts."""
    content = part(b"text/plain", b"deep") if with_types else CRLF + b"deep"
    for level in range(depth):
        boundary = b"b%d" % level
        content = part(b'multipart/mixed; boundary="%s"' % boundary, multipart([content], boundary))
    return b"From: a@b.example\r\nMIME-Version: 1.0\r\n" + content


ATTACHED = (b"Content-Transfer-Encoding: base64", b'Content-Disposition: attachment; filename="IHE_XDM.zip"')
