"""Text in mail headers: encoded-words, quoted strings, parameters, folding. Written strictly, read with tolerance.

What would break out of its header is refused, never repaired: a name with a line break in it is an attack or a defect.

Source: RFC 5322 §2.2.3, §3.2.4; RFC 2047; RFC 2231.
"""

import base64
import binascii
import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from gateway.errors import InputError
from gateway.model import Finding

_FOLD_AT: Final = 78
_LONGEST_LINE: Final = 900
_WORD_BYTES: Final = 39
"""Bytes per encoded-word, so that a line with a header name and one word stays within 76 characters."""
_ENCODED: Final = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?\s]{0,2000})\?=")
_BETWEEN: Final = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,80}\?[bBqQ]\?)")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_RUN: Final = re.compile(rf"(?:{_ENCODED.pattern})+")
_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_CHARSETS: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1",
    "latin1": "latin-1", "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252", "cp1252": "cp1252",
    "utf-16": "utf-16", "iso-8859-2": "iso-8859-2", "windows-1250": "cp1250",
}  # fmt: skip
"""The charsets that we read. A list, because some codecs of Python are not charsets at all."""


def check_text(text: str, header: str) -> str:
    """`text` if it can stand in a header; InputError `mail-header-injection` for a control character or surrogate."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InputError(Finding("mail-header-injection", header))
    return text


def header(name: str, text: str) -> bytes:
    """One header line, folded, with its CRLF. Any text comes back as it was from a reader that decodes."""
    check_text(text, name)
    simple = _PLAIN.fullmatch(text) and "=?" not in text and max(map(len, text.split(" "))) < _LONGEST_LINE
    return raw_header(name, text if simple or not text else encode_words(text))


def raw_header(name: str, value: str) -> bytes:
    """One header line whose ASCII value is already in its final form; only its spaces may be folded."""
    first, *rest = value.split(" ")
    lines = [f"{name}: {first}"]
    for word in rest:
        if len(lines[-1]) + 1 + len(word) > _FOLD_AT:
            lines.append(f" {word}")
        else:
            lines[-1] += f" {word}"
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def phrase(text: str, header_name: str) -> str:
    """A display name: a quoted string, or encoded-words."""
    check_text(text, header_name)
    if text.isascii() and len(text) <= _FOLD_AT - 20 and "=?" not in text and _PLAIN.fullmatch(text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return encode_words(text) if text else ""


def encode_words(text: str) -> str:
    """The text as encoded-words separated by single spaces, each whole in itself."""
    words, chunk = [], b""
    for character in text:
        encoded = character.encode("utf-8")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    return " ".join(f"=?utf-8?B?{base64.b64encode(c).decode('ascii')}?=" for c in (*words, chunk))


def decode_words(value: str) -> str:
    """A header value in Unicode, without control characters, so that what was read can be written again.

    Space between two encoded-words is dropped; what cannot be decoded stays as it is.
    """
    unfolded = re.sub(r"[\r\n]+(?=[ \t])", "", value).strip()
    return _CONTROLS.sub(" ", _RUN.sub(_decode_run, _BETWEEN.sub(r"\1", unfolded)))


def _decode_run(run: re.Match[str]) -> str:
    """Adjacent words of one charset are decoded together: some writers cut a character in two."""
    text, charset, held = "", "", b""
    for word in _ENCODED.finditer(run[0]):
        content = _decode_word(word[2], word[3])
        if content is None or word[1].lower() not in _CHARSETS:
            text, held = text + decode_bytes(held, charset)[0] + word[0], b""
            continue
        if word[1].lower() != charset:
            text, held = text + decode_bytes(held, charset)[0], b""
        charset, held = word[1].lower(), held + content
    return text + decode_bytes(held, charset)[0]


def _decode_word(encoding: str, text: str) -> bytes | None:
    if encoding in "qQ":
        return binascii.a2b_qp(text.encode("ascii", "replace"), header=True)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def decode_bytes(content: bytes, charset: str) -> tuple[str, bool]:
    """The text of bytes, and whether the charset was known and right. Never fails: UTF-8, else Latin-1."""
    codec = _CHARSETS.get(charset.strip().lower() or "utf-8")
    for name in filter(None, (codec, "utf-8")):
        try:
            return content.decode(name), codec is not None and name == codec
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), False


def disposition(name: str) -> bytes:
    """`Content-Disposition: attachment` with this file name: plain where it can be, else RFC 2231."""
    check_text(name, "Content-Disposition")
    if _PLAIN.fullmatch(name) and len(name) < 120:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'Content-Disposition: attachment;\r\n filename="{escaped}"\r\n'.encode("ascii")
    encoded = f"UTF-8''{quote(name, safe='')}"
    if len(encoded) <= _LONGEST_LINE:
        return f"Content-Disposition: attachment;\r\n filename*={encoded}\r\n".encode("ascii")
    return _continued("Content-Disposition: attachment", encoded)


def _continued(start: str, encoded: str) -> bytes:
    """RFC 2231 §3: a value too long for one line, cut where no %XX is split."""
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,200}", encoded)
    lines = (f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))
    return (start + "".join(lines) + "\r\n").encode("ascii")


def decode_parameter(value: str) -> str:
    """A parameter value of the form `charset'language'percent-encoded` (RFC 2231)."""
    charset, _, rest = value.partition("'")
    return _CONTROLS.sub(" ", decode_bytes(unquote_to_bytes(rest.partition("'")[2]), charset)[0])
