"""A FHIR content in a form that can be compared: typed leaves, arrays that know whether order counts, and pointers.

References inside the content become pointers to its resources (entries and contained ones), so ids and fullUrls can be
renamed freely. A decimal keeps its digits; a dateTime or instant with a time becomes the same instant in UTC with its
own precision; a primitive's id and extensions join its value.

Source: FHIR R4 4.0.1, JSON representation; `unordered.tsv` names the arrays whose order says nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, TypeAlias

from gateway.fhir.format.bundle import Entry, Message, index_message
from gateway.fhir.format.elements import find_definition, resource_type
from gateway.fhir.format.leaves import Json
from gateway.fhir.format.paths import without_indices
from gateway.tables import read_table


@dataclass(frozen=True, slots=True)
class Leaf:
    """A primitive: its kind and its comparable text."""

    path: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """A reference to the resource number `target` of the same content."""

    path: str
    target: int


@dataclass(frozen=True, slots=True)
class Branch:
    """An object; `number` is that of the resource which it is, or None."""

    path: str
    members: Mapping[str, "Node"]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """A JSON array; `ordered` where FHIR says that order counts."""

    path: str
    items: tuple["Node", ...]
    ordered: bool


Node: TypeAlias = Leaf | Pointer | Branch | Array


@dataclass(slots=True)
class Content:
    """One side of a comparison: its root, and its resources by number (entries, then whatever they contain)."""

    root: Branch
    resources: list[Branch] = field(default_factory=list)


def normalise(value: Mapping[str, Any], ignored: Sequence[str] = ()) -> Content:
    """The comparable form of a Bundle or of any other resource. `ignored`: patterns of paths without indices.

    A pattern is matched from the root (`Bundle.timestamp`) and from the nearest resource (`Task.meta*`).
    """
    return _Normaliser(value, ignored).content()


@cache
def _unordered() -> frozenset[str]:
    return frozenset(row["name"] for row in read_table(__package__, "unordered.tsv"))


class _Normaliser:
    def __init__(self, value: Mapping[str, Any], ignored: Sequence[str]) -> None:
        self.value, self.ignored = value, ignored
        self.type = resource_type(value)
        self.message = index_message(value) if self.type == "Bundle" else Message({}, (Entry(0, "", value, self.type),))
        self.entries = {entry.path: entry for entry in self.message.entries}
        self.numbers = {path: number for number, path in enumerate(self._resource_paths())}
        self.found: dict[int, Branch] = {}

    def _resource_paths(self) -> Iterator[str]:
        for entry in self.message.entries:
            yield entry.path
            contained = entry.resource.get("contained")
            for index in range(len(contained) if isinstance(contained, list | tuple) else 0):
                yield f"{entry.path}.contained[{index}]"

    def content(self) -> Content:
        root = self._object(self.value, self.type, self.type, None)
        return Content(root, [self.found.get(n) or Branch(path, {}, n) for path, n in self.numbers.items()])

    def _object(self, value: Mapping[str, Any], path: str, holder: str, entry: Entry | None) -> Branch:
        number = self.numbers.get(path)
        entry = self.entries.get(path, entry)
        members = {}
        for name in dict.fromkeys(key.removeprefix("_") for key in value):
            place = f"{path}.{name}"
            if not self._is_ignored(place, entry):
                members[name] = self._member(value, name, place, holder, entry)
        branch = Branch(path, members, number)
        if number is not None:
            self.found[number] = branch
        return branch

    def _is_ignored(self, path: str, entry: Entry | None) -> bool:
        names = {without_indices(path)}
        if entry is not None:
            names.add(entry.type + without_indices(path.removeprefix(entry.path)))
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.ignored)

    def _member(self, holder_value: Mapping[str, Any], name: str, path: str, holder: str, entry: Entry | None) -> Node:
        value, companion = holder_value.get(name), holder_value.get(f"_{name}")
        definition = find_definition(holder, name)
        type_ = definition.type if definition else ""
        if isinstance(value, list | tuple) or isinstance(companion, list | tuple):
            items = self._items(value, companion, path, type_, name, entry)
            return Array(path, tuple(items), not _is_unordered(name, holder_value))
        return self._value(value, companion, path, type_, name, entry)

    def _items(
        self, values: Any, companions: Any, path: str, type_: str, name: str, entry: Entry | None
    ) -> Iterator[Node]:
        values, companions = values or [], companions or []
        for index in range(max(len(values), len(companions))):
            value = values[index] if index < len(values) else None
            companion = companions[index] if index < len(companions) else None
            yield self._value(value, companion, f"{path}[{index}]", type_, name, entry)

    def _value(self, value: Any, companion: Any, path: str, type_: str, name: str, entry: Entry | None) -> Node:
        if isinstance(value, Mapping):
            return self._object(value, path, resource_type(value) if type_ == "Resource" else type_, entry)
        leaf = self._primitive(value, path, type_, name, entry)
        if isinstance(companion, Mapping):
            inner = self._object(companion, path, "Element", entry)
            return Branch(path, {**inner.members, "$value": leaf})
        return leaf

    def _primitive(self, value: Json, path: str, type_: str, name: str, entry: Entry | None) -> Leaf | Pointer:
        if name in ("reference", "url") and isinstance(value, str) and entry is not None:
            target = self.message.resolve(value, entry)
            if target is not None and target.path in self.numbers:
                return Pointer(path, self.numbers[target.path])
        if name == "fullUrl" or self._is_resource_id(path):
            return Leaf(path, "id", "")
        return Leaf(path, *_comparable(value, type_))

    def _is_resource_id(self, path: str) -> bool:
        holder, _, name = path.rpartition(".")
        return name == "id" and (holder in self.numbers or holder == self.type)


def _is_unordered(name: str, holder: Mapping[str, Any]) -> bool:
    # `entry` is a set in a Bundle, a sequence in a List or a section.
    return name in _unordered() if name != "entry" else holder.get("resourceType") == "Bundle"


def _comparable(value: Json, type_: str) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", str(value)
    if isinstance(value, int | Decimal):
        return "number", str(value)
    if isinstance(value, str):
        moment = _moment(value) if type_ in ("dateTime", "instant") and "T" in value else None
        return ("moment", moment) if moment else ("string", value)
    return "nothing", ""


def _moment(text: str) -> str | None:
    """The instant in UTC, with as many digits of a second as were given; None for what Python cannot tell (23:59:60).

    >>> _moment("2026-11-20T09:30:00.10+01:00")
    '2026-11-20T08:30:00.10'
    """
    fraction = text.partition("T")[2].partition(".")[2].rstrip("Z").partition("+")[0].partition("-")[0]
    try:
        moment = datetime.fromisoformat(text.replace(f".{fraction}", "") if fraction else text)
        at = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return None
    return f"{at}.{fraction}" if fraction else at
