"""Importing extracts: all or nothing, faults by line, the difference told."""

import sqlite3
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.error_catalogue import describe
from gateway.errors import InputError, StorageError
from gateway.fhir.format.systems import RPPS
from gateway.model import Identifier, Language
from gateway.registry.directory_import import Options, import_extract
from gateway.registry.extract_file import MAX_LINE_BYTES
from gateway.registry.import_report import Changes
from gateway.sandbox.made_up_extracts import ACTIVITY, MAILBOX, write_activity
from tests.registry.extracts import BOX, BRASSENNE, DOCTOR, NOW, NURSE, OFFICE, TOUR, Registry, text_of

WRONG_KEY = DOCTOR | {"Identifiant PP": "99700001012", "Identification nationale PP": "899700001012"}


def names(registry: Registry) -> list[str]:
    return [card.family for card, _ in registry.store.situations()]


def refused(registry: Registry, content: str | bytes) -> InputError:
    """The error of importing this file; nothing else may come of it."""
    file = registry.folder / "broken.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = dump(registry)
    with pytest.raises(InputError) as caught:
        registry.load(file)
    assert dump(registry) == before
    for finding in caught.value.findings:
        assert "?" not in describe(finding, Language.FRENCH)
    return caught.value


def dump(registry: Registry) -> list[tuple[object, ...]]:
    if not registry.path.exists():
        return []
    tables = ("person", "role", "structure", "mailbox", "entry", "departed", "run", "label")
    with closing(sqlite3.connect(registry.path)) as connection:
        return [row for table in tables for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]


def test_a_first_import_adds_everything(registry: Registry) -> None:
    report = registry.take(ACTIVITY, DOCTOR, NURSE)
    assert report.tables == {"person": Changes(2, 0, 0), "role": Changes(2, 0, 0), "structure": Changes(1, 0, 0)}
    assert (report.lines, report.applied, report.faults) == (2, True, {})
    assert names(registry) == ["BRASSENNE", "de la TOUR-LEFÈVRE"]


def test_the_same_import_again_changes_nothing(registry: Registry) -> None:
    registry.take(ACTIVITY, DOCTOR, NURSE)
    before = dump(registry)
    assert not registry.take(ACTIVITY, DOCTOR, NURSE).applied
    assert dump(registry) == before


def test_the_difference_of_a_day_is_told(registry: Registry) -> None:
    registry.take(ACTIVITY, DOCTOR, NURSE)
    report = registry.take(ACTIVITY, DOCTOR | {"Prénom d'exercice": "Odile-Marie"})
    assert report.tables["person"] == Changes(0, 1, 1)
    assert report.deactivated == 1
    assert registry.store.departed_on("8" + TOUR) == "2026-11-22"
    assert registry.store.find_member([Identifier(RPPS, TOUR)]) is None


def test_somebody_may_come_back(registry: Registry) -> None:
    for lines in ((DOCTOR, NURSE), (DOCTOR,), (DOCTOR, NURSE)):
        registry.take(ACTIVITY, *lines)
    assert registry.store.departed_on("8" + TOUR) is None
    assert registry.store.find_member([Identifier(RPPS, TOUR)]) is not None


def test_a_departed_person_is_not_found_by_a_mailbox_that_is_still_listed(registry: Registry) -> None:
    registry.take(MAILBOX, BOX)
    registry.take(ACTIVITY, DOCTOR, NURSE)
    registry.take(ACTIVITY, NURSE)
    assert registry.store.find_member([Identifier(RPPS, BRASSENNE)]) is None


def test_a_dry_run_tells_the_difference_and_changes_nothing(registry: Registry) -> None:
    registry.take(ACTIVITY, DOCTOR)
    before = dump(registry)
    report = registry.take(ACTIVITY, DOCTOR, NURSE, options=Options(dry_run=True))
    assert (report.tables["person"], report.applied) == (Changes(1, 0, 0), False)
    assert dump(registry) == before


def test_repeated_lines_and_shared_addresses_are_counted(registry: Registry) -> None:
    assert registry.take(ACTIVITY, DOCTOR, DOCTOR, NURSE).repeated_lines == 1
    shared = BOX | {"Identifiant PP": TOUR, "Identification nationale PP": "8" + TOUR}
    report = registry.take(MAILBOX, BOX, BOX, shared, OFFICE)
    assert (report.repeated_lines, report.shared_addresses) == (1, 1)


# --- bad files ---------------------------------------------------------------------------------------------------

GOOD = text_of(ACTIVITY, DOCTOR, NURSE)
BAD_FILES: dict[str, tuple[str | bytes, str, str]] = {
    "another separator": (GOOD.replace("|", ";"), "registry-extract-separator", "line 1"),
    "a renamed column": (GOOD.replace("Code profession", "Profession"), "registry-extract-header", "line 1, column 10"),
    "a column more": (GOOD.replace("\n", "|x\n"), "registry-extract-header", "line 1, column 57"),
    "columns cut off": (GOOD.replace("|Libellé genre activité", ""), "registry-extract-header", "line 1, column 56"),
    "another file": ("a|b|c\n", "registry-extract-header", "line 1, column 1"),
    "no file": ("", "registry-extract-separator", "line 1"),
    "no line": (text_of(ACTIVITY), "registry-extract-empty", ""),
    "broken UTF-8": (GOOD.encode().replace("LEFÈVRE".encode(), b"LEF\xc8VRE"), "registry-extract-encoding", "line 3"),
    "Latin-1": (GOOD.encode("latin-1"), "registry-extract-encoding", "line 1"),
    "a short line": (GOOD + "8|99700001011\n", "registry-wrong-width", "line 4"),
    "a torn line": (GOOD[:-100], "registry-wrong-width", "line 3"),
    "a control character": (GOOD.replace("Odile", "Odi\x00le"), "registry-extract-line", "line 2"),
    "an endless line": (GOOD + "x" * MAX_LINE_BYTES, "registry-extract-line", "line 4"),
    "a wrong key": (text_of(ACTIVITY, DOCTOR, WRONG_KEY), "registry-bad-identifier", "line 3, Identifiant PP"),
    "two numbers": (
        text_of(ACTIVITY, DOCTOR | {"Identifiant PP": TOUR}),
        "registry-bad-identifier",
        "line 2, Identifiant PP",
    ),
    "no name": (text_of(ACTIVITY, DOCTOR | {"Nom d'exercice": ""}), "registry-missing-value", "line 2, Nom d'exercice"),
    "an address": (
        text_of(MAILBOX, OFFICE, BOX | {"Adresse BAL": "a b@c.example"}),
        "registry-bad-address",
        "line 3, Adresse BAL",
    ),
    "a type": (text_of(MAILBOX, BOX | {"Type de BAL": "XXX"}), "registry-unknown-code", "line 2, Type de BAL"),
    "no owner": (
        text_of(MAILBOX, BOX | {"Identifiant PP": "", "Identification nationale PP": ""}),
        "registry-missing-value",
        "line 2, Identifiant PP",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_told_by_line_and_changes_nothing(registry: Registry, case: str) -> None:
    content, code, path = BAD_FILES[case]
    registry.take(ACTIVITY, DOCTOR)
    error = refused(registry, content)
    assert (error.findings[0].code, error.findings[0].path) == (code, path)


def test_every_bad_line_is_told(registry: Registry) -> None:
    error = refused(registry, text_of(ACTIVITY, WRONG_KEY, DOCTOR, WRONG_KEY) + "short|line\n")
    assert [finding.path.split(",")[0] for finding in error.findings] == ["line 2", "line 4", "line 5"]


def test_findings_hold_no_cell(registry: Registry) -> None:
    error = refused(registry, text_of(ACTIVITY, WRONG_KEY))
    assert all("99700001012" not in text and "BRASSENNE" not in text for f in error.findings for _, text in f.facts)


def test_a_few_bad_lines_may_be_set_aside(registry: Registry) -> None:
    report = registry.take(ACTIVITY, DOCTOR, WRONG_KEY, NURSE, options=Options(tolerate=1))
    assert (report.set_aside, report.faults) == (1, {"registry-bad-identifier": 1})
    assert names(registry) == ["BRASSENNE", "de la TOUR-LEFÈVRE"]


def test_a_structure_with_a_wrong_number_is_known_by_its_technical_identifier(registry: Registry) -> None:
    wrong = {"Numéro FINESS site": "990002173", "Identifiant technique de la structure": "R100"}
    report = registry.take(ACTIVITY, DOCTOR | wrong)
    assert (report.set_aside, report.faults) == (0, {"registry-bad-identifier": 1})
    member = registry.store.find_member([Identifier(RPPS, BRASSENNE)])
    assert member is not None
    assert member.party.structure is None


def test_a_mailbox_outside_the_trusted_space_is_told_and_kept(registry: Registry) -> None:
    file = registry.folder / "boxes.txt"
    file.write_text(text_of(MAILBOX, BOX, OFFICE), "utf-8")
    report = import_extract(registry.path, file, NOW, trusts=lambda address: "biefs" in address)
    assert [(finding.code, finding.path) for finding in report.findings] == [
        ("registry-mailbox-untrusted", "line 2, Adresse BAL")
    ]
    assert report.tables["mailbox"].added == 2


def test_an_extract_that_broke_off_is_refused_unless_it_is_meant(registry: Registry) -> None:
    registry.made_up(200)
    file = registry.folder / "half.txt"
    with file.open("w", encoding="utf-8") as out:
        write_activity(out, 100)
    with pytest.raises(InputError) as caught:
        registry.load(file)
    assert caught.value.code == "registry-extract-shrinks"
    assert registry.load(file, Options(allow_shrink=True)).deactivated > 50


# --- files of other kinds ----------------------------------------------------------------------------------------


def _zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, GOOD)
    return path


def test_an_archive_is_read_as_it_stands(registry: Registry) -> None:
    assert registry.load(_zipped(registry.folder / "one.zip", "extract.txt")).lines == 2


def _missing(folder: Path) -> Path:
    return folder / "missing.txt"


def _two(folder: Path) -> Path:
    return _zipped(folder / "two.zip", "a.txt", "b.txt")


def _torn(folder: Path) -> Path:
    path = _zipped(folder / "torn.zip", "a.txt")
    content = bytearray(path.read_bytes())
    content[40:60] = bytes(20)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("make", [_missing, _two, _torn])
def test_a_file_that_cannot_be_read_is_said(registry: Registry, make: Callable[[Path], Path]) -> None:
    with pytest.raises(InputError):
        registry.load(make(registry.folder))
    assert dump(registry) == dump(registry)


def test_a_separator_at_the_end_of_each_line_is_understood(registry: Registry) -> None:
    file = registry.folder / "trailing.txt"
    file.write_text("\ufeff" + GOOD.replace("\n", "|\r\n"), "utf-8")
    assert registry.load(file).lines == 2


# --- the database ------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_refused(registry: Registry) -> None:
    registry.path.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError) as caught:
        registry.take(ACTIVITY, DOCTOR)
    assert caught.value.code == "registry-database-unusable"


def test_another_programs_database_is_left_alone(registry: Registry) -> None:
    with closing(sqlite3.connect(registry.path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StorageError) as caught:
        registry.take(ACTIVITY, DOCTOR)
    assert caught.value.code == "store-version"


class _KilledError(Exception):
    """What a kill looks like from inside."""


def test_an_import_that_is_interrupted_before_its_end_changes_nothing(registry: Registry) -> None:
    registry.take(ACTIVITY, DOCTOR)
    before = dump(registry)
    file = registry.folder / "new.txt"
    file.write_text(GOOD, "utf-8")

    def say(line: str) -> None:
        if line == "index":  # everything is written by then but the index, and nothing is committed
            raise _KilledError

    with pytest.raises(_KilledError):
        import_extract(registry.path, file, NOW, say=say)
    assert dump(registry) == before
    assert registry.load(file).applied


def test_readers_see_yesterday_until_an_import_is_whole(registry: Registry) -> None:
    registry.take(ACTIVITY, DOCTOR)
    store, seen = registry.store, []
    file = registry.folder / "new.txt"
    file.write_text(GOOD, "utf-8")

    def look() -> None:
        seen.append(store.find_member([Identifier(RPPS, TOUR)]))

    def say(line: str) -> None:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    import_extract(registry.path, file, NOW, say=say)
    assert seen
    assert set(seen) == {None}
    assert store.find_member([Identifier(RPPS, TOUR)]) is not None
