"""The CPTS file → a roster, or every fault of the file at once: half a registry is worse than yesterday's.

Pure. `docs/registry-csv.md` is the format. Findings hold line numbers and column names, never a cell.
Source: RFC 4180 (quoting), with `;` as the separator, as French spreadsheets write it.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.errors import InputError
from gateway.model import Finding, MailAddress, MailboxType
from gateway.registry.csv_columns import COLUMNS, KINDS, MAILBOX, ROLE, STRUCTURE, Column
from gateway.registry.roster import Box, Period, Role, Roster, Structure

_NAMES = tuple(column.name for column in COLUMNS)
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: its number as an editor shows it, its cells by column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def finding(self, code: str, column: str, **facts: str) -> Finding:
        where = {"line": str(self.number), "column": column}
        return Finding(code, f"line {self.number}, {column}", tuple((where | facts).items()))


def read_lines(content: bytes) -> list[Line]:
    """The lines of a file whose every cell is right by itself. InputError with all findings otherwise."""
    lines, findings = _split(content)
    findings += [finding for line in lines for finding in _check_cells(line)]
    if findings:
        raise InputError(findings)
    return lines


def roster_of(lines: list[Line]) -> Roster:
    """The values that right lines stand for."""
    by_kind = {kind: [line for line in lines if line["kind"] == kind] for kind in KINDS}
    return Roster(
        tuple(_structure(line) for line in by_kind[STRUCTURE]),
        tuple(_role(line) for line in by_kind[ROLE]),
        tuple(_box(line) for line in by_kind[MAILBOX]),
    )


def _split(content: bytes) -> tuple[list[Line], list[Finding]]:
    try:
        text = content.decode("utf-8-sig")
        rows = list(_rows(text))
    except (UnicodeDecodeError, csv.Error):
        raise InputError(Finding("registry-unreadable")) from None
    if not rows or tuple(rows[0][1]) != _NAMES:
        raise InputError(Finding("registry-wrong-columns", "line 1", (("columns", ";".join(_NAMES)),)))
    whole = [Line(n, dict(zip(_NAMES, cells, strict=True))) for n, cells in rows[1:] if len(cells) == len(_NAMES)]
    return whole, [_wrong_width(n, cells) for n, cells in rows[1:] if len(cells) != len(_NAMES)]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, stripped cells) of each line that is not blank. A quoted cell may not hold a line break."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip(" ;"):
            yield number, [cell.strip() for cell in next(csv.reader([line], delimiter=";", strict=True))]


def _wrong_width(number: int, cells: list[str]) -> Finding:
    facts = (("line", str(number)), ("found", str(len(cells))), ("expected", str(len(_NAMES))))
    return Finding("registry-wrong-width", f"line {number}", facts)


def _check_cells(line: Line) -> Iterator[Finding]:
    if line["kind"] not in KINDS:
        yield line.finding("registry-unknown-code", "kind", expected=" / ".join(KINDS))
        return
    for column in COLUMNS:
        yield from _check_cell(line, column)
    yield from _check_periods(line)
    if line["kind"] == MAILBOX and not line["structure"] and not line["rpps"]:
        yield line.finding("registry-missing-value", "structure")


def _check_cell(line: Line, column: Column) -> Iterator[Finding]:
    cell, kind = line[column.name], line["kind"]
    if not cell and kind in column.required:
        yield line.finding("registry-missing-value", column.name)
    elif cell and kind not in column.required | column.optional:
        yield line.finding("registry-misplaced-value", column.name, kind=kind)
    elif cell and not column.accepts(cell):
        yield line.finding(column.code, column.name, expected=column.expected)


def _check_periods(line: Line) -> Iterator[Finding]:
    for start, end in (("since", "until"), ("absent_from", "absent_until")):
        # ISO dates sort as text, so a cell that is no date at all is left to its own finding.
        if line[start] and line[end] and line[end] < line[start]:
            yield line.finding("registry-period-reversed", end)
    if (line["absent_until"] or line["replaced_by"]) and not line["absent_from"]:
        yield line.finding("registry-missing-value", "absent_from")


def _structure(line: Line) -> Structure:
    return Structure(
        id=line["structure"],
        name=line["structure_name"],
        facility_type=line["facility_type"],
        practice_setting=line["practice_setting"],
        city=line["city"],
        period=period_of(line, "since", "until"),
    )


def _role(line: Line) -> Role:
    return Role(
        rpps=line["rpps"],
        structure=line["structure"],
        name=f"{line['given']} {line['family']}",
        profession=line["profession"],
        period=period_of(line, "since", "until"),
        absence=period_of(line, "absent_from", "absent_until") if line["absent_from"] else None,
        replaced_by=line["replaced_by"] or None,
    )


def _box(line: Line) -> Box:
    return Box(
        address=MailAddress(line["mailbox"]),
        type=MailboxType(line["mailbox_type"]),
        form=line["form"],
        max_bytes=int(line["max_mb"]) * _MEGABYTE,
        red_listed=line["red_list"] == "yes",
        rpps=line["rpps"] or None,
        structure=line["structure"] or None,
        period=period_of(line, "since", "until"),
    )


def period_of(line: Line, start: str, end: str) -> Period:
    """The period that two date columns tell."""
    return Period(_date(line[start]), _date(line[end]))


def _date(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None
