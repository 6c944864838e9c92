"""What became of every leaf of a source document: the ledger, and the receipt of loss made from it.

A mapping claims each leaf that it reads, with an outcome and a rule. When it has finished, the receipt is computed by
walking the source again: what nobody claimed is structural (by the published list of paths) or lost. So forgetting an
element shows as a loss; it can never pass unseen.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Outcome(StrEnum):
    """Where a source leaf went. Each leaf has exactly one."""

    STRUCTURAL = "structural"
    STRUCTURED = "structured"
    NARRATIVE = "narrative"
    ATTACHED = "attached"
    WITHHELD = "withheld"
    LOST = "lost"


_STRENGTH = [Outcome.WITHHELD, Outcome.STRUCTURED, Outcome.NARRATIVE, Outcome.ATTACHED, Outcome.STRUCTURAL]
"""Where two parts claim one leaf, the first of these wins: a name printed in the letter is still structured."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the receipt: a leaf of the source, or a value of the target that the source did not hold."""

    path: str
    outcome: str
    rule: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a mapping: which kind of content, of which type, and the hash of its bytes once final."""

    kind: str
    type: str | None = None
    sha256: str | None = None

    def as_json(self) -> dict[str, str]:
        """Its published form: what is unknown is left out."""
        values = {"kind": self.kind, "type": self.type, "sha256": self.sha256}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class LossReport:
    """The receipt of loss of one mapping run. `counts` sums to the number of leaves of the source."""

    map: str
    map_version: str
    source: Side
    target: Side
    leaves: int
    items: tuple[Item, ...]
    """Every leaf with its outcome, then what was filled or guessed in the target."""

    def count(self, outcome: str) -> int:
        return sum(1 for item in self.items if item.outcome == outcome)

    @property
    def lost(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.outcome == Outcome.LOST)

    def with_target_hash(self, sha256: str) -> "LossReport":
        """The same receipt once the target's bytes are final."""
        return replace(self, target=replace(self.target, sha256=sha256))

    def as_json(self) -> dict[str, Any]:
        """The published form (`docs/schemas/loss-report.json`): structural and structured leaves are only counted."""
        counts = Counter(item.outcome for item in self.items)
        shown = [i for i in self.items if i.outcome not in (Outcome.STRUCTURAL, Outcome.STRUCTURED)]
        return {
            "map": self.map,
            "map_version": self.map_version,
            "source": self.source.as_json(),
            "target": self.target.as_json(),
            "counts": {"leaves": self.leaves}
            | {o.value: counts[o] for o in Outcome}
            | {"filled": counts["filled"], "guessed": counts["guessed"]},
            "items": [{"path": i.path, "outcome": str(i.outcome), "rule": i.rule} for i in shown],
        }


@dataclass(frozen=True, slots=True)
class Mapped(Generic[T]):
    """A mapped value together with its receipt of loss."""

    value: T
    loss: LossReport


@dataclass(slots=True)
class Ledger:
    """What a mapping says of each leaf while it runs."""

    claims: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    additions: list[Item] = field(default_factory=list)

    def claim(self, path: str, outcome: Outcome, rule: str) -> None:
        """Say what became of the leaf at `path`. The stronger of two claims stays."""
        known = self.claims.get(path)
        if known is None or _STRENGTH.index(outcome) < _STRENGTH.index(known[0]):
            self.claims[path] = (outcome, rule)

    def fill(self, target_path: str, rule: str) -> None:
        """The target required a value that the source lacks; `rule` supplied it or said that it is unknown."""
        self.additions.append(Item(target_path, "filled", rule))

    def guess(self, target_path: str, rule: str) -> None:
        """A target value was inferred."""
        self.additions.append(Item(target_path, "guessed", rule))

    def items(self, leaf_paths: Iterable[str], structural_rule: Callable[[str], str | None]) -> tuple[Item, ...]:
        """One item per leaf in document order, then the additions.

        `structural_rule(path)` names the rule by which an unclaimed leaf is structural, or is None: then it is lost.
        """
        walked = []
        for path in leaf_paths:
            outcome, rule = self.claims.get(path) or _unclaimed(structural_rule(path))
            walked.append(Item(path, outcome, rule))
        return (*walked, *self.additions)


def _unclaimed(rule: str | None) -> tuple[Outcome, str]:
    return (Outcome.STRUCTURAL, rule) if rule else (Outcome.LOST, "unclaimed")
