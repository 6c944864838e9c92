"""A zip archive at the door: opened in memory, within limits, or refused. Nothing is ever written to a disk.

What an archive says of itself (sizes, counts) is only used to refuse early; what counts is measured while inflating.

Source: PKWARE APPNOTE 6.3 (general purpose bit 0, external attributes); IHE ITI TF-1 §16 (XDM uses plain deflate).
"""

import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from gateway.errors import InputError
from gateway.model import Finding

_CENTRAL_HEADER: Final = b"PK\x01\x02"
_LOCAL_HEADER: Final = b"PK\x03\x04"
_CHUNK: Final = 65_536
_RATIO_FLOOR_BYTES: Final = 1_000_000
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, OSError,
    EOFError, ValueError, OverflowError, LookupError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an archive is believed to be a letter. Sizes in bytes; ratio: expanded to compressed."""

    max_bytes: int = 25_000_000
    max_entries: int = 200
    max_expanded_bytes: int = 100_000_000
    max_ratio: int = 100
    max_name_length: int = 200


DEFAULT_LIMITS: Final = Limits()


def unzip(content: bytes, limits: Limits) -> dict[str, bytes]:
    """The files of an archive by name (`/` as separator, no leading `./`), in its own order; folders left out.

    Raises InputError: `zip-too-large`, `zip-unreadable`, `zip-too-many-entries`, `zip-encrypted`, `zip-symlink`,
    `zip-name-refused`, `zip-duplicate-name`, `zip-nested`, `zip-method`, `zip-bomb`.
    """
    if len(content) > limits.max_bytes:
        raise _refused("zip-too-large", "", limit=limits.max_bytes)
    if content.count(_CENTRAL_HEADER) > limits.max_entries:
        raise _refused("zip-too-many-entries", "", limit=limits.max_entries)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _files(archive, limits)
    except _BROKEN:
        raise _refused("zip-unreadable", "") from None


def _files(archive: zipfile.ZipFile, limits: Limits) -> dict[str, bytes]:
    entries = [(_place(number), info) for number, info in enumerate(archive.infolist(), 1) if not info.is_dir()]
    files: dict[str, bytes] = {}
    for place, info in entries:
        _check_kind(info, place)
        name = _checked_name(info.orig_filename, place, limits)
        if name.casefold() in (known.casefold() for known in files):
            raise _refused("zip-duplicate-name", place)
        left = limits.max_expanded_bytes - sum(map(len, files.values()))
        files[name] = _inflate(archive, info, place, min(left, _allowed(info, limits)))
    return files


def _check_kind(info: zipfile.ZipInfo, place: str) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise _refused("zip-encrypted", place)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused("zip-symlink", place)
    if info.compress_type not in _METHODS:
        raise _refused("zip-method", place)


def _checked_name(name: str, place: str, limits: Limits) -> str:
    """The name with `/` as separator. Refused if it could ever point out of the archive, or be read in two ways."""
    steps = name.replace("\\", "/").removeprefix("./").split("/")
    escapes = steps[0] == "" or _DRIVE.match(name) or ".." in (step.strip() for step in steps)
    if escapes or _CONTROL.search(name) or len(name) > limits.max_name_length:
        raise _refused("zip-name-refused", place)
    return "/".join(steps)


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, limit: int) -> bytes:
    """The bytes of one entry, counted while they come."""
    if info.file_size > limit:
        raise _refused("zip-bomb", place)
    inflated = bytearray()
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            inflated += chunk
            if len(inflated) > limit:
                raise _refused("zip-bomb", place)
    if inflated.startswith(_LOCAL_HEADER) or info.orig_filename.casefold().endswith(".zip"):
        raise _refused("zip-nested", place)
    return bytes(inflated)


def _allowed(info: zipfile.ZipInfo, limits: Limits) -> int:
    return max(_RATIO_FLOOR_BYTES, info.compress_size * limits.max_ratio)


def _place(number: int) -> str:
    """An entry by its number: its name may hold a patient's."""
    return f"entry[{number}]"


def _refused(code: str, path: str, **facts: int) -> InputError:
    return InputError(Finding(code, path, tuple((name, str(value)) for name, value in facts.items())))
