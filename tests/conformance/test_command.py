"""The command line: statuses that a script can rely on."""

import json
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.checks import CHECKS
from conformance.demo import target_of_demo
from conformance.requirements import requirements
from conformance.target import read_target
from tests.conformance.test_target import DEMO


def test_list_prints_every_obligation_and_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    assert [row.id for row in requirements() if f"{row.id} " not in printed] == []
    assert [check.name for check in CHECKS if check.name not in printed] == []


def test_a_target_is_made_of_a_demonstration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo.json").write_text(json.dumps(DEMO), "utf-8")
    assert main(["target", str(tmp_path / "demo.json")]) == 0
    (tmp_path / "TARGET.toml").write_text(capsys.readouterr().out, "utf-8")
    assert read_target(tmp_path / "TARGET.toml").name == "cpts-gateway demo"


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_a_demo_file_that_is_none_is_wrong_use(tmp_path: Path, content: str) -> None:
    (tmp_path / "demo.json").write_text(content, "utf-8")
    assert main(["target", str(tmp_path / "demo.json")]) == 2


def test_a_target_that_cannot_be_read_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--target", str(tmp_path / "TARGET.toml")]) == 2
    assert "TARGET.toml" in capsys.readouterr().err


def test_an_unknown_check_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "TARGET.toml").write_text(target_of_demo(DEMO), "utf-8")
    assert main(["run", "--target", str(tmp_path / "TARGET.toml"), "--check", "nothing"]) == 2


def test_an_operator_that_cannot_be_reached_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "TARGET.toml").write_text(target_of_demo(DEMO), "utf-8")
    assert main(["run", "--target", str(tmp_path / "TARGET.toml"), "--check", "answer"]) == 1
