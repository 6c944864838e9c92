"""Required bindings: codes that FHIR R4 leaves no choice about, and the types that a reference may point to.

Source: FHIR R4 4.0.1; the tables `bindings.tsv` and `targets.tsv` name every element.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from gateway.fhir.format.elements import Place
from gateway.fhir.format.leaves import Json, child_path
from gateway.model import Finding
from gateway.tables import read_table


@dataclass(frozen=True, slots=True)
class Binding:
    """A closed list of codes. `name` is the last part of the value set's URL."""

    name: str
    systems: frozenset[str]
    codes: frozenset[str]

    def holds(self, coding: Json) -> bool:
        """Whether a Coding is one of the set: by system and code, its display does not count."""
        if not isinstance(coding, Mapping):
            return False
        system, code = coding.get("system"), coding.get("code")
        return isinstance(system, str) and isinstance(code, str) and system in self.systems and code in self.codes


@cache
def bindings() -> Mapping[str, Binding]:
    """{"Task.status": Binding("task-status", …), …}"""
    return {
        row["path"]: Binding(row["value_set"], frozenset(row["systems"].split()), frozenset(row["codes"].split()))
        for row in read_table(__package__, "bindings.tsv")
    }


@cache
def targets() -> Mapping[str, frozenset[str]]:
    """{"Task.requester": {"Device", "Organization", …}, …}; an element that is not here may point to anything."""
    return {row["path"]: frozenset(row["types"].split()) for row in read_table(__package__, "targets.tsv")}


def check_bindings(places: Iterable[Place]) -> Iterator[Finding]:
    """A finding for every place whose code is not in its required value set."""
    for place in places:
        binding = bindings().get(place.element)
        if binding and not _is_bound(place, binding):
            yield Finding("wrong-code", _code_path(place), (("value_set", binding.name),))


def _is_bound(place: Place, binding: Binding) -> bool:
    if place.type == "code":
        # What is not text has been found wrong by the structure already.
        return not isinstance(place.value, str) or place.value in binding.codes
    if place.type == "Coding":
        return binding.holds(place.value)
    if place.type == "CodeableConcept" and isinstance(place.value, Mapping):
        codings = place.value.get("coding", [])
        return isinstance(codings, Sequence) and any(binding.holds(coding) for coding in codings)
    return True


def _code_path(place: Place) -> str:
    return child_path(place.path, "coding") if place.type == "CodeableConcept" else place.path
