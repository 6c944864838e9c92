"""Reports say what happened, to machines and to people, and let no token out."""

import dataclasses
import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from lxml import etree

from conformance.checks import CHECKS
from conformance.demo import target_of_demo
from conformance.report import write_report
from conformance.report.as_json import as_json
from conformance.report.as_page import as_page
from conformance.report.as_text import summary
from conformance.run import Result, Run
from conformance.target import read_target
from conformance.trace import Evidence
from conformance.words import words_of
from tests.conformance.test_target import DEMO
from tests.source import ROOT

SCHEMA = json.loads((ROOT / "conformance" / "report" / "schema.json").read_text("utf-8"))
FOUND = '<script>alert("x")</script> & \x01 é'


@pytest.fixture
def done(tmp_path: Path) -> Run:
    """One check of each ending, then all the others as passes."""
    toml = tmp_path / "TARGET.toml"
    toml.write_text(target_of_demo(DEMO), "utf-8")
    seen = (
        Evidence("sent", "POST $process-message", b'{"a": "<b>"}', "json"),
        Evidence("received", "x", b"\xff", "pdf"),
    )
    endings = (
        Result(CHECKS[0].name, "fail", 0.1, seen, where="here", expected="1", found=FOUND),
        Result(CHECKS[1].name, "skip", 0.1, reason="not for this target"),
        Result(CHECKS[2].name, "error", 0.1, reason="the operator is away"),
    )
    passes = tuple(Result(check.name, "pass", 0.1) for check in CHECKS[3:])
    return Run(read_target(toml), datetime(2026, 11, 22, 9, 0, tzinfo=UTC), (*endings, *passes))


@pytest.fixture
def folder(done: Run, tmp_path: Path) -> Path:
    write_report(done, tmp_path / "report")
    return tmp_path / "report"


def test_the_json_fits_its_schema_and_counts(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text("utf-8"))
    Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(report)
    assert report["counts"] == {"pass": len(CHECKS) - 3, "fail": 1, "skip": 1, "error": 1}
    assert report["results"][0]["mend"]["fr"] == words_of(CHECKS[0].name).mend_fr
    assert report["conforms"] is False


def test_the_schema_refuses_a_failure_without_its_difference(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text("utf-8"))
    del report["results"][0]["difference"]
    assert list(Draft202012Validator(SCHEMA).iter_errors(report))


def test_junit_is_well_formed_and_counts_the_same(folder: Path) -> None:
    suite = etree.parse(folder / "junit.xml").getroot()
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("1", "1", "1")
    assert len(suite) == int(suite.get("tests", "")) == len(CHECKS)


def test_everything_that_crossed_the_wire_lies_beside(folder: Path, done: Run) -> None:
    for evidence in done.results[0].evidence:
        assert (folder / "evidence" / evidence.file_name).read_bytes() == evidence.content


class _Page(HTMLParser):
    """The tags that are open, and what is linked."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.outside += [
            v or "" for name, v in attrs if name in ("src", "href") and not (v or "").startswith("evidence/")
        ]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_complete_in_itself_and_what_was_found_stays_text(folder: Path) -> None:
    text = (folder / "index.html").read_text("utf-8")
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.outside == []
    assert "script" not in page.tags
    assert "&lt;script&gt;" in text


def test_the_page_says_how_to_mend_in_both_languages_and_names_the_obligation(folder: Path, done: Run) -> None:
    text = (folder / "index.html").read_text("utf-8")
    words = words_of(done.results[0].check)
    assert words.mend_fr in text
    assert words.mend_en in text
    assert done.results[0].requirements[0].id in text


def test_every_check_has_its_place_in_the_page(folder: Path) -> None:
    text = (folder / "index.html").read_text("utf-8")
    assert [check.name for check in CHECKS if words_of(check.name).fr.replace("'", "&#x27;") not in text] == []


@pytest.mark.parametrize("name", ["report.json", "junit.xml", "index.html"])
def test_no_token_is_in_a_report(folder: Path, done: Run, name: str) -> None:
    assert done.target.fhir.token not in (folder / name).read_text("utf-8")


@pytest.mark.parametrize(("language", "advice"), [("fr", "mend_fr"), ("en", "mend_en")])
def test_the_summary_ends_with_the_verdict_and_says_how_to_mend(done: Run, language: str, advice: str) -> None:
    text = summary(done, language)
    assert getattr(words_of(done.results[0].check), advice) in text
    assert text.splitlines()[-2].startswith(f"{len(CHECKS) - 3} pass, 1 fail, 1 skip, 1 error")


def test_a_part_of_the_checks_is_said_to_be_one(done: Run) -> None:
    part = dataclasses.replace(done, results=done.results[:2])
    assert json.loads(as_json(part))["complete"] is False
    assert f"2/{len(CHECKS)}" in as_page(part)
    assert f"(2/{len(CHECKS)})" in summary(part, "fr")
    assert json.loads(as_json(done))["complete"] is True
    assert "partielle" not in as_page(done)
