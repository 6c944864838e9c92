"""What a leaf of a FHIR resource is, and where it stands.

A leaf is a primitive value or a primitive inside an extension of a primitive. Each has exactly one path, written as
FHIRPath would reach it: the sibling `_birthDate` of JSON is read as `birthDate`, so an extension of a primitive stands
at `birthDate.extension[0]…`.

Source: FHIR R4 4.0.1, JSON representation §2.6.2.1 (primitive extensions).
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

Primitive: TypeAlias = str | bool | int | Decimal
Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | Primitive | None"


def is_primitive(value: Json) -> bool:
    """True for a JSON value that FHIR calls a primitive."""
    return isinstance(value, str | bool | int | Decimal)


def child_path(path: str, name: str) -> str:
    """The path of a JSON member; `_name` stands where `name` stands."""
    name = name.removeprefix("_")
    return f"{path}.{name}" if path else name


def leaves(value: Json, path: str) -> Iterator[tuple[str, Primitive]]:
    """Every leaf under `value`, in document order, as (path, value).

    >>> list(leaves({"birthDate": "1952", "_birthDate": {"id": "b"}}, "Patient"))
    [('Patient.birthDate', '1952'), ('Patient.birthDate.id', 'b')]
    """
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, child_path(path, name))
    elif isinstance(value, str | bool | int | Decimal):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
