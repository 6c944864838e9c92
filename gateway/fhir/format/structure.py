"""Does a resource have the elements, cardinalities and primitive formats of FHIR R4? All answers at once.

Our own table rather than a model library, because a library stops at the first missing element of a resource, takes
text where a number belongs, and speaks R4B. The library has its say afterwards (`shape.py`).

Source: FHIR R4 4.0.1, StructureDefinitions; JSON representation §2.6.2.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from gateway.fhir.format.elements import ROOT, Definition, Place, definitions, find_definition, resource_type
from gateway.fhir.format.leaves import Json, child_path
from gateway.fhir.format.paths import safe_name
from gateway.fhir.format.primitives import CHECKS, is_well_formed
from gateway.fhir.format.resource_types import RESOURCE_TYPES
from gateway.model import Finding


def check_structure(places: Iterable[Place]) -> Iterator[Finding]:
    """What breaks the structure at the given places (of `elements.walk`)."""
    for place in places:
        yield from _check_place(place)


def _check_place(place: Place) -> Iterator[Finding]:
    if not place.element:
        yield Finding("unknown-element", place.path)
    elif place.type in CHECKS:
        yield from _check_primitive(place)
    elif not isinstance(place.value, Mapping):
        if place.value is not None:
            yield _wrong_type(place.path, "object")
    elif place.type == "Resource" and place.element != ROOT and resource_type(place.value) not in RESOURCE_TYPES:
        yield _unknown_resource(place)
    else:
        yield from _check_members(place.value, place.path, place.holder)


def _unknown_resource(place: Place) -> Finding:
    name = resource_type(place.value)
    return Finding("unsupported-resource", place.path, (("type", safe_name(name) if name else "-"),))


def _check_primitive(place: Place) -> Iterator[Finding]:
    # A null is judged where its array is known; a text that is only blank says nothing.
    if place.value is None or is_well_formed(place.type, place.value):
        return
    if place.value == "":
        yield Finding("empty-element", place.path)
    elif isinstance(place.value, Mapping):
        yield _wrong_type(place.path, place.type)
    else:
        yield Finding("wrong-format", place.path, (("type", place.type),))


def _check_members(value: Mapping[str, Json], path: str, holder: str) -> Iterator[Finding]:
    if not any(name != "resourceType" for name in value) and holder not in RESOURCE_TYPES:
        yield Finding("empty-element", path)
    for name, member in value.items():
        definition = find_definition(holder, name)
        if definition is not None and name != "resourceType":
            yield from _check_repetition(member, child_path(path, name), definition, value)
    yield from _check_presence(value, path, holder)


def _check_repetition(member: Json, path: str, definition: Definition, holder: Mapping[str, Json]) -> Iterator[Finding]:
    is_array = isinstance(member, Sequence) and not isinstance(member, str)
    if member is None or is_array != definition.repeats:
        yield _wrong_type(path, "array" if definition.repeats else definition.type.rpartition(".")[2])
    elif isinstance(member, Sequence) and not isinstance(member, str):
        yield from _check_items(member, path, definition, holder)


def _check_items(
    items: Sequence[Json], path: str, definition: Definition, holder: Mapping[str, Json]
) -> Iterator[Finding]:
    if not items:
        yield Finding("empty-element", path)
    for index, item in enumerate(items):
        if item is None and not _has_companion(holder, definition.name, index):
            yield Finding("empty-element", f"{path}[{index}]")
        elif isinstance(item, Sequence) and not isinstance(item, str):
            yield _wrong_type(f"{path}[{index}]", definition.type)


def _has_companion(holder: Mapping[str, Json], name: str, index: int) -> bool:
    """Of a repeated primitive, a null is right where the other array (`given`, `_given`) holds something."""
    both = [holder.get(name), holder.get(f"_{name}")]
    return any(isinstance(a, Sequence) and index < len(a) and a[index] is not None for a in both)


def _check_presence(value: Mapping[str, Json], path: str, holder: str) -> Iterator[Finding]:
    present = dict.fromkeys(name.removeprefix("_") for name in value)
    found = [definition for name in present if (definition := find_definition(holder, name))]
    chosen = Counter(definition.choice for definition in found if definition.choice)
    for name, choice in _required(holder):
        if name not in present and choice not in chosen:
            yield Finding("missing-element", child_path(path, name))
    for choice in chosen:
        if chosen[choice] > 1:
            yield Finding("more-than-one-choice", child_path(path, choice))


@cache
def _required(holder: str) -> tuple[tuple[str, str], ...]:
    """(name, choice) of what a type or nested element must hold; a choice is named once, by its shared part."""
    required = [d for d in definitions()[holder].values() if d.required]
    return tuple(dict.fromkeys((d.choice or d.name, d.choice) for d in required))


def _wrong_type(path: str, expected: str) -> Finding:
    return Finding("wrong-type", path, (("expected", expected),))
