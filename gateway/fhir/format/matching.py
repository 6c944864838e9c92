"""Which resource of one content stands for which of another: colour refinement, as graphs are compared.

Each resource gets a label made of its content and the labels of what it points to; labels are made anew until they no
longer split. Where several resources still share a label (twins), one pair is set apart and the rest follows.

Source: Weisfeiler and Leman (1968); individualisation-refinement as in McKay and Piperno, Practical Graph Isomorphism.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
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
    """Labels of both sides in one list: first the left resources, then the right ones.

    Wherever a label is the only one of its kind on both sides, the pair is certain: no other renaming could be right.
    Guesses are needed only among twins, and where the contents differ anyway.
    """

    def __init__(self, left: Sequence[Branch], right: Sequence[Branch]) -> None:
        self.resources = [*left, *right]
        self.size = len(left)
        self.partner: dict[int, int] = {}
        self.pointers = [list(_pointers(resource)) for resource in self.resources]

    def labels(self) -> tuple[Labels, Labels]:
        self._pair_certain()
        self._pair_changed()
        self._pair_certain()
        self._pair_twins()
        self._pair_alike(range(len(self.resources)))
        names = [f"{'ab'[i >= self.size]}{i}" for i in range(len(self.resources))]
        for one, other in self.partner.items():
            names[other] = names[one]
        return names[: self.size], names[self.size :]

    def _pair_certain(self) -> None:
        """Pair by own words, by what is pointed to among the paired, then by what points here; again while it helps."""
        blank = [""] * len(self.resources)
        while self._pair_unique(self._round(blank)) or self._pair_unique(self._round(blank, incoming=True)):
            pass

    def _pair_changed(self) -> None:
        """What has no equal by its own words has changed: pair the most alike of each type."""
        labels = self._round([""] * len(self.resources))
        counts = self._count(labels)
        self._pair_alike([i for i, label in enumerate(labels) if counts[0][label] != counts[1][label]])

    def _pair_twins(self) -> None:
        """Set one pair of a shared label apart, let the labels follow, until no label is shared any more."""
        labels = self._refine()
        self._pair_unique(labels)
        while twins := self._next_twins(labels):
            labels = self._set_apart(*twins)
            self._pair_unique(labels)

    def _next_twins(self, labels: list[str]) -> tuple[int, list[int]] | None:
        for one in self._free(range(self.size)):
            others = [i for i in self._free(range(self.size, len(labels))) if labels[i] == labels[one]]
            if others:
                return one, others
        return None

    def _set_apart(self, one: int, others: list[int]) -> list[str]:
        """Pair `one` with the first of `others` after which both sides still look the same; the labels after that."""
        for other in others:
            self.partner[one] = other
            labels = self._refine()
            left, right = self._count(labels)
            if left == right:
                return labels
        self.partner[one] = others[0]
        return self._refine()

    def _pair_unique(self, labels: list[str]) -> bool:
        """Pair what is the only one of its label on both sides. Whether there was any."""
        left, right = self._count(labels)
        found = False
        for one in self._free(range(self.size)):
            if left[labels[one]] == right[labels[one]] == 1:
                self.partner[one] = labels.index(labels[one], self.size)
                found = True
        return found

    def _pair_alike(self, numbers: Sequence[int]) -> None:
        """Pair what is not paired yet among `numbers`, by type and likeness."""
        for one in self._free(i for i in numbers if i < self.size):
            others = self._free(i for i in numbers if i >= self.size and self._type(i) == self._type(one))
            if others:
                self.partner[one] = max(others, key=partial(self._likeness, one))

    def _likeness(self, one: int, other: int) -> float:
        return overlap(self.resources[one], self.resources[other])

    def _type(self, number: int) -> str:
        name = self.resources[number].members.get("resourceType")
        return name.text if isinstance(name, Leaf) else ""

    def _count(self, labels: list[str]) -> tuple[Counter[str], Counter[str]]:
        return Counter(labels[: self.size]), Counter(labels[self.size :])

    def _free(self, numbers: Iterable[int]) -> list[int]:
        paired = self.partner.keys() | self.partner.values()
        return [i for i in numbers if i not in paired]

    def _refine(self) -> list[str]:
        """Labels made anew, from both directions of every pointer, until they no longer split."""
        labels = [""] * len(self.resources)
        while len(set(finer := self._round(labels, incoming=True))) > len(set(labels)):
            labels = finer
        return labels

    def _round(self, labels: list[str], *, incoming: bool = False) -> list[str]:
        """New labels from the old ones: own words and what is pointed to; if `incoming`, also what points here."""
        labels = list(labels)
        for one, other in self.partner.items():
            labels[one] = labels[other] = f"pair {one}"
        sides = labels[: self.size], labels[self.size :]
        texts = [[form(resource, sides[i >= self.size])] for i, resource in enumerate(self.resources)]
        if incoming:
            self._add_incoming(texts, labels)
        return [_hash("\n".join([text[0], *sorted(text[1:])])) for text in texts]

    def _add_incoming(self, texts: list[list[str]], labels: list[str]) -> None:
        for i, pointers in enumerate(self.pointers):
            first = self.size if i >= self.size else 0
            for role, target in pointers:
                texts[first + target].append(f"{role} {labels[i]}")


def _pointers(node: Node, role: str = "") -> Iterator[tuple[str, int]]:
    """(role, target) of every pointer below `node`; the role is its path without indices."""
    if isinstance(node, Pointer):
        yield role, node.target
    elif isinstance(node, Branch):
        for name, member in node.members.items():
            yield from _pointers(member, f"{role}.{name}")
    elif isinstance(node, Array):
        for item in node.items:
            yield from _pointers(item, role)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
