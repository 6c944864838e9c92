"""By what a resource can be searched: one table for what is indexed, what is searched and what is declared.

A search value is (name, text). A token is kept as `code`, and as `system|code` where it has a system or `|code` where
it has none, so that each FHIR form of the question is an equality. A reference is kept as `Type/id`; its logical
identifier is kept under `name:identifier`.

Source: FHIR R4 4.0.1, Search §3.1.1.4.10 (token), §3.1.1.4.11 (reference), modifier `:identifier`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gateway.fhir.format.leaves import Json
from gateway.tables import read_table

SearchValue: TypeAlias = tuple[str, str]
_LOCAL_REFERENCE = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})\Z")


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One row of the table."""

    name: str
    kind: str
    """`token` or `reference`: the FHIR words."""
    paths: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]


def _parameter(row: dict[str, str]) -> SearchParameter:
    paths = tuple(tuple(path.split(".")) for path in row["path"].split())
    return SearchParameter(row["name"], row["kind"], paths, tuple(row["targets"].split()))


def _table() -> dict[str, dict[str, SearchParameter]]:
    table: dict[str, dict[str, SearchParameter]] = {}
    for row in read_table("gateway.fhir.format", "search_parameters.tsv"):
        table.setdefault(row["type"], {})[row["name"]] = _parameter(row)
    return table


SEARCH_PARAMETERS: Mapping[str, Mapping[str, SearchParameter]] = _table()
"""{resource type: {parameter name: parameter}}."""


def search_values(resource: Mapping[str, Json]) -> tuple[SearchValue, ...]:
    """All values by which `resource` is found, each once, in the order of the table.

    >>> search_values({"resourceType": "Task", "status": "requested", "for": {"reference": "Patient/p1"}})
    (('status', 'requested'), ('patient', 'Patient/p1'))
    """
    parameters = SEARCH_PARAMETERS.get(str(resource.get("resourceType")), {})
    found = (value for parameter in parameters.values() for value in _values_of(parameter, resource))
    return tuple(dict.fromkeys(found))


def _values_of(parameter: SearchParameter, resource: Mapping[str, Json]) -> Iterator[SearchValue]:
    for path in parameter.paths:
        for element in _elements(resource, path):
            if parameter.kind == "token":
                yield from ((parameter.name, text) for text in _token_texts(element))
            elif isinstance(element, Mapping):
                yield from _reference_values(parameter, element)


def _elements(value: Json, path: Sequence[str]) -> Iterator[Json]:
    """What stands at `path`, through every repetition."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _elements(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _elements(value[path[0]], path[1:])


def _token_texts(element: Json) -> Iterator[str]:
    """The texts of a code, a Coding, a CodeableConcept or an Identifier."""
    if isinstance(element, str):
        yield element
    elif isinstance(element, Mapping):
        for coding in _elements(element, ("coding",)):
            yield from _token_texts(coding)
        yield from _pair_texts(element.get("system"), element.get("code") or element.get("value"))


def _pair_texts(system: Json, code: Json) -> Iterator[str]:
    if isinstance(code, str):
        yield code
        yield f"{system if isinstance(system, str) else ''}|{code}"


def _reference_values(parameter: SearchParameter, element: Mapping[str, Json]) -> Iterator[SearchValue]:
    reference = element.get("reference")
    local = _LOCAL_REFERENCE.match(reference) if isinstance(reference, str) else None
    if local and (parameter.name != "patient" or local[1] == "Patient"):
        yield parameter.name, local[0]
    for text in _token_texts(element.get("identifier")):
        yield f"{parameter.name}:identifier", text
