"""MIME at the door: a mail from outside as a tree of parts, within limits.

The standard library parses; this module measures before, so that no mail can cost more than its size, and keeps the
library's exceptions and guesses inside. A mail inside a mail is a leaf: nothing in it is ever taken for ours.

Source: RFC 5322; RFC 2045 to 2047; RFC 2231.
"""

import base64
import binascii
import email
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import CloseBoundaryNotFoundDefect, MessageError
from email.message import Message
from typing import Final

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format.mime_words import decode_bytes, decode_parameter, decode_words

_BYTES: Final = "latin-1"
"""One character per byte and back: the parser sees every byte as it is and guesses no charset."""
_MAX_FIELDS: Final = 64_000
_CONTENT_TYPE: Final = re.compile(rb"(?im)^content-type[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*")
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*+\\?(?:"|$)|[^;]*)')
_CONTINUATION: Final = re.compile(r"([^*]+)\*(\d{1,3})(\*?)")
_END_OF_HEADERS: Final = re.compile(rb"\r?\n\r?\n")
_PARSER_ERRORS: Final = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError,
)  # fmt: skip
_ENCODINGS: Final = ("", "7bit", "8bit", "binary", "quoted-printable", "base64")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a mail is believed to be a mail. Sizes in bytes."""

    max_bytes: int = 40_000_000
    max_lines: int = 1_000_000
    max_header_bytes: int = 64_000
    max_headers: int = 200
    max_content_type_bytes: int = 4_000
    max_parts: int = 100
    max_depth: int = 12


DEFAULT_LIMITS: Final = Limits()


def parse(content: bytes, limits: Limits) -> "Part":
    """The tree of a mail.

    Raises InputError: `mail-too-large`, `mail-headers-too-large`, `mail-too-many-parts`, `mail-too-deep`,
    `mail-multipart-broken`, `mail-unreadable`.
    """
    _measure(content, limits)
    try:
        root = Part(email.message_from_string(content.decode(_BYTES)))
    except _PARSER_ERRORS:
        raise InputError(Finding("mail-unreadable")) from None
    _check_tree(root, limits)
    return root


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail; the root is a part, too."""

    message: "Message[str, str]"

    @property
    def media_type(self) -> str:
        return self.message.get_content_type()

    @property
    def children(self) -> "tuple[Part, ...]":
        """The parts of a multipart; none of a mail inside a mail."""
        return self._list() if self.media_type.startswith("multipart/") else ()

    def walk(self) -> "Iterator[Part]":
        """This part and all below it, in the order of the mail."""
        yield self
        for child in self.children:
            yield from child.walk()

    def headers(self, name: str) -> tuple[str, ...]:
        """Every value of a header, unfolded but not decoded: for addresses and ids."""
        return tuple(_raw(value) for key, value in self.message.raw_items() if key.lower() == name.lower())

    def header(self, name: str) -> str:
        """The first value of a header, in Unicode; empty where absent."""
        return next((decode_words(value) for value in self.headers(name)), "")

    def parameter(self, header: str, name: str) -> str:
        """A parameter of a header, in any of the spellings of RFC 2231 and RFC 2047; empty where absent."""
        value = next(iter(self.headers(header)), "")
        found = {key.lower(): _unquoted(text) for key, text in _PARAMETER.findall(value)}
        if f"{name}*" in found:
            return decode_parameter(found[f"{name}*"])
        return decode_words(found[name]) if name in found else _continued(found, name)

    @property
    def filename(self) -> str:
        return self.parameter("Content-Disposition", "filename") or self.parameter("Content-Type", "name")

    @property
    def is_attachment(self) -> bool:
        kind = next(iter(self.headers("Content-Disposition")), "").partition(";")[0]
        return kind.strip().lower() == "attachment" or bool(self.filename)

    def content(self) -> bytes:
        """The decoded bytes of a leaf. Raises InputError `mail-bad-base64`, `mail-encoding-unknown`."""
        encoding = next(iter(self.headers("Content-Transfer-Encoding")), "").strip().lower()
        if encoding not in _ENCODINGS:
            raise InputError(Finding("mail-encoding-unknown", self.media_type))
        raw = _payload(self.message)
        if encoding == "quoted-printable":
            return quopri.decodestring(raw)
        return _base64(raw, self.media_type) if encoding == "base64" else raw

    def text(self) -> tuple[str, bool]:
        """The text of a leaf, and whether its charset was known and right."""
        return decode_bytes(self.content(), self.parameter("Content-Type", "charset") or "utf-8")

    def inner(self) -> "tuple[Part, ...]":
        """The mails or field blocks inside a message/* part. For reports only."""
        return self._list() if self.media_type.startswith("message/") else ()

    def _list(self) -> "tuple[Part, ...]":
        payload = self.message.get_payload()
        return tuple(Part(m) for m in payload if isinstance(m, Message)) if isinstance(payload, list) else ()

    @property
    def is_truncated(self) -> bool:
        """A multipart that never ends."""
        return any(isinstance(d, CloseBoundaryNotFoundDefect) for d in self.message.defects)


def parse_fields(content: bytes) -> Part:
    """A block of header-like fields (text/rfc822-headers) as a part without a body."""
    return Part(email.message_from_string(content[:_MAX_FIELDS].decode(_BYTES)))


def _measure(content: bytes, limits: Limits) -> None:
    """Refuse by counting, before anything is parsed."""
    end = _END_OF_HEADERS.search(content)
    head = content[: end.start() if end else len(content)]
    types = _CONTENT_TYPE.findall(content) if len(content) <= limits.max_bytes else []
    multiparts = sum(1 for value in types if b"multipart/" in value.lower())
    for too_much, code in (
        (len(content) > limits.max_bytes, "mail-too-large"),
        (content.count(b"\n") > limits.max_lines, "mail-too-large"),
        (len(head) > limits.max_header_bytes, "mail-headers-too-large"),
        (any(len(value) > limits.max_content_type_bytes for value in types), "mail-headers-too-large"),
        (multiparts > limits.max_depth * 2, "mail-too-deep"),
        (len(types) > limits.max_parts, "mail-too-many-parts"),
    ):
        if too_much:
            raise InputError(Finding(code))


def _check_tree(root: Part, limits: Limits) -> None:
    level, depth, parts = [root], 0, 0
    while level:
        depth, parts = depth + 1, parts + len(level)
        if depth > limits.max_depth:
            raise InputError(Finding("mail-too-deep"))
        if parts > limits.max_parts:
            raise InputError(Finding("mail-too-many-parts"))
        for part in level:
            if part.media_type.startswith("multipart/") and not part.children:
                raise InputError(Finding("mail-multipart-broken", f"level[{depth}]"))
            values = part.message.values()
            if len(values) > limits.max_headers or sum(map(len, values)) > limits.max_header_bytes:
                raise InputError(Finding("mail-headers-too-large", f"level[{depth}]"))
        level = [child for part in level for child in part.children]


def _raw(value: str) -> str:
    """A raw header value on one line. Eight-bit bytes, which no header may hold, are read as UTF-8 or Latin-1."""
    content = re.sub(r"[\r\n]+", "", value).encode(_BYTES, "replace")
    return decode_bytes(content, "utf-8")[0].strip()


def _payload(message: "Message[str, str]") -> bytes:
    payload = message.get_payload()
    return payload.encode(_BYTES, "replace") if isinstance(payload, str) else b""


def _base64(raw: bytes, place: str) -> bytes:
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError(Finding("mail-bad-base64", place)) from None


def _unquoted(text: str) -> str:
    text = text.strip()
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text


def _continued(found: dict[str, str], name: str) -> str:
    """A parameter in pieces, `name*0*=`, `name*1*=` … (RFC 2231 §3)."""
    pieces = [(match, text) for key, text in found.items() if (match := _CONTINUATION.fullmatch(key))]
    mine = sorted((int(match[2]), bool(match[3]), text) for match, text in pieces if match[1] == name)
    joined = "".join(text for _, _, text in mine)
    return decode_parameter(joined) if any(encoded for _, encoded, _ in mine) else joined
