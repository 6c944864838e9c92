"""A run, written down: for machines (JSON, JUnit) and for people (terminal, HTML page), with its evidence beside."""

from pathlib import Path

from conformance.report.as_json import as_json
from conformance.report.as_junit import as_junit
from conformance.report.as_page import as_page
from conformance.run import Run

EVIDENCE = "evidence"


def write_report(run: Run, folder: Path) -> None:
    """`report.json`, `junit.xml`, `index.html` and the folder `evidence`."""
    evidence = folder / EVIDENCE
    evidence.mkdir(parents=True, exist_ok=True)
    for result in run.results:
        for one in result.evidence:
            (evidence / one.file_name).write_bytes(one.content)
    (folder / "report.json").write_text(as_json(run), "utf-8")
    (folder / "junit.xml").write_bytes(as_junit(run))
    (folder / "index.html").write_text(as_page(run), "utf-8")
