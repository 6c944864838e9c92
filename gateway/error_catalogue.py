"""The error catalogue: every code that a person or software may be given, in one table (`error_catalogue.tsv`).

`docs/errors.md` is generated from it. A code, once published, keeps its meaning. Sentences may hold {placeholders}
that are filled from `Finding.facts`. Column `who` says who acts: `sender` (the calling software), `user` (the
professional), `recipient`, `operator` (whoever runs the gateway). Column `issue` is a FHIR issue-type code.
"""

from dataclasses import dataclass
from string import Formatter

from gateway.model import Finding, Language, Severity
from gateway.tables import read_table


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: HTTP status, FHIR issue type, who acts, what happened and what to do, in both languages."""

    code: str
    status: int
    issue: str
    severity: Severity
    who: str
    fr: str
    fix_fr: str
    en: str
    fix_en: str


def _entry(row: dict[str, str]) -> Entry:
    return Entry(**(row | {"status": int(row["status"]), "severity": Severity(row["severity"])}))  # type: ignore[arg-type]


CATALOGUE: dict[str, Entry] = {row["code"]: _entry(row) for row in read_table("gateway", "error_catalogue.tsv")}


def entry_of(finding: Finding) -> Entry:
    """The row of a finding. A code that is not in the table is a defect of ours, which a test looks for."""
    return CATALOGUE[finding.code]


def severity_of(finding: Finding) -> Severity:
    """The finding's own severity, or its row's."""
    return finding.severity or entry_of(finding).severity


def describe(finding: Finding, language: Language) -> str:
    """What happened and what to do, as two sentences in `language`."""
    entry, facts = entry_of(finding), dict(finding.facts)
    what, fix = (entry.fr, entry.fix_fr) if language is Language.FRENCH else (entry.en, entry.fix_en)
    return f"{_fill(what, facts)} {_fill(fix, facts)}"


def _fill(sentence: str, facts: dict[str, str]) -> str:
    names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    return sentence.format(**{name: facts.get(name, "?") for name in names})
