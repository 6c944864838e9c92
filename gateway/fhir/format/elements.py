"""What each element of a resource is: a walk over a resource that knows the FHIR type of every place.

The table `elements.tsv` names each element of the resource types and data types that we know; a choice (`value[x]`) is
listed by its JSON names. A nested element has its own path as type (`Task.restriction`).

Source: FHIR R4 4.0.1, StructureDefinitions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from gateway.fhir.format.leaves import Json, child_path
from gateway.fhir.format.paths import safe_name
from gateway.fhir.format.primitives import CHECKS
from gateway.tables import read_table

ROOT = "Resource"
"""The `element` of the place at which a walk begins."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One element. `choice` is the shared part of the names of a choice (`value` of `valueString`), else empty."""

    path: str
    name: str
    type: str
    required: bool
    repeats: bool
    choice: str


@cache
def definitions() -> Mapping[str, Mapping[str, Definition]]:
    """{"Task": {"requester": Definition("Task.requester", …), …}, "Task.restriction": {…}, "HumanName": {…}, …}"""
    found: dict[str, dict[str, Definition]] = {}
    for row in read_table(__package__, "elements.tsv"):
        holder, _, name = row["path"].rpartition(".")
        found.setdefault(holder, {})[name] = Definition(
            row["path"], name, row["type"], row["min"] != "0", row["max"] != "1", row["choice"]
        )
    return found


def find_definition(holder: str, name: str) -> Definition | None:
    """What the JSON member `name` (or `_name`) of a type or nested element is."""
    return definitions().get(holder, {}).get(name.removeprefix("_"))


@dataclass(frozen=True, slots=True)
class Place:
    """One value within a resource. `element` is its definition's path (`HumanName.use`), `type` its FHIR type.

    Both are empty where no definition knows the member; such a place is not entered. The value of a `_name` member is
    of type `Element`.
    """

    path: str
    element: str
    type: str
    value: Json

    @property
    def holder(self) -> str:
        """Where the members of this value are defined."""
        return resource_type(self.value) if self.type == "Resource" else self.type


def walk(resource: Mapping[str, Json], path: str) -> list[Place]:
    """The resource itself, then every place below it in document order; a repeated element gives a place per item."""
    found: list[Place] = []
    _add_places(found, resource, path, ROOT, "Resource")
    return found


def _add_places(found: list[Place], value: Json, path: str, element: str, type_: str) -> None:
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _add_places(found, item, f"{path}[{index}]", element, type_)
        return
    place = Place(path, element, type_, value)
    found.append(place)
    holder = place.holder
    if holder in definitions() and isinstance(value, Mapping):
        for name, member in value.items():
            if name != "resourceType":
                _add_places(found, member, child_path(path, safe_name(name)), *_element_and_type(holder, name))


@lru_cache(maxsize=4096)
def _element_and_type(holder: str, name: str) -> tuple[str, str]:
    """Only a primitive has a companion (`_birthDate`), which holds its id and extensions."""
    definition = find_definition(holder, name)
    if definition is None:
        return "", ""
    if not name.startswith("_"):
        return definition.path, definition.type
    return (definition.path, "Element") if definition.type in CHECKS else ("", "")


def resource_type(resource: Json) -> str:
    """The resourceType of a resource; empty where there is none."""
    name = resource.get("resourceType") if isinstance(resource, Mapping) else None
    return name if isinstance(name, str) else ""


def find(resource: Mapping[str, Json], path: str, *names: str) -> Iterator[tuple[str, Any]]:
    """Every value that the steps `names` lead to from a resource at `path`, each with its own path.

    >>> list(find({"name": [{"given": ["Ada", "May"]}]}, "Patient", "name", "given"))
    [('Patient.name[0].given[0]', 'Ada'), ('Patient.name[0].given[1]', 'May')]
    """
    if not names:
        yield path, resource
        return
    member = resource.get(names[0])
    place = child_path(path, names[0])
    repeats = isinstance(member, Sequence) and not isinstance(member, str)
    for index, item in enumerate(member if isinstance(member, Sequence) and repeats else [member]):
        here = f"{place}[{index}]" if repeats else place
        if len(names) > 1 and isinstance(item, Mapping):
            yield from find(item, here, *names[1:])
        elif len(names) == 1 and item is not None:
            yield here, item
