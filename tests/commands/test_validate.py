"""`validate`: every finding with its path and weight; the exit code says whether one of them is an error."""

from pathlib import Path

import pytest

from tests.commands.console import run
from tests.referrals import CASES, FIXTURES, PLAIN, REFERRALS

GOOD = [REFERRALS / case / "input.json" for case in CASES]


def test_the_fixtures_conform() -> None:
    done = run("validate", *GOOD)
    assert done.code == 0
    assert done.out.count(": conforme") == len(GOOD)


@pytest.mark.parametrize("kind", ["cda", "xdm", "mail", "pdf"])
def test_what_we_write_conforms(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "out"
    run("convert", REFERRALS / PLAIN / "input.json", "--to", kind, "--out", file)
    done = run("validate", file, "--json")
    assert (done.code, done.json) == (0, {str(file): []})


def test_each_finding_has_code_path_severity_and_words() -> None:
    file = REFERRALS / "invalid" / "ins-bad-key.json"
    done = run("validate", file, "--json")
    assert done.code == 1
    (finding, *_) = done.json[str(file)]
    assert (finding["code"], finding["severity"]) == ("ins-bad-key", "error")
    assert finding["path"] == "Bundle.entry[3].resource.identifier[0].value"
    assert finding["text"]
    assert "25203514540421" not in done.out


def test_a_good_file_among_bad_ones_is_still_told_to_be_good(tmp_path: Path) -> None:
    done = run("validate", GOOD[0], REFERRALS / "invalid" / "not-json.json", tmp_path / "absent")
    assert done.code == 1
    assert f"{GOOD[0]}: conforme" in done.out
    assert done.out.count("non conforme") == 2


@pytest.mark.parametrize("path", sorted((FIXTURES / "mssante" / "invalid").iterdir()), ids=lambda p: p.name)
def test_no_invalid_fixture_passes_in_silence(path: Path) -> None:
    done = run("validate", path, "--json")
    findings = done.json[str(path)]
    told_elsewhere = path.name in ("mdn-unknown-original.eml",)  # a receipt is right in itself; only the journal knows
    assert findings or told_elsewhere
    assert done.code in (0, 1)


def test_nothing_to_check_is_wrong_use() -> None:
    assert run("validate").code == 2
