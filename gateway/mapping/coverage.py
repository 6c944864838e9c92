"""How much of the coded content of a CDA became structured FHIR: the measure behind `cpts-gateway survey`.

Only entries count whose template a part of `entries` lists: the rest is told in words, and nobody promised more. Of
these, what counts is each distinct (path without positions, value) of a `code` or `value` attribute, once per document;
it is structured when each of its occurrences is. What frames the document (`structural_cda.tsv`) counts neither way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.mapping.parts.sections_reading import part_of, statements_of
from gateway.mapping.receipts import document_path
from gateway.mapping.result import Ledger, LossReport, Outcome
from gateway.mapping.source import Node, cda_leaves
from gateway.mssante.format.cda import ClinicalDocument

_POSITION = re.compile(r"\[\d+\]")
_CODED = ("@code", "@value")


@dataclass(frozen=True, slots=True)
class Share:
    """A numerator and its denominator."""

    part: int = 0
    whole: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.part + other.part, self.whole + other.whole)

    def __str__(self) -> str:
        return f"{self.part}/{self.whole}" + (f" ({self.part / self.whole:.1%})" if self.whole else "")


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of the entries of one document."""

    entries: Share
    """Clinical statements whose template a part lists, of all."""
    attributes: dict[str, Share]
    """Name of the part → its distinct code and value attributes that are structured, of all."""


def coverage_of(document: ClinicalDocument, loss: LossReport) -> Coverage:
    """The coverage of one mapped document, from its receipt of loss."""
    outcomes = {item.path: item.outcome for item in loss.items}
    statements = list(_statements(Node(document.root, document_path(1), Ledger())))
    found: dict[str, dict[tuple[str, str], bool]] = {}
    listed = 0
    for statement in statements:
        if part := part_of(statement):
            listed += 1
            _count(statement, outcomes, found.setdefault(part.name, {}))
    shares = {name: Share(sum(values.values()), len(values)) for name, values in found.items()}
    return Coverage(Share(listed, len(statements)), shares)


def _statements(document: Node) -> Iterator[Node]:
    """The clinical statements of every section, inner ones too."""
    todo = list(document["component/structuredBody"].each("component"))
    while todo:
        section = todo.pop(0)["section"]
        todo += section.each("component")
        for entry in section.each("entry"):
            yield from statements_of(entry)


def _count(statement: Node, outcomes: dict[str, str], values: dict[tuple[str, str], bool]) -> None:
    """Add the coded values of one statement: whether all occurrences so far are structured."""
    assert statement.element is not None
    for path, value in cda_leaves(statement.element, statement.path):
        if path.endswith(_CODED) and outcomes[path] != Outcome.STRUCTURAL:
            key = _POSITION.sub("", path), value
            values[key] = values.get(key, True) and outcomes[path] == Outcome.STRUCTURED
