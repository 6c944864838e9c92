"""A converter is a process that may fail, hang or die; the benchmark goes on and says so."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.controls import CANARY, write_controls
from benchmarks.converters import TOOLS, Worker, worker_of
from benchmarks.mapping import PLAIN, Converted, Result, corpus_of
from benchmarks.mapping_page import controls_table, corpus_table, page
from benchmarks.survival import Survival
from tests.source import ROOT

STAND_IN = """
import json, os, sys, time
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    source = json.loads(line)["source"]
    if "slow" in source: time.sleep(60)
    if "dead" in source: os._exit(3)
    print(json.dumps({"cpu_ms": [1.0]}), flush=True)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Worker:
    script = tmp_path / "converter.py"
    script.write_text(STAND_IN, "utf-8")
    return Worker([sys.executable, str(script)], limit_seconds=0.5)


@pytest.mark.parametrize(("source", "error"), [("slow", "timeout"), ("dead", "died")])
def test_a_converter_that_hangs_or_dies_is_counted_and_started_again(
    stand_in: Worker, tmp_path: Path, source: str, error: str
) -> None:
    try:
        assert stand_in.convert(Path(source), tmp_path / "out", 1) == {"error": error}
        assert stand_in.convert(Path("good"), tmp_path / "out", 1) == {"cpu_ms": [1.0]}
    finally:
        stand_in.close()


def test_ours_converts_and_refuses_every_control(tmp_path: Path) -> None:
    ours = worker_of(TOOLS[0], sys.executable)
    target = tmp_path / "out.json"
    try:
        reply = ours.convert(PLAIN, target, 2)
        assert len(reply["cpu_ms"]) == 2
        assert json.loads(target.read_text("utf-8"))["resourceType"] == "Bundle"
        for path in write_controls(tmp_path / "controls", PLAIN.read_text("utf-8")).values():
            assert ours.convert(path, target, 1) == {"error": "InputError"}
            assert not target.exists()
    finally:
        ours.close()


def test_the_controls_hold_what_they_say(tmp_path: Path) -> None:
    controls = write_controls(tmp_path, PLAIN.read_text("utf-8"))
    assert (tmp_path / "secret.txt").read_text("utf-8") == CANARY
    assert "SYSTEM" in controls["external entity in the title"].read_text("utf-8")
    assert controls["entity bomb in the title"].read_text("utf-8").count("<!ENTITY") == 10


def test_a_folder_gives_the_documents_that_are_readable(tmp_path: Path) -> None:
    (tmp_path / "a.XML").write_bytes(PLAIN.read_bytes())
    (tmp_path / "b.xml").write_bytes(b"<html/>")
    assert list(corpus_of(tmp_path)) == ["a.XML"]


def test_a_file_that_was_not_converted_counts_in_what_should_have_survived() -> None:
    facts = {"codes": 4}
    files = {
        "a": Converted(10.0, cpu_ms=(1.0, 3.0, 2.0), survival=Survival({"codes": 3}, facts)),
        "b": Converted(10.0, "timeout", survival=Survival({"codes": 0}, facts)),
    }
    result = Result(TOOLS[0], files=files, controls={"bomb": "refused (InputError)"})
    assert result.survived("codes") == (3, 8)
    row = corpus_table([result, Result(TOOLS[1], "no pip")]).splitlines()[2]
    assert "| 1 of 2 | 1 timeout | 0.200 | 37.5% of 8 |" in row
    assert "| bomb | refused (InputError) |" in controls_table([result])
    assert row in page({"corpus": [result]}, [], 3)


def test_no_peer_is_a_dependency_of_the_gateway() -> None:
    files = [ROOT / "pyproject.toml", *(ROOT / "requirements").glob("*.txt")]
    pinned = "\n".join(path.read_text("utf-8") for path in files)
    assert [tool.name for tool in TOOLS if tool.requirement and tool.name in pinned] == []
