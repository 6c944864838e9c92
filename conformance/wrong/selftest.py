"""The suite against itself: a right gateway passes, and each wrong one is caught by the check that claims it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from conformance.run import Run, run
from conformance.target import Target
from conformance.verdicts import Failed
from conformance.wrong import WRONGS, Kind, Wrong
from conformance.wrong.processes import RIGHT, started
from conformance.wrong.proxies import proxied

_HEADER = ("gateway", "made by", "defect", "caught by", "also failing", "verdict")
_BEGIN, _END = "<!-- selftest: begin -->", "<!-- selftest: end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one gateway."""

    wrong: Wrong | None
    """None for the right one."""
    run: Run

    @property
    def failing(self) -> list[str]:
        return [result.check for result in self.run.results if result.word == Failed.word]

    @property
    def broken(self) -> list[str]:
        return [result.check for result in self.run.results if result.word == "error" and result.essential]

    @property
    def as_claimed(self) -> bool:
        """A right gateway passes everything; a wrong one is caught where it should be, and breaks no check."""
        if self.wrong is None:
            return all(result.word == "pass" for result in self.run.results)
        return self.wrong.caught_by in self.failing and not self.broken

    @property
    def cells(self) -> tuple[str, ...]:
        if self.wrong is None:
            passed = f"{self.run.count('pass')} of {len(self.run.results)} pass"
            return "right", "process", "none", "", " ".join([*self.failing, *self.broken]), passed
        others = [check for check in self.failing if check != self.wrong.caught_by]
        verdict = "caught" if self.as_claimed else f"MISSED {' '.join(self.broken)}".strip()
        return self.wrong.name, self.wrong.kind, self.wrong.defect, self.wrong.caught_by, " ".join(others), verdict


def selftest(command: str = "", only: Sequence[str] = (), page: Path | None = None) -> int:
    """Run everything, print the table, write it into `page` if given. Returns the exit status."""
    wrongs = [wrong for wrong in WRONGS if not only or wrong.name in only]
    rows = list(_rows(wrongs, command))
    table = _table(rows)
    print(table)
    if page:
        _write(page, table)
    return 0 if all(row.as_claimed for row in rows) else 1


def _rows(wrongs: Sequence[Wrong], command: str) -> Iterator[Row]:
    with started(RIGHT, command) as right:
        yield _row(None, right)
        for wrong in (one for one in wrongs if one.kind is Kind.PROXY):
            with proxied(right, wrong.name) as target:
                yield _row(wrong, target)
    for wrong in (one for one in wrongs if one.kind is Kind.PROCESS):
        with started(wrong.name, command) as target:
            yield _row(wrong, target)


def _row(wrong: Wrong | None, target: Target) -> Row:
    began = monotonic()
    row = Row(wrong, run(target))
    print(f"{row.cells[0]:20} {row.cells[-1]} ({monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    return row


def _table(rows: Sequence[Row]) -> str:
    lines = [_HEADER, tuple("---" for _ in _HEADER), *(row.cells for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _write(page: Path, table: str) -> None:
    """Between the two markers of the page; what stands around them stays."""
    before, _, rest = page.read_text("utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", "utf-8")


@contextmanager
def wrong_target(wrong: Wrong, command: str = "") -> Iterator[Target]:
    """One wrong gateway, running."""
    if wrong.kind is Kind.PROCESS:
        with started(wrong.name, command) as target:
            yield target
        return
    with started(RIGHT, command) as right, proxied(right, wrong.name) as target:
        yield target
