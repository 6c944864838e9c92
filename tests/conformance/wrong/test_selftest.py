"""The table of the self-test: what counts as caught, and where it is kept."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.run import Result, Run
from conformance.wrong import WRONGS
from conformance.wrong.selftest import Row, _table, _write

WRONG = WRONGS[0]
CLAIMED = WRONG.caught_by
TARGET: Any = SimpleNamespace(name="t")


def _row(words: dict[str, str], *, right: bool = False) -> Row:
    results = tuple(Result(name, word, 0.0) for name, word in words.items())
    return Row(None if right else WRONG, Run(TARGET, datetime.now(UTC), results))


@pytest.mark.parametrize(
    ("words", "as_claimed"),
    [
        ({CLAIMED: "fail", "mail-body": "pass"}, True),
        ({CLAIMED: "fail", "mail-body": "fail"}, True),
        ({CLAIMED: "pass", "mail-body": "fail"}, False),
        ({CLAIMED: "skip"}, False),
        ({CLAIMED: "error"}, False),
        ({CLAIMED: "fail", "mail-body": "error"}, False),
        ({CLAIMED: "fail", "refusal-language": "error"}, True),
    ],
)
def test_a_wrong_gateway_is_caught_by_the_check_that_claims_it_and_breaks_no_essential_one(
    words: dict[str, str], as_claimed: bool
) -> None:
    row = _row(words)
    assert row.as_claimed is as_claimed
    assert (row.cells[-1] == "caught") is as_claimed


@pytest.mark.parametrize("word", ["fail", "skip", "error"])
def test_a_right_gateway_passes_everything_or_the_suite_is_wrong(word: str) -> None:
    assert _row({"mail-body": "pass"}, right=True).as_claimed
    assert not _row({"mail-body": "pass", "cda-type": word}, right=True).as_claimed


def test_the_table_is_written_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- selftest: begin -->\nold\n<!-- selftest: end -->\nbelow\n", "utf-8")
    table = _table([_row({CLAIMED: "fail"})])
    _write(page, table)
    text = page.read_text("utf-8")
    assert text.startswith("above\n")
    assert text.endswith("<!-- selftest: end -->\nbelow\n")
    assert "old" not in text
    assert f"| {WRONG.name} |" in text


def test_the_table_of_the_page_has_a_row_for_every_gateway_and_misses_none() -> None:
    page = (Path(__file__).parents[3] / "docs" / "conformance.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.endswith((" caught |", " pass |"))]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == ["right", *(wrong.name for wrong in WRONGS)]
    assert "MISSED" not in page
