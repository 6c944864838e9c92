"""`python -m benchmarks.registry`: importing made-up extracts and searching them. Writes `docs/registry.md`."""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.documentation.markdown import table
from gateway.registry.directory_search import Search, find
from gateway.registry.directory_store import DirectoryStore
from gateway.sandbox.made_up_extracts import ACTIVITY, MAILBOX, NAMES, write_activity, write_mailboxes

PAGE = Path(__file__).parents[1] / "docs" / "registry.md"
WRITERS = {ACTIVITY: write_activity, MAILBOX: write_mailboxes}
HARD: tuple[tuple[str, Search], ...] = (
    ("a common given name alone", Search("jean")),
    ("three letters", Search("mar")),
    ("a name with a particle left out", Search("brannet jean")),
    ("two letters too many", Search("lachannet")),
    ("one letter too few", Search("vaugnesier raphael")),
    ("one letter too few, family name alone", Search("vaugnesier")),
    ("no such name", Search("lefebvre")),
    ("a double given name and a beginning", Search("jean pierre de mar")),
    ("a given name, a commune and a trade as filters", Search("jean", commune="51100", profession="infirmier")),
    ("a trade and a commune, no name", Search("", commune="Reims", profession="cardiologue")),
)
BEYOND = (("a trade and a commune typed as words", Search("medecin reims")),)
"""Said beside the ten, as it is the slowest that we know."""
_IMPORT = "from gateway.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Import:
    """One extract into a database."""

    what: str
    megabytes: float
    seconds: float
    cpu_seconds: float
    peak_mib: float


def main() -> int:
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    database = options.folder / "registry.db"
    for old in options.folder.glob("registry.db*"):
        old.unlink()
    files = {kind: _made(options.folder, kind, options.rows) for kind in WRITERS}
    imports = [_import(database, f"{NAMES[kind]}, first import", file) for kind, file in files.items()]
    imports += [_import(database, f"{NAMES[kind]}, the same again", file) for kind, file in files.items()]
    searches = {what: _times(database, search, options.runs) for what, search in (*HARD, *BEYOND)}
    text = _page(options.rows, imports, searches, options.runs)
    print(text)
    if options.page:
        PAGE.write_text(text, "utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registry", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000, help="lines of each extract (default 500000)")
    parser.add_argument("--runs", type=int, default=20, help="times that each search is made (default 20)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "cpts-gateway-registry")
    parser.add_argument("--no-page", dest="page", action="store_false", help="leave the page in docs/ as it is")
    return parser.parse_args()


def _made(folder: Path, kind: str, rows: int) -> Path:
    path = folder / f"{kind}-{rows}.txt"
    if not path.exists():
        with path.open("w", encoding="utf-8") as out:
            WRITERS[kind](out, rows)
    return path


def _import(database: Path, what: str, file: Path) -> Import:
    """In a process of its own, as a person would call it, so that its memory can be told."""
    command = [sys.executable, "-c", _IMPORT, "registry", "import", str(file)]
    environment = os.environ | {"GATEWAY_REGISTRY_DATABASE": str(database)}
    started = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{what}: exit {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    return Import(what, file.stat().st_size / 1e6, time.perf_counter() - started, cpu, usage.ru_maxrss / 1024)


def _times(database: Path, search: Search, runs: int) -> list[float]:
    """Milliseconds of each run; the first, by which the file comes into memory, is left out."""
    store = DirectoryStore(database)
    find(store, search)
    return [_milliseconds(lambda: find(store, search)) for _ in range(runs)]


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


def _page(rows: int, imports: list[Import], searches: dict[str, list[float]], runs: int) -> str:
    hard = [ms for what, _ in HARD for ms in searches[what]]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"""# The national directory: what it costs

Made by `python -m benchmarks.registry`, from made-up extracts of {rows:,} lines each. Goal: {rows:,} lines under 60 s
and 300 MiB, and a search under 50 ms (p95). Machine: {os.cpu_count()} cores, {platform.machine()}, Python
{platform.python_version()}; load average at the end {load}: other programs were running where it is above 1.

## Import

{_imports(imports)}
CPU seconds are about what an idle machine would take. The peak holds some 130 MiB of the command itself.

## Search

The ten hard ones, {runs} times each: p95 of all **{_p95(hard):.0f} ms**. The file is in the system's cache.

{_searches(searches)}"""


def _imports(imports: list[Import]) -> str:
    rows = [
        (i.what, f"{i.megabytes:.0f}", f"{i.seconds:.0f}", f"{i.cpu_seconds:.0f}", f"{i.peak_mib:.0f}") for i in imports
    ]
    return table(("extract", "MB", "seconds", "CPU seconds", "peak MiB"), rows)


def _searches(searches: dict[str, list[float]]) -> str:
    rows = [(what, f"{statistics.median(times):.1f}", f"{_p95(times):.1f}") for what, times in searches.items()]
    return table(("search", "median ms", "p95 ms"), rows)


if __name__ == "__main__":
    sys.exit(main())
