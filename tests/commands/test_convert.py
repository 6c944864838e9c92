"""`convert`: one content or many, each told apart, never half done, never one over another."""

import json
from pathlib import Path

import pytest

from tests import mails
from tests.commands.console import run
from tests.referrals import BORN_ABROAD, CASES, PLAIN, REFERRALS, content_of

AT = ("--at", "2026-11-22T10:00:00+01:00")
FIXED = (*AT, "--seed", "graine")


def source(case: str = PLAIN) -> Path:
    return REFERRALS / case / "input.json"


def test_one_input_goes_to_stdout() -> None:
    done = run("convert", source(), "--to", "cda")
    assert done.code == 0
    assert done.content.startswith(b"<?xml")
    assert done.err == ""


@pytest.mark.parametrize("kind", ["cda", "xdm", "mail", "metadata", "pdf"])
def test_time_and_seed_make_the_bytes_reproducible(kind: str) -> None:
    one, two = (run("convert", source(), "--to", kind, *FIXED).content for _ in range(2))
    assert one == two
    assert run("convert", source(), "--to", kind, *AT, "--seed", "autre").content != one


def test_without_a_seed_ids_are_never_the_same_twice() -> None:
    one, two = (run("convert", source(), "--to", "cda", *AT).content for _ in range(2))
    assert one != two


def test_an_instant_is_the_same_in_every_zone_of_the_machine() -> None:
    here, there = (run("convert", source(), "--to", "mail", *FIXED, TZ=zone).content for zone in ("UTC", "Asia/Tokyo"))
    assert here == there
    assert mails.header(here, "Date") == "Sun, 22 Nov 2026 10:00:00 +0100"


@pytest.mark.parametrize("at", ["hier", "2026-13-01T00:00:00Z", "2026-11-22T10:00:00"])
def test_an_instant_that_is_none_or_names_no_zone_is_wrong_use(at: str) -> None:
    assert run("convert", source(), "--to", "cda", "--at", at).code == 2


def test_several_inputs_need_a_folder() -> None:
    done = run("convert", source(), source(BORN_ABROAD), "--to", "cda")
    assert (done.code, done.out) == (2, "")
    assert "--out" in done.err


def test_several_inputs_go_below_the_folder_as_they_lay_below_their_parent(tmp_path: Path) -> None:
    done = run("convert", *(source(case) for case in CASES), "--to", "cda", "--out", tmp_path / "new" / "deep")
    assert done.code == 0
    written = {path.relative_to(tmp_path / "new" / "deep").as_posix() for path in tmp_path.rglob("*.xml")}
    assert {f"{case}/input.xml" for case in CASES} <= written


def test_two_inputs_of_one_run_never_share_an_id(tmp_path: Path) -> None:
    run("convert", source(), source(BORN_ABROAD), "--to", "cda", "--out", tmp_path, *FIXED)
    one, two = ((tmp_path / case / "input.xml").read_text("utf-8") for case in (PLAIN, BORN_ABROAD))
    ids = [text.split('<id root="')[1].split('"')[0] for text in (one, two)]
    assert ids[0] != ids[1]


def test_a_collision_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    for name in ("a.json", "a.xml", "b.json"):
        (inputs / name).write_bytes(content_of(PLAIN))
    done = run("convert", *sorted(inputs.iterdir()), "--to", "cda", "--out", out)
    assert done.code == 2
    assert not out.exists()


def test_further_documents_of_one_input_never_overwrite_another(tmp_path: Path) -> None:
    """The second document of `a.json` wants the name of `a-2.json`."""
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    (inputs / "a.json").write_bytes(content_of("04-attachments"))
    (inputs / "a-2.json").write_bytes(content_of(PLAIN))
    for order in (("a.json", "a-2.json"), ("a-2.json", "a.json")):
        done = run("convert", *(inputs / name for name in order), "--to", "cda", "--out", out, "--json")
        written = [name for result in done.json for name in result["outputs"]]
        assert done.code == 0
        assert len(written) == len(set(written)) == 3
        assert b"VALLORGE" in (out / "a-2.xml").read_bytes()
        assert run("convert", out / "a-2.xml", "--to", "fhir-message").code == 0


def test_a_bad_input_does_not_stop_the_others(tmp_path: Path) -> None:
    bad, absent = tmp_path / "bad.json", tmp_path / "absent.json"
    bad.write_bytes(b"{")
    good = tmp_path / "good.json"
    good.write_bytes(content_of(PLAIN))
    done = run("convert", bad, absent, good, "--to", "cda", "--out", tmp_path / "out", "--json")
    assert done.code == 1
    assert [result.get("error") for result in done.json] == ["not-json", "unreadable-file", None]
    assert (tmp_path / "out" / "good.xml").exists()
    assert not (tmp_path / "out" / "bad.xml").exists()
    assert "not-json" in done.err
    assert "unreadable-file" in done.err


def test_what_is_said_is_french_or_english_as_the_terminal_speaks(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"{")
    french, english = (run("convert", bad, "--to", "cda", LC_ALL=name).err for name in ("fr_FR.UTF-8", "en_GB.UTF-8"))
    assert french != english
    assert "not-json" in french
    assert "not-json" in english


@pytest.mark.parametrize("kind", ["mdn", "dsn", "hl7v2", "fhir-message"])
def test_a_conversion_without_meaning_is_told_by_name(kind: str, tmp_path: Path) -> None:
    assert "unsupported-conversion" in run("convert", source(), "--to", kind).err
    done = run("convert", source(), source(BORN_ABROAD), "--to", kind, "--out", tmp_path / "out", "--json")
    assert done.code == 1
    assert {result["error"] for result in done.json} == {"unsupported-conversion"}


def test_a_kind_that_does_not_exist_is_wrong_use() -> None:
    assert run("convert", source(), "--to", "papyrus").code == 2


def test_the_receipt_of_loss_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    run("convert", source(), "--to", "cda", "--out", tmp_path / "a.xml", "--loss", tmp_path / "loss.json")
    counts = json.loads((tmp_path / "loss.json").read_text("utf-8"))["counts"]
    assert counts["lost"] == 0
    assert counts["leaves"] > 100


def test_one_file_cannot_hold_the_receipts_of_several(tmp_path: Path) -> None:
    words = ("--to", "cda", "--out", tmp_path / "out", "--loss", tmp_path / "loss.json")
    done = run("convert", source(), source(BORN_ABROAD), *words)
    assert done.code == 2
    assert not (tmp_path / "out").exists()


def test_there_and_back_says_the_same(tmp_path: Path) -> None:
    mail, back = tmp_path / "m.eml", tmp_path / "back.json"
    assert run("convert", source(), "--to", "mail", "--out", mail).code == 0
    assert run("convert", mail, "--to", "fhir-message", "--out", back).code == 0
    assert run("compare", source(), back, "--carried").code == 0
    assert run("compare", source(), back).code == 1
