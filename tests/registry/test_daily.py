"""The registry of today: read again when the day or the file changes, kept while the file cannot be read."""

import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.errors import InputError
from gateway.fhir.format.systems import PS_IDNAT
from gateway.model import Identifier, Party
from gateway.registry.daily import DailyDirectory
from tests.fakes.clock import StoppedClock
from tests.referrals import FIXTURES

REGISTRY = FIXTURES / "registry" / "cpts-vesle.csv"
REPLACEMENT = Party("899700010053", "1990010167", "")
"""Inès Chauvirey, who replaces a doctor from 9 November to 31 December 2026."""
KARIM = Party("899700002126", "1990003188", "")


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return Path(shutil.copy(REGISTRY, tmp_path / "cpts.csv"))


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(datetime(2026, 12, 31, 12, 0, tzinfo=UTC))


def touch(path: Path, text: str) -> None:
    """Write, with a modification time that is certainly another one."""
    path.write_text(text, "utf-8")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))


def addresses(directory: DailyDirectory, party: Party) -> list[str]:
    return [box.address for box in directory.find_mailboxes(party)]


def test_a_mailbox_ends_at_midnight_in_paris_without_a_restart(csv: Path, clock: StoppedClock) -> None:
    directory = DailyDirectory(csv, clock)
    assert addresses(directory, REPLACEMENT) == ["ines.chauvirey@medecin.mssante.example"]
    clock.at = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert addresses(directory, REPLACEMENT)
    clock.at = datetime(2026, 12, 31, 23, 1, tzinfo=UTC)  # 1 January in Paris
    assert addresses(directory, REPLACEMENT) == []


def test_a_person_is_found_as_before_after_the_day_has_changed(csv: Path, clock: StoppedClock) -> None:
    directory = DailyDirectory(csv, clock)
    identifiers = [Identifier(PS_IDNAT, KARIM.person or "")]
    before = directory.find_member(identifiers)
    clock.move(days=1)
    assert before
    assert directory.find_member(identifiers) == before


def test_a_new_file_counts_from_the_next_question(csv: Path, clock: StoppedClock) -> None:
    directory = DailyDirectory(csv, clock)
    text = csv.read_text("utf-8")
    touch(csv, text.replace("karim.tazerout@medecin", "k.tazerout@medecin"))
    assert addresses(directory, KARIM) == ["k.tazerout@medecin.mssante.example"]


@pytest.mark.parametrize("spoil", [lambda path: touch(path, "not a registry"), lambda path: path.unlink()])
def test_a_file_that_cannot_be_read_leaves_the_last_copy_in_use(csv: Path, clock: StoppedClock, spoil: object) -> None:
    directory = DailyDirectory(csv, clock)
    text = csv.read_text("utf-8")
    spoil(csv)  # type: ignore[operator]
    assert addresses(directory, KARIM) == ["karim.tazerout@medecin.mssante.example"]
    touch(csv, text.replace("karim.tazerout@medecin", "k.tazerout@medecin"))
    assert addresses(directory, KARIM) == ["k.tazerout@medecin.mssante.example"]


def test_a_copy_kept_past_its_day_still_says_when_a_mailbox_ends(csv: Path, clock: StoppedClock) -> None:
    """So that whoever chooses a mailbox can see that it has ended."""
    directory = DailyDirectory(csv, clock)
    csv.unlink()
    clock.move(days=2)
    assert [box.live_until for box in directory.find_mailboxes(REPLACEMENT)] == [date(2026, 12, 31)]


def test_without_any_usable_file_there_is_no_start(tmp_path: Path, clock: StoppedClock) -> None:
    with pytest.raises(InputError) as refused:
        DailyDirectory(tmp_path / "absent.csv", clock)
    assert refused.value.code == "registry-unreadable"
