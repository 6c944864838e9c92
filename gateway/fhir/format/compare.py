"""Do two FHIR contents say the same? Whatever their ids, their fullUrls and the order of what has no order.

The resources of both sides are matched first (`matching.py`); with that, every pointer has a label that both sides
share, and the contents are equal exactly when their labelled forms are. A change of any other leaf is a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from gateway.fhir.format.matching import Labels, form, match_resources, overlap
from gateway.fhir.format.normal import Array, Branch, Node, normalise


@dataclass(frozen=True, slots=True)
class Difference:
    """`missing`: only in the first content; `added`: only in the second; `changed`: in both, not the same.

    The path is that of the first content, of the second where it was added. It never holds a value.
    """

    path: str
    kind: str


def compare(a: Mapping[str, Any], b: Mapping[str, Any], ignored: Sequence[str] = ()) -> tuple[Difference, ...]:
    """What tells two Bundles, or two resources, apart; nothing when they are equal.

    `ignored` names paths without indices, from the root (`Bundle.timestamp`) or from a resource (`Task.meta.*`).
    """
    left, right = normalise(a, ignored), normalise(b, ignored)
    labels_a, labels_b = match_resources(left.resources, right.resources)
    return tuple(_Differ(labels_a, labels_b).differ(left.root, right.root))


@dataclass(frozen=True, slots=True)
class _Differ:
    labels_a: Labels
    labels_b: Labels

    def differ(self, a: Node, b: Node) -> Iterator[Difference]:
        """The differences below two places that stand for one another."""
        if form(a, self.labels_a) == form(b, self.labels_b):
            return
        if isinstance(a, Branch) and isinstance(b, Branch):
            yield from self._members(a, b)
        elif isinstance(a, Array) and isinstance(b, Array):
            yield from self._items(a, b)
        else:
            yield Difference(a.path, "changed")

    def _members(self, a: Branch, b: Branch) -> Iterator[Difference]:
        for name in dict.fromkeys([*a.members, *b.members]):
            yield from self._pair(a.members.get(name), b.members.get(name))

    def _items(self, a: Array, b: Array) -> Iterator[Difference]:
        pairs = zip_longest(a.items, b.items) if a.ordered else self._pair_items(a, b)
        for one, other in pairs:
            yield from self._pair(one, other)

    def _pair(self, a: Node | None, b: Node | None) -> Iterator[Difference]:
        if a is not None and b is not None:
            yield from self.differ(a, b)
        elif a is not None:
            yield Difference(a.path, "missing")
        elif b is not None:
            yield Difference(b.path, "added")

    def _pair_items(self, a: Array, b: Array) -> Iterator[tuple[Node | None, Node | None]]:
        """Items of a set: equal ones first, then those that share a resource or most of their leaves."""
        rest = list(b.items)
        changed = [item for item in a.items if not self._take_equal(item, rest)]
        for item in changed:
            best = max(rest, key=lambda other: self._likeness(item, other), default=None)
            if best is not None and self._likeness(item, best) > 0:
                rest = [other for other in rest if other is not best]
                yield item, best
            else:
                yield item, None
        yield from ((None, other) for other in rest)

    def _take_equal(self, item: Node, rest: list[Node]) -> bool:
        """Whether `rest` holds an equal of `item`; the first such is taken out."""
        wanted = form(item, self.labels_a)
        for index, other in enumerate(rest):
            if form(other, self.labels_b) == wanted:
                del rest[index]
                return True
        return False

    def _likeness(self, a: Node, b: Node) -> float:
        number_a, number_b = _number(a), _number(b)
        if number_a is None or number_b is None:
            return 0.5 + overlap(a, b)
        return float(self.labels_a[number_a] == self.labels_b[number_b])


def _number(node: Node) -> int | None:
    """The number of the resource that an item of a set is or holds."""
    if isinstance(node, Branch) and node.number is None and isinstance(node.members.get("resource"), Branch):
        return _number(node.members["resource"])
    return node.number if isinstance(node, Branch) else None
