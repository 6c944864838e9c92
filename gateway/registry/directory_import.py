"""Importing one extract: streamed into temporary tables, compared, taken over in one transaction. Or not at all.

Memory does not grow with the file. Readers see yesterday's directory until the commit. To interrupt is harmless: run
the import again, files that were taken over before show no difference. An extract that would remove a large part of
what is known is taken for a download that broke off.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from gateway.errors import InputError
from gateway.model import Finding
from gateway.registry.directory_database import connect, ours, prepare, transaction
from gateway.registry.directory_index import make_index
from gateway.registry.directory_schema import COUNTED, LABEL, TABLES, Table
from gateway.registry.extract_file import ACTIVITY, MAX_FINDINGS, Extract, Faults, opened
from gateway.registry.extract_rows import Trusts, activity_rows, mailbox_rows
from gateway.registry.import_report import Changes, ImportReport

_BATCH: Final = 5_000
MAX_REMOVED_SHARE: Final = 0.1
_SMALL: Final = 50
"""A directory of fewer entries may shrink as it likes."""


@dataclass(frozen=True, slots=True)
class Options:
    """How strict an import is: `tolerate` lines may be set aside, reported; none by default."""

    dry_run: bool = False
    allow_shrink: bool = False
    tolerate: int = 0


STRICT: Final = Options()


def import_extract(
    database: Path,
    extract: Path,
    now: datetime,
    options: Options = STRICT,
    trusts: Trusts | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> ImportReport:
    """Take one extract over. InputError with the faults, by line, where nothing was changed because of them."""
    prepare(database)
    with ours(), opened(extract) as source:
        connection = connect(database)
        try:
            return _import(connection, source, now, options, trusts, say)
        finally:
            connection.close()


def _import(
    connection: sqlite3.Connection,
    source: Extract,
    now: datetime,
    options: Options,
    trusts: Trusts | None,
    say: Callable[[str], None],
) -> ImportReport:
    faults = Faults()
    repeated = _stage(connection, source, faults, trusts, say)
    if faults.errors > options.tolerate:
        raise InputError(_told(faults))
    if source.lines < 2:
        raise InputError(Finding("registry-extract-empty"))
    with transaction(connection):
        report = _compare(connection, source, faults, repeated)
        if not options.allow_shrink:
            _check_size(connection, report)
        if options.dry_run or not any(changes.any for changes in report.tables.values()):
            return report
        say("enregistrement / taking over")
        report = replace(report, applied=True)
        _take_over(connection, source.kind, report, now)
        make_index(connection, say)
    return report


def _stage(
    connection: sqlite3.Connection, source: Extract, faults: Faults, trusts: Trusts | None, say: Callable[[str], None]
) -> int:
    """Everything into temporary tables. Returns how many lines said nothing new."""
    tables = {table.name: table for table in (*TABLES[source.kind], LABEL)}
    for table in tables.values():
        connection.execute(table.create(table.staged))
    waiting: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    told: Counter[str] = Counter()
    rows_of = activity_rows if source.kind == ACTIVITY else partial(mailbox_rows, trusts=trusts)
    for line, cells in source.rows(faults):
        for name, values in rows_of(line, cells, faults):
            waiting[name].append(values)
            told[name] += 1
        if line % _BATCH == 0:
            _flush(connection, tables, waiting)
        if line % 100_000 == 0:
            say(f"{line} lignes / lines")
    _flush(connection, tables, waiting)
    main = tables["role" if source.kind == ACTIVITY else "mailbox"]
    return told[main.name] - _count(connection, main.staged)


def _flush(connection: sqlite3.Connection, tables: dict[str, Table], waiting: dict[str, list[tuple[str, ...]]]) -> None:
    connection.execute("BEGIN")
    for name, rows in waiting.items():
        places = ", ".join("?" * len((*tables[name].key, *tables[name].rest)))
        connection.executemany(f"INSERT OR IGNORE INTO {tables[name].staged} VALUES ({places})", rows)  # noqa: S608
        rows.clear()
    connection.execute("COMMIT")


def _compare(connection: sqlite3.Connection, source: Extract, faults: Faults, repeated: int) -> ImportReport:
    changes = {table.name: _changes(connection, table) for table in TABLES[source.kind]}
    shared = "SELECT count(*) FROM (SELECT 1 FROM temp.staged_mailbox GROUP BY address HAVING count(*) > 1)"
    return ImportReport(
        extract=source.kind,
        lines=source.lines - 1,
        sha256=source.sha256,
        tables=changes,
        deactivated=changes["person"].removed if source.kind == ACTIVITY else 0,
        repeated_lines=repeated,
        shared_addresses=0 if source.kind == ACTIVITY else connection.execute(shared).fetchone()[0],
        faults=dict(sorted(faults.counts.items())),
        findings=tuple(faults.kept),
        set_aside=faults.errors,
        applied=False,
    )


def _changes(connection: sqlite3.Connection, table: Table) -> Changes:
    def count(one: str, other: str) -> int:
        absent = f"NOT EXISTS (SELECT 1 FROM {other} WHERE {table.same_key})"  # noqa: S608
        return int(connection.execute(f"SELECT count(*) FROM {one} WHERE {absent}").fetchone()[0])  # noqa: S608

    new, old = f"{table.staged} AS new", f"{table.name} AS old"
    changed = f"SELECT count(*) FROM {new} JOIN {old} ON {table.same_key} WHERE {table.differs}"  # noqa: S608
    return Changes(count(new, old), connection.execute(changed).fetchone()[0], count(old, new))


def _check_size(connection: sqlite3.Connection, report: ImportReport) -> None:
    what = COUNTED[report.extract]
    before, removed = _count(connection, what), report.tables[what].removed
    if before > _SMALL and removed > before * MAX_REMOVED_SHARE:
        facts = (("removed", str(removed)), ("before", str(before)), ("what", what))
        raise InputError(Finding("registry-extract-shrinks", facts=facts))


def _take_over(connection: sqlite3.Connection, kind: str, report: ImportReport, now: datetime) -> None:
    if kind == ACTIVITY:
        connection.execute(
            "INSERT OR REPLACE INTO departed SELECT idnat, family, given, ? FROM person"
            " WHERE idnat NOT IN (SELECT idnat FROM temp.staged_person)",
            (now.date().isoformat(),),
        )
        connection.execute("DELETE FROM departed WHERE idnat IN (SELECT idnat FROM temp.staged_person)")
    for table in TABLES[kind]:
        gone = f"NOT EXISTS (SELECT 1 FROM {table.staged} AS new WHERE {table.same_key})"  # noqa: S608
        connection.execute(f"DELETE FROM {table.name} AS old WHERE {gone}")  # noqa: S608
        _upsert(connection, table)
    _upsert(connection, LABEL)
    told = json.dumps(report.as_json())
    row = (report.extract, report.sha256, now.isoformat(), told)
    connection.execute("INSERT INTO run (extract, sha256, finished_at, report) VALUES (?, ?, ?, ?)", row)


def _upsert(connection: sqlite3.Connection, table: Table) -> None:
    fresh = f"SELECT * FROM {table.staged} EXCEPT SELECT * FROM {table.name}"  # noqa: S608
    connection.execute(f"INSERT OR REPLACE INTO {table.name} {fresh}")


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def _told(faults: Faults) -> list[Finding]:
    """The first faults: errors before warnings."""
    return sorted(faults.kept, key=lambda finding: finding.severity is not None)[:MAX_FINDINGS]
