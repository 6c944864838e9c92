"""Is a JSON value a well-formed FHIR primitive?

Source: FHIR R4 4.0.1, datatypes §2.24.0.1 (the regular expression of each primitive type).
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from gateway.fhir.format.leaves import Json

_DATE = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
_ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"


def _text(pattern: str) -> Callable[[Json], bool]:
    matches = re.compile(pattern, re.ASCII).fullmatch
    return lambda value: isinstance(value, str) and matches(value) is not None


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_code(value: Json) -> bool:
    return isinstance(value, str) and value != "" and " ".join(value.split()) == value


def _is_uri(value: Json) -> bool:
    return isinstance(value, str) and value.split() == [value]


def _integer(low: int, high: int = 2**31 - 1) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_decimal(value: Json) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_base64(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    packed = "".join(value.split())
    return packed != "" and len(packed) % 4 == 0 and re.fullmatch(r"[0-9A-Za-z+/]*={0,2}", packed, re.ASCII) is not None


def _dated(pattern: str) -> Callable[[Json], bool]:
    """The pattern, and a day that exists: 2026-02-30 does not."""
    matches = _text(pattern)
    return lambda value: matches(value) and _day_exists(str(value)[:10])


def _day_exists(day: str) -> bool:
    if len(day) < 10:
        return day[:4] != "0000"
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _is_xhtml(value: Json) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("<div")


CHECKS: Mapping[str, Callable[[Json], bool]] = {
    "base64Binary": _is_base64,
    "boolean": lambda value: isinstance(value, bool),
    "canonical": _is_uri,
    "code": _is_code,
    "date": _dated(_DATE),
    "dateTime": _dated(rf"{_DATE}|\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_TIME}{_ZONE}"),
    "decimal": _is_decimal,
    "id": _text(r"[A-Za-z0-9.-]{1,64}"),
    "instant": _dated(rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_TIME}{_ZONE}"),
    "integer": _integer(-(2**31)),
    "markdown": _is_text,
    "oid": _text(r"urn:oid:[0-2](\.(0|[1-9]\d*))+"),
    "positiveInt": _integer(1),
    "string": _is_text,
    "time": _text(_TIME),
    "unsignedInt": _integer(0),
    "uri": _is_uri,
    "url": _is_uri,
    "uuid": _text(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "xhtml": _is_xhtml,
}


def is_well_formed(type_: str, value: Json) -> bool:
    """Whether `value` is a right JSON spelling of the primitive type.

    >>> is_well_formed("date", "2026-02-28"), is_well_formed("date", "2026-02-30"), is_well_formed("decimal", "1.0")
    (True, False, False)
    """
    return CHECKS[type_](value)
