"""Cursors over a source document. Reading a leaf through a cursor says, in the ledger, what becomes of it.

`Element` walks FHIR JSON, `Node` walks a CDA. Both know their path and share one ledger, so a mapping never writes a
path by hand. Missing children are cursors too (`exists` is false), which keeps mappings flat.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from gateway.fhir.format.leaves import Json, Primitive, child_path, leaves
from gateway.mapping.result import Ledger, Outcome

_NONE: Json = None


@dataclass(frozen=True, slots=True)
class Element:
    """A place in a FHIR resource."""

    value: Json
    path: str
    ledger: Ledger
    companion: Json = None
    """For a primitive: its JSON sibling `_name`, holding id and extensions."""

    def __getitem__(self, name: str) -> "Element":
        """The member `name`, existing or not."""
        members = self.value if isinstance(self.value, dict) else {}
        return Element(members.get(name), child_path(self.path, name), self.ledger, members.get(f"_{name}"))

    @property
    def exists(self) -> bool:
        return self.value is not None or self.companion is not None

    def each(self, name: str) -> "Iterator[Element]":
        """The items of the repeating member `name`, in order; a single object counts as one item."""
        member = self[name]
        if isinstance(member.value, dict):
            yield member
            return
        values = member.value if _is_list(member.value) else []
        companions = member.companion if _is_list(member.companion) else []
        assert isinstance(values, Sequence) and isinstance(companions, Sequence)
        for index in range(max(len(values), len(companions))):
            yield Element(
                values[index] if index < len(values) else None,
                f"{member.path}[{index}]",
                self.ledger,
                companions[index] if index < len(companions) else None,
            )

    def first(self, name: str) -> "Element":
        """The first item of the repeating member `name`, existing or not."""
        return next(self.each(name), Element(_NONE, f"{self[name].path}[0]", self.ledger))

    def peek(self) -> str | None:
        """The primitive as text, claiming nothing: for decisions only."""
        return _as_text(self.value)

    def take(self, outcome: Outcome, rule: str) -> str | None:
        """The primitive as text, claimed; None where absent."""
        text = _as_text(self.value)
        if text is not None:
            self.ledger.claim(self.path, outcome, rule)
        return text

    def structured(self, rule: str) -> str | None:
        """The primitive, which goes to its coded place in the target."""
        return self.take(Outcome.STRUCTURED, rule)

    def narrative(self, rule: str) -> str | None:
        """The primitive, which goes into words that a clinician reads."""
        return self.take(Outcome.NARRATIVE, rule)

    def leaves(self) -> Iterator[tuple[str, Primitive]]:
        """Every leaf at or below this place (with those of the companion)."""
        yield from leaves(self.value, self.path)
        yield from leaves(self.companion, self.path)

    def claim_all(self, outcome: Outcome, rule: str) -> None:
        """One outcome for every leaf at or below this place."""
        for path, _ in self.leaves():
            self.ledger.claim(path, outcome, rule)

    def extensions(self, url: str) -> "Iterator[Element]":
        """The extensions of this element (or primitive) with the given url."""
        holder = self if isinstance(self.value, dict) else Element(self.companion, self.path, self.ledger)
        return (e for e in holder.each("extension") if e["url"].peek() == url)

    def extension(self, url: str) -> "Element":
        """The first such extension, existing or not."""
        return next(self.extensions(url), Element(_NONE, f"{self.path}.extension", self.ledger))


def _is_list(value: Json) -> bool:
    return isinstance(value, list)


def _as_text(value: Json) -> str | None:
    """A primitive in its JSON spelling: decimals keep their digits, booleans are `true` and `false`."""
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


CDA = "urn:hl7-org:v3"


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a CDA document: an element that exists or not. Path: XPath with local names and 1-based positions."""

    element: etree._Element | None
    path: str
    ledger: Ledger

    @property
    def exists(self) -> bool:
        return self.element is not None

    def each(self, name: str) -> "Iterator[Node]":
        """The child elements with the local name `name` (CDA namespace), in order."""
        children = () if self.element is None else self.element.iterchildren(f"{{{CDA}}}{name}")
        for position, child in enumerate(children, 1):
            yield Node(child, f"{self.path}/{name}[{position}]", self.ledger)

    def __getitem__(self, name: str) -> "Node":
        """The first child element named `name`, existing or not; `a/b/c` goes down several steps."""
        element, path = self.element, self.path
        for step in name.split("/"):
            element = None if element is None else next(element.iterchildren(f"{{{CDA}}}{step}"), None)
            path = f"{path}/{step}[1]"
        return Node(element, path, self.ledger)

    def peek(self, attribute: str) -> str | None:
        """An attribute, claiming nothing."""
        return None if self.element is None else self.element.get(attribute)

    def attribute(self, name: str, rule: str, outcome: Outcome = Outcome.STRUCTURED) -> str | None:
        """An attribute, claimed; None where absent."""
        value = self.peek(name)
        if value is not None:
            self.ledger.claim(f"{self.path}/@{_local(name)}", outcome, rule)
        return value

    def implied(self, rule: str, *names: str) -> None:
        """Claim attributes that say nothing beyond what is carried anyway: the name of a code system, a fixed value."""
        for name in names:
            self.attribute(name, rule, Outcome.STRUCTURAL)

    def text(self, rule: str, outcome: Outcome = Outcome.STRUCTURED) -> str | None:
        """The element's own text, stripped and claimed; None where blank."""
        value = (self.element.text or "").strip() if self.element is not None else ""
        if not value:
            return None
        self.ledger.claim(f"{self.path}/text()", outcome, rule)
        return value

    def claim_all(self, outcome: Outcome, rule: str) -> None:
        """One outcome for every leaf at or below this place."""
        if self.element is not None:
            for path, _ in cda_leaves(self.element, self.path):
                self.ledger.claim(path, outcome, rule)


@lru_cache(4096)
def _local(name: str) -> str:
    return name.rpartition("}")[2]


def cda_leaves(element: etree._Element, path: str) -> list[tuple[str, str]]:
    """Every leaf of a CDA element: each attribute and each text node that is not blank, as (path, value)."""
    found: list[tuple[str, str]] = []
    _walk(element, path, found)
    return found


def _walk(element: etree._Element, path: str, found: list[tuple[str, str]]) -> None:
    """Appends rather than yields: a document is walked several times, and generators in depth would cost more."""
    found += [(f"{path}/@{_local(str(name))}", str(value)) for name, value in element.items()]
    text = element.text
    if text and not text.isspace():
        found.append((f"{path}/text()", text))
    seen: dict[str, int] = {}
    tails = []
    for index, child in enumerate(element, 2):
        tag, tail = child.tag, child.tail
        if isinstance(tag, str):
            name = _local(tag)
            seen[name] = position = seen.get(name, 0) + 1
            _walk(child, f"{path}/{name}[{position}]", found)
        if tail and not tail.isspace():
            tails.append((f"{path}/text()[{index}]", tail))
    found += tails
