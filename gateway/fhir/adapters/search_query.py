"""From search parameters as received to a `Query` for the store: what is asked, in the words of the search table.

Within one parameter, values separated by commas are alternatives; a parameter given twice must match twice.

Source: FHIR R4 4.0.1, Search §3.1.1.3 (handling), §3.1.1.4 (parameter types, prefixes, modifiers, escaping).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.errors import InputError
from gateway.fhir.adapters.query_string import GENERAL, Parameters, unknown_parameter
from gateway.fhir.adapters.search_dates import lower_bound
from gateway.fhir.format.search_parameters import SEARCH_PARAMETERS, SearchParameter
from gateway.journal import Query
from gateway.model import Finding

DEFAULT_COUNT = 50
MAX_COUNT = 200
MAX_ALTERNATIVES = 50
RESULT_PARAMETERS = ("_id", "_lastUpdated", "_count")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}")
_ESCAPED_OR_COMMA = re.compile(r"\\([\\,|$])|,")
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Search:
    """One search as it was understood."""

    query: Query
    used: Parameters
    """The parameters that counted: what the link `self` repeats."""
    ignored: bool = False
    """A parameter was unknown, and the caller had asked for lenience."""
    only_total: bool = False
    """`_count=0`."""


def read_search(type_: str, parameters: Parameters, fhir_base: str, *, lenient: bool) -> Search:
    """The search for resources of `type_`. InputError for what is not supported, unless `lenient` says to ignore it."""
    reader = _Reader(SEARCH_PARAMETERS[type_], fhir_base, Search(Query(type_, count=DEFAULT_COUNT), ()))
    for name, value in parameters:
        if name not in GENERAL:
            reader.take(name, value, lenient)
    _check_patient_search(type_, parameters)
    return reader.search


def supported_names(type_: str) -> list[str]:
    """Every parameter that a search of `type_` takes, apart from `_format` and `_pretty`."""
    return [*RESULT_PARAMETERS, *SEARCH_PARAMETERS[type_]]


def _check_patient_search(type_: str, parameters: Parameters) -> None:
    """Nobody browses patients: a search names one by an identifier, or by the id that we gave."""
    if type_ == "Patient" and not {"identifier", "_id"} & {name for name, _ in parameters}:
        raise InputError(Finding("identifier-required", "http.identifier"))


@dataclass(slots=True)
class _Reader:
    table: Mapping[str, SearchParameter]
    fhir_base: str
    search: Search
    seen: set[str] = field(default_factory=set)

    def take(self, name: str, value: str, lenient: bool) -> None:
        base, _, modifier = name.partition(":")
        read_result = _RESULT_READERS.get(base)
        if read_result is None and base not in self.table:
            self._ignore(lenient)
            return
        # A modifier changes the meaning, so ignoring one is never lenient.
        if modifier and (modifier != "identifier" or base not in self.table or self.table[base].kind != "reference"):
            raise InputError(Finding("unsupported-modifier"))
        if read_result:
            self._once(base)
            self.search = read_result(self.search, value)
        else:
            self._add_tokens(name, self.table[base], value)
        self.search = replace(self.search, used=(*self.search.used, (name, value)))

    def _ignore(self, lenient: bool) -> None:
        if not lenient:
            raise unknown_parameter([*RESULT_PARAMETERS, *self.table])
        self.search = replace(self.search, ignored=True)

    def _once(self, name: str) -> None:
        if name in self.seen and name != "_lastUpdated":
            raise _invalid(name, "one occurrence")
        self.seen.add(name)

    def _add_tokens(self, name: str, parameter: SearchParameter, value: str) -> None:
        values = alternatives(name, value)
        if parameter.kind == "reference" and name == parameter.name:
            values = tuple(v for one in values for v in _references(parameter, one, self.fhir_base))
        elif any(one.endswith("|") for one in values):
            raise _invalid(name, "code, system|code, |code")
        query = self.search.query
        self.search = replace(self.search, query=replace(query, tokens=(*query.tokens, (name, values))))


def alternatives(name: str, value: str) -> tuple[str, ...]:
    r"""The values between commas that are not escaped. InputError when one is empty: it would match nothing, or all.

    >>> alternatives("identifier", r"urn:a|1\,2,urn:b|3")
    ('urn:a|1,2', 'urn:b|3')
    """
    found = tuple(_ESCAPED_OR_COMMA.sub(lambda match: match[1] or _SEPARATOR, value).split(_SEPARATOR))
    if not all(found) or len(found) > MAX_ALTERNATIVES:
        raise _invalid(name, f"1 to {MAX_ALTERNATIVES} values, none empty")
    return found


def _references(parameter: SearchParameter, value: str, fhir_base: str) -> tuple[str, ...]:
    """A reference as it is indexed; an id alone is tried with each type that the parameter may point to."""
    local = value.removeprefix(f"{fhir_base}/")
    if _ID.fullmatch(local):
        return tuple(f"{target}/{local}" for target in parameter.targets)
    if not _REFERENCE.fullmatch(local):
        raise _invalid(parameter.name, "Type/id, id")
    return (local,)


def _read_ids(search: Search, value: str) -> Search:
    ids = alternatives("_id", value)
    if not all(_ID.fullmatch(one) for one in ids):
        raise _invalid("_id", "[A-Za-z0-9-.]{1,64}")
    return replace(search, query=replace(search.query, ids=ids))


def _read_count(search: Search, value: str) -> Search:
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise _invalid("_count", f"0 to {MAX_COUNT}")
    count = int(value)
    return replace(search, query=replace(search.query, count=max(1, min(count, MAX_COUNT))), only_total=count == 0)


def _read_last_updated(search: Search, value: str) -> Search:
    bound = lower_bound(value)
    if bound is None:
        raise _invalid("_lastUpdated", "ge2026-01-31, gt2026-01-31T08:00:00Z")
    return replace(search, query=replace(search.query, updated_since=_later(search.query.updated_since, bound)))


def _later(first: datetime | None, second: datetime) -> datetime:
    return max(first, second) if first else second


_RESULT_READERS: dict[str, Callable[[Search, str], Search]] = {
    "_id": _read_ids,
    "_count": _read_count,
    "_lastUpdated": _read_last_updated,
}


def _invalid(parameter: str, expected: str) -> InputError:
    return InputError(
        Finding("invalid-parameter", f"http.{parameter}", (("parameter", parameter), ("expected", expected)))
    )
