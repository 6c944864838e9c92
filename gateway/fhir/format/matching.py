"""Which resource of one content stands for which of another: colour refinement, as graphs are compared.

Each resource gets a label made of its content and the labels of what it points to; labels are made anew until they no
longer split. Where several resources still share a label (twins), one pair is set apart and the rest follows.

Source: Weisfeiler and Leman (1968); individualisation-refinement as in McKay and Piperno, Practical Graph Isomorphism.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256

from gateway.fhir.format.normal import Array, Branch, Leaf, Node, Pointer

Labels = Sequence[str]


def form(node: Node, labels: Labels) -> str:
    """The content below `node` as one text: equal texts, equal content under these labels."""
    if isinstance(node, Leaf):
        return f"{node.kind}:{len(node.text)}:{node.text}"
    if isinstance(node, Pointer):
        return f"@{labels[node.target]}"
    if isinstance(node, Array):
        items = [form(item, labels) for item in node.items]
        return f"[{','.join(items if node.ordered else sorted(items))}]"
    own = "" if node.number is None else f"#{labels[node.number]}"
    members = (f"{len(name)}:{name}={form(node.members[name], labels)}" for name in sorted(node.members))
    return f"{own}{{{','.join(members)}}}"


def overlap(a: Node, b: Node) -> float:
    """How much two places have in common: the share of leaves that both hold, from 0 to 1."""
    one, other = Counter(_leaves(a, "")), Counter(_leaves(b, ""))
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _leaves(node: Node, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Leaf):
        yield path, node.text
    elif isinstance(node, Branch):
        for name, member in node.members.items():
            yield from _leaves(member, f"{path}.{name}")
    elif isinstance(node, Array):
        for item in node.items:
            yield from _leaves(item, path)


def match_resources(left: Sequence[Branch], right: Sequence[Branch]) -> tuple[Labels, Labels]:
    """Labels for the resources of both sides, each used once a side: the same label, the same resource."""
    return _Matching(left, right).labels()


class _Matching:
    """Labels of both sides in one list: first the left resources, then the right ones."""

    def __init__(self, left: Sequence[Branch], right: Sequence[Branch]) -> None:
        self.resources = [*left, *right]
        self.size = len(left)
        self.partner: dict[int, int] = {}
        self.current = self._refine()

    def labels(self) -> tuple[Labels, Labels]:
        self._pair_changed()
        self._pair_unique()
        self._pair_twins()
        self._pair_alike(range(len(self.resources)))
        names = [f"{'ab'[i >= self.size]}{i}" for i in range(len(self.resources))]
        for one, other in self.partner.items():
            names[other] = names[one]
        return names[: self.size], names[self.size :]

    def _pair_changed(self) -> None:
        """Resources whose own words changed have no equal: pair the most alike of each type, so the rest can follow."""
        own_words = self._round([""] * len(self.resources))
        self._pair_alike(self._without_equal(own_words))

    def _pair_twins(self) -> None:
        """Set one pair of a shared label apart and look again, until no label is shared."""
        while twins := self._next_twins():
            one, others = twins
            self._set_apart(one, others)
            self._pair_unique()

    def _next_twins(self) -> tuple[int, list[int]] | None:
        for one in range(self.size):
            others = [i for i in self._free_right() if self.current[i] == self.current[one]]
            if not self._is_paired(one) and others:
                return one, others
        return None

    def _set_apart(self, one: int, others: list[int]) -> None:
        """Pair `one` with the first of `others` after which both sides still look the same."""
        for other in others:
            self.partner[one] = other
            self.current = self._refine()
            if Counter(self.current[: self.size]) == Counter(self.current[self.size :]):
                return
        self.partner[one] = others[0]
        self.current = self._refine()

    def _pair_unique(self) -> None:
        counts = Counter(self.current[: self.size]), Counter(self.current[self.size :])
        for one in range(self.size):
            label = self.current[one]
            if not self._is_paired(one) and counts[0][label] == counts[1][label] == 1:
                self.partner[one] = self.current.index(label, self.size)

    def _pair_alike(self, numbers: Sequence[int]) -> None:
        """Pair what is not paired yet among `numbers`, by type and likeness; then let the labels follow."""
        left = [i for i in numbers if i < self.size and not self._is_paired(i)]
        for one in left:
            free = [i for i in numbers if i >= self.size and not self._is_paired(i) and self._same_type(one, i)]
            if free:
                self.partner[one] = max(free, key=lambda i: overlap(self.resources[one], self.resources[i]))
        if left:
            self.current = self._refine()

    def _same_type(self, one: int, other: int) -> bool:
        return self._type(one) == self._type(other)

    def _type(self, number: int) -> str:
        name = self.resources[number].members.get("resourceType")
        return name.text if isinstance(name, Leaf) else ""

    def _without_equal(self, labels: list[str]) -> list[int]:
        """The resources that the other side has too few equals of."""
        counts = Counter(labels[: self.size]), Counter(labels[self.size :])
        return [i for i, label in enumerate(labels) if counts[0][label] != counts[1][label]]

    def _free_right(self) -> list[int]:
        return [i for i in range(self.size, len(self.resources)) if not self._is_paired(i)]

    def _is_paired(self, number: int) -> bool:
        return number in self.partner or number in self.partner.values()

    def _refine(self) -> list[str]:
        """Labels made anew until they no longer split; pairs keep a label of their own."""
        labels = [""] * len(self.resources)
        while len(set(finer := self._round(labels))) > len(set(labels)):
            labels = finer
        return labels

    def _round(self, labels: list[str]) -> list[str]:
        sides = labels[: self.size], labels[self.size :]
        finer = [_hash(form(r, sides[i >= self.size])) for i, r in enumerate(self.resources)]
        for one, other in self.partner.items():
            finer[one] = finer[other] = f"pair {one}"
        return finer


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
