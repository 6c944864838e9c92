"""JSON as FHIR needs it: strict at the door, digit by digit on the way out.

A decimal is a `Decimal` that keeps its digits (1.10 stays 1.10). What two readers could understand differently is
refused: another encoding than UTF-8, a member given twice, NaN, half of a surrogate pair, a control character.

Source: FHIR R4 4.0.1, JSON representation §2.6.2 and datatype decimal §2.24.0.1; RFC 8259; RFC 7493 (I-JSON) §2.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.errors import InputError
from gateway.fhir.format.leaves import Json, child_path
from gateway.fhir.format.paths import safe_name
from gateway.model import Finding

MAX_DEPTH = 60
MAX_VALUES = 200_000
MAX_NUMBER_LENGTH = 40
"""Characters of one number: beyond any measure in medicine, below what makes arithmetic slow."""


_SUSPECT = re.compile("\\\\[ubf]|[\ufffe\uffff]")
"""Where a text may hold a character that is refused: only escaped, or one of the two that are no characters."""
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which JSON can spell and UTF-8 cannot."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that neither a FHIR string nor an XML document may hold."""


class _Twice(dict[str, Json]):
    """An object in which members were given twice; their path is known only once the whole text is read."""

    names: tuple[str, ...] = ()


def parse_json(content: bytes) -> Mapping[str, Any]:
    """The JSON object in `content`. InputError otherwise; every member given twice is reported."""
    try:
        text = content.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_refuse,
        )
    except RecursionError:
        raise InputError(_too_deep("")) from None
    except ValueError:
        raise InputError(Finding("not-json")) from None
    if not isinstance(value, dict):
        raise InputError(Finding("not-json"))
    if _SUSPECT.search(text) or not _is_plain(value):
        _refuse_values(value)
    return value


def _is_plain(root: Mapping[str, Json]) -> bool:
    """Whether the value is within the limits and no member was given twice: the quick way, level by level."""
    level: list[Json] = [root]
    seen = 0
    for _ in range(MAX_DEPTH):
        seen += len(level)
        if any(isinstance(value, _Twice) for value in level):
            return False
        level = [child for value in level for child in _values_of(value)]
    return not level and seen <= MAX_VALUES


def _values_of(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_values(root: Mapping[str, Json]) -> None:
    """The slow way, which knows the paths of what is wrong."""
    if findings := tuple(_check_values(root)):
        raise InputError(findings)


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    twice = _Twice(members)
    names = [name for name, _ in pairs]
    twice.names = tuple(name for name in members if names.count(name) > 1)
    return twice


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_LENGTH or abs(Decimal(text).adjusted()) > MAX_NUMBER_LENGTH:
        raise ValueError
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise ValueError
    return int(text)


def _refuse(_: str) -> Json:
    raise ValueError


def _check_values(root: Mapping[str, Json]) -> Iterator[Finding]:
    """Limits and members given twice, without recursion: the text decides the depth, not our stack."""
    waiting: list[tuple[Json, str, int]] = [(root, _root_name(root), 1)]
    seen = 0
    while waiting:
        value, path, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH:
            yield _too_deep(path)
            return
        if seen > MAX_VALUES:
            yield Finding("json-too-many-values", facts=(("limit", str(MAX_VALUES)),))
            return
        yield from _check_value(value, path)
        waiting += [(child, place, depth + 1) for place, child in _children(value, path)]


def _root_name(root: Mapping[str, Json]) -> str:
    name = root.get("resourceType")
    return safe_name(name) if isinstance(name, str) else "$this"


def _check_value(value: Json, path: str) -> Iterator[Finding]:
    if isinstance(value, _Twice):
        for name in value.names:
            yield Finding("json-duplicate-key", child_path(path, safe_name(name)))
    texts = value if isinstance(value, Mapping) else [value] if isinstance(value, str) else []
    if any(_HALF.search(text) for text in texts):
        yield Finding("not-json", path)
    elif any(_CONTROL.search(text) for text in texts):
        yield Finding("control-character", path)


def _children(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping):
        yield from ((child_path(path, safe_name(name)), child) for name, child in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from ((f"{path}[{index}]", child) for index, child in enumerate(value))


def _too_deep(path: str) -> Finding:
    return Finding("json-too-deep", path, (("limit", str(MAX_DEPTH)),))


def write_json(value: Json) -> bytes:
    """`value` as UTF-8 JSON, members in their order, no spaces: the same value gives the same bytes.

    >>> write_json({"value": Decimal("1.10"), "unit": "µg"}).decode()
    '{"value":1.10,"unit":"µg"}'
    """
    return "".join(_text(value)).encode("utf-8")


def _text(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for index, (name, member) in enumerate(value.items()):
            yield f"{',' if index else '{'}{_scalar(name)}:"
            yield from _text(member)
        yield "}" if value else "{}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield "," if index else "["
            yield from _text(item)
        yield "]" if value else "[]"
    else:
        yield _scalar(value)


def _scalar(value: str | bool | int | Decimal | None) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
