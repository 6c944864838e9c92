"""The tables of `python -m benchmarks mapping`: printed, and written to `docs/performance-mapping.md`."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lxml import etree

from benchmarks.converters import LIMIT_SECONDS
from benchmarks.mapping import Result, WayBack
from benchmarks.survival import KINDS
from gateway import __version__

_COLUMNS = ("converter", "converted", "errors", "ms per KB, median (5–95 %)", *KINDS)


def corpus_table(results: Sequence[Result]) -> str:
    """One row per converter: what it did with the files of one corpus."""
    return _markdown([_COLUMNS, *map(_row, results)])


def _row(result: Result) -> tuple[str, ...]:
    name = f"**{result.tool.name}**" if not result.tool.requirement else result.tool.requirement
    if result.skipped:
        return (name, f"skipped: {result.skipped}", *[""] * (len(_COLUMNS) - 2))
    errors = ", ".join(f"{count} {kind}" for kind, count in result.errors.most_common()) or "0"
    return (
        name,
        f"{len(result.converted)} of {len(result.files)}",
        errors,
        _spread([one.ms_per_kilobyte for one in result.converted], 3),
        *(_share(*result.survived(kind)) for kind in KINDS),
    )


def _share(found: int, all_: int) -> str:
    return f"{found / all_:.1%} of {all_}" if all_ else "–"


def _spread(values: Sequence[float], digits: int) -> str:
    """The median, and between which values nine of ten lie."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}" if values else "–"
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return f"{statistics.median(values):.{digits}f} ({cuts[0]:.{digits}f}–{cuts[-1]:.{digits}f})"


def controls_table(results: Sequence[Result]) -> str:
    """One row per control, one column per converter."""
    ran = [result for result in results if not result.skipped]
    names = ran[0].controls if ran else {}
    rows = [(name, *(result.controls[name] for result in ran)) for name in names]
    return _markdown([("control", *(result.tool.name for result in ran)), *rows])


def ways_back_table(ways: Sequence[WayBack]) -> str:
    columns = ("to", "messages", "CPU ms, median of medians (5–95 %)")
    medians = ([statistics.median(costs) for costs in way.cpu_ms.values()] for way in ways)
    rows = [(way.form, str(len(way.cpu_ms)), _spread(values, 2)) for way, values in zip(ways, medians, strict=True)]
    return _markdown([columns, *rows])


def machine() -> str:
    lxml = ".".join(map(str, etree.LXML_VERSION[:3]))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, gateway {__version__}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores shared with other work (load {os.getloadavg()[0]:.1f} at the end), "
        f"Python {platform.python_version()}, lxml {lxml}"
    )


def page(results: Mapping[str, list[Result]], ways: Sequence[WayBack], runs: int) -> str:
    """`docs/performance-mapping.md`."""
    tables = "\n\n".join(f"### {name}\n\n{corpus_table(found)}" for name, found in results.items())
    first = next(iter(results.values()))
    return _PAGE.format(
        tables=tables,
        controls=controls_table(first),
        ways=ways_back_table(ways),
        machine=machine(),
        runs=runs,
        limit=f"{LIMIT_SECONDS:.0f}",
    )


def _markdown(rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


_PAGE = """# What the mapping costs and keeps, beside the peers

Made by `python -m benchmarks mapping`. Do not edit.

**Read this first.** The peers are converters for US C-CDA. French CDA is not what they were written for, so low figures
on French documents are to be expected and say nothing about their quality at home. What the tables do show is what
happens when a French CPTS takes one of them as it is, and whether it is told what got lost. Where a folder of US C-CDA
was given, it has a table of its own, in which ours is the stranger.

## CDA → FHIR

Each converter runs in a process of its own, with {limit} s per conversion; a converter that takes longer or dies is
counted as an error and started again. Time is CPU, the median of {runs} runs per file after a first one that is not
counted; ours includes the receipt of loss. The outputs are not equally complete, so the times are no race.

*Survival*: of the distinct values of the source (attributes `code`; times, as the FHIR day; `extension` of identifiers;
words of four letters or more of the sections' narrative), how many stand anywhere in the strings of the output. One
script for all (`survival.py` in the folder of the benchmarks), which does not ask whether a value stands in the right
place, and counts a file that was not converted as nothing found. A copy of the source in base64 does not count.

Of ours, a value that no FHIR element took stands in the narrative of its section; `cpts-gateway survey` says how much
is structured and how much is told in words. What of ours is not found are codes that a template fixes ("DRUG",
"completed") and the heading of the section that only holds a PDF of the document; the receipt of loss counts both as
structural. The peers give no receipt.

{tables}

## What must be refused

{controls}

*refused*: an exception, of any kind, or the time limit. *accepted*: an output was made, without what the entity pointed
to. *LEAKED*: the content of a file of this machine stands in the output.

## FHIR → CDA

Ours alone: no peer that pip installs offers it for these messages. From the bytes of a `referral-request` to the
bytes of the CDA, with the receipt of loss, the PDF apart; {runs} runs per message.

{ways}

{machine}
"""
