"""Do the references of a resource lead somewhere, and to a resource of a right type?

Source: FHIR R4 4.0.1, references §2.3.0; the target types are in `targets.tsv`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from gateway.fhir.format.bindings import targets
from gateway.fhir.format.elements import Place
from gateway.fhir.format.leaves import child_path
from gateway.fhir.format.resource_types import RESOURCE_TYPES
from gateway.model import Finding

if TYPE_CHECKING:
    from gateway.fhir.format.bundle import Entry


def check_references(places: Iterable[Place], resolve: "Callable[[str], Entry | None]") -> Iterator[Finding]:
    """A finding for each literal reference, or attachment of the Bundle, that fails; an identifier alone is free."""
    for place in places:
        if place.type == "Reference" and isinstance(place.value, Mapping):
            yield from _check(place, "reference", targets().get(place.element), resolve)
        elif place.type == "Attachment" and isinstance(place.value, Mapping) and _is_inside(place.value.get("url")):
            yield from _check(place, "url", frozenset({"Binary"}), resolve)


def _is_inside(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("urn:uuid:", "Binary/", "#"))


def _check(
    place: Place, name: str, allowed: frozenset[str] | None, resolve: "Callable[[str], Entry | None]"
) -> Iterator[Finding]:
    """What is not text, or leads to a type that we do not take, has been found wrong by the structure already."""
    reference = place.value.get(name) if isinstance(place.value, Mapping) else None
    if not isinstance(reference, str):
        return
    target = resolve(reference)
    path = child_path(place.path, name)
    if target is None:
        yield Finding("unresolved-reference", path)
    elif allowed and target.type not in allowed and target.type in RESOURCE_TYPES:
        yield Finding("wrong-reference-target", path, (("type", target.type), ("allowed", ", ".join(sorted(allowed)))))
