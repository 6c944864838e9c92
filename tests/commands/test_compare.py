"""`compare`: equal or not, where, and by the exit code."""

import json
from pathlib import Path

from tests.commands.console import run
from tests.referrals import PLAIN, REFERRALS, bundle_of, fresh, only

SOURCE = REFERRALS / PLAIN / "input.json"


def test_a_content_equals_itself() -> None:
    done = run("compare", SOURCE, SOURCE)
    assert (done.code, done.out.strip()) == (0, "égaux")


def test_ids_are_renamed_and_arrays_without_order_shuffled(tmp_path: Path) -> None:
    bundle = bundle_of(PLAIN)
    text = json.dumps(bundle, default=str)
    for number, entry in enumerate(bundle["entry"]):
        text = text.replace(entry["fullUrl"], f"urn:uuid:other-{number}")
    shuffled = json.loads(text)
    shuffled["entry"] = [shuffled["entry"][0], *reversed(shuffled["entry"][1:])]
    (tmp_path / "b.json").write_text(json.dumps(shuffled), "utf-8")
    assert run("compare", SOURCE, tmp_path / "b.json").code == 0


def test_a_difference_is_told_by_its_path_and_never_by_its_value(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(fresh(change=lambda b: only(b, "Patient").update(gender="male")))
    done = run("compare", SOURCE, tmp_path / "b.json", "--json")
    assert done.code == 1
    assert done.json["equal"] is False
    assert {"path": "Bundle.entry[3].resource.gender", "kind": "changed"} in done.json["differences"]
    assert "female" not in done.out


def test_equal_as_json(tmp_path: Path) -> None:
    assert run("compare", SOURCE, SOURCE, "--json").json == {"equal": True, "differences": []}


def test_what_cannot_be_read_is_told_and_is_no_equality(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"{")
    for other, code in ((tmp_path / "bad.json", "not-json"), (tmp_path / "absent.json", "unreadable-file")):
        done = run("compare", SOURCE, other)
        assert done.code == 1
        assert code in done.err
