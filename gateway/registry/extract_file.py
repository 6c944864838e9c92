"""An open-data extract as a stream of lines: which extract it is, then each line's cells, however large the file.

The header must be the known one, column by column (`extracts.tsv`). A line that cannot be used is a fault, told by its
number; whether the rest counts is the importer's decision. A `.zip` with one file in it is read as it stands.
Source: ANS, Annuaire Santé, extractions en libre accès: UTF-8, `|` between cells, no quoting, one header line.
"""

import hashlib
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from gateway.errors import InputError
from gateway.model import Finding, Severity
from gateway.registry.folding import fold
from gateway.tables import read_table

ACTIVITY: Final = "activity"
MAILBOX: Final = "mailbox"
SEPARATOR: Final = "|"
MAX_LINE_BYTES: Final = 64 * 1024
MAX_LINES: Final = 10_000_000
"""Several times the largest extract: what a hostile archive may unfold to."""
MAX_FINDINGS: Final = 200
"""Faults kept with their line; all are counted."""
_NOTE = re.compile(r" (\([^()]*\)|structure BAL)$")
_TABLE = read_table("gateway.registry", "extracts.tsv")
COLUMNS = {kind: tuple(r["column"] for r in _TABLE if r["extract"] == kind) for kind in (ACTIVITY, MAILBOX)}
FIELDS = {kind: tuple(r["field"] for r in _TABLE if r["extract"] == kind) for kind in (ACTIVITY, MAILBOX)}


@dataclass(slots=True)
class Faults:
    """What was noticed in a file: every code counted, the first findings kept."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: list[Finding] = field(default_factory=list)
    errors: int = 0

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        self.errors += finding.severity is not Severity.WARNING
        if len(self.kept) < MAX_FINDINGS:
            self.kept.append(finding)


class Extract:
    """One extract, its header read. `sha256` and `lines` are those of what was read so far."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash = stream, hashlib.sha256()
        self.lines = 0
        header = self._text(self._next())
        if header is None:
            raise InputError(fault("registry-extract-encoding", 1))
        self.kind = _kind_of(header)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def rows(self, faults: Faults) -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of each line of the right width; the others are faults."""
        width = len(COLUMNS[self.kind])
        while raw := self._next():
            text = self._text(raw)
            if text is None or not text.isprintable():
                faults.add(fault("registry-extract-encoding" if text is None else "registry-extract-line", self.lines))
                continue
            cells = text.split(SEPARATOR)
            if len(cells) == width + 1 and not cells[-1]:
                del cells[-1]  # some extracts end each line with a separator
            if len(cells) == width:
                yield self.lines, cells
            else:
                faults.add(fault("registry-wrong-width", self.lines, found=str(len(cells)), expected=str(width)))

    def _next(self) -> bytes:
        raw = self._stream.readline(MAX_LINE_BYTES)
        self.lines += 1 if raw else 0
        if self.lines > MAX_LINES or (len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")):
            raise InputError(fault("registry-extract-line", self.lines))
        self._hash.update(raw)
        return raw

    @staticmethod
    def _text(raw: bytes) -> str | None:
        try:
            return raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            return None


@contextmanager
def opened(path: Path) -> Iterator[Extract]:
    """The extract that a file holds. InputError where it is none, or breaks off while it is read."""
    try:
        with path.open("rb") as raw:
            if not zipfile.is_zipfile(raw):
                raw.seek(0)
                yield Extract(raw)
                return
            with zipfile.ZipFile(raw) as archive, archive.open(_only_file(archive)) as stream:
                yield Extract(stream)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        raise InputError(Finding("unreadable-file")) from None


def fault(code: str, line: int, column: str = "", **facts: str) -> Finding:
    """A finding about a line: its number and the column's name, never a cell."""
    where = {"line": str(line)} | ({"column": column} if column else {})
    return Finding(code, f"line {line}, {column}" if column else f"line {line}", tuple((where | facts).items()))


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    inside = [info for info in archive.infolist() if not info.is_dir()]
    if len(inside) != 1:
        raise InputError(Finding("unreadable-file"))
    return inside[0]


def _kind_of(header: str) -> str:
    """The extract whose header this is. The first column says which is meant; every column must then be right."""
    names = [column_words(name) for name in header.lstrip("\ufeff").split(SEPARATOR)]
    if len(names) == 1:
        raise InputError(Finding("registry-extract-separator", "line 1"))
    kind = next((kind for kind, columns in COLUMNS.items() if names[0] == column_words(columns[0])), None)
    if kind is None:
        raise _wrong_header(1, " / ".join(columns[0] for columns in COLUMNS.values()))
    expected = COLUMNS[kind]
    found = names[:-1] if len(names) == len(expected) + 1 and not names[-1] else names
    for position in range(max(len(expected), len(found))):
        name = expected[position] if position < len(expected) else "–"
        if position >= len(found) or found[position] != column_words(name):
            raise _wrong_header(position + 1, name)
    return kind


def _wrong_header(position: int, expected: str) -> InputError:
    facts = (("position", str(position)), ("expected", expected))
    return InputError(Finding("registry-extract-header", f"line 1, column {position}", facts))


def column_words(name: str) -> str:
    """A column's name without its note, accents and capitals: by these headers are compared."""
    return fold(_NOTE.sub("", name.strip()))
