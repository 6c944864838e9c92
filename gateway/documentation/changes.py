"""Where in a CDA a FHIR leaf goes, found by changing it: the places of the document that are not the same afterwards.

So a table of places cannot say anything that the maps do not do. Pure, and slow enough to ask once per element.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import Any

from gateway.errors import GatewayError
from gateway.fhir.format.bundle import Message, index_message
from gateway.fhir.format.leaves import Primitive, leaves
from gateway.mapping.document_types.written import Written
from gateway.mapping.result import Mapped, Outcome
from gateway.mapping.source import cda_leaves

Map = Callable[[Message], Mapped[Written]]
_TRIES = 2
"""How many leaves of an element are changed until a place shows, and how many other values are tried for each."""
_MANY = 6
"""More places than these are shown by what they have in common."""
_POSITION = re.compile(r"\[\d+\]")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_IN_ENTRY = re.compile(r"Bundle\.entry\[(\d+)\]\.resource\.(.*)")


@dataclass(frozen=True, slots=True)
class Row:
    """One element of a resource type, with every way in which the fixtures show it."""

    resource: str
    element: str
    """Path without indices."""
    outcome: str
    rule: str
    places: tuple[str, ...]
    """Of a structured leaf: where it stands in the CDA, from the entry or the document down, without positions."""


def rows(messages: Sequence[Message], to_cda: Map) -> list[Row]:
    """A row for each element, outcome and rule that the messages show; places by a change of one of its leaves."""
    values = _values(messages)
    found: dict[tuple[str, str, str, str], tuple[str, ...]] = {}
    asked: Counter[tuple[str, str, str, str]] = Counter()
    for message in messages:
        mapped = to_cda(message)
        before = _places(mapped.value)
        for item in mapped.loss.items:
            element = _element(message, item.path)
            if element is None or item.outcome not in set(Outcome):
                continue
            key = (*element, str(item.outcome), item.rule)
            found.setdefault(key, ())
            if item.outcome == Outcome.STRUCTURED and not found[key] and asked[key] < _TRIES:
                asked[key] += 1
                found[key] = _places_of(message, item.path, values[element], to_cda, before)
    return [Row(*key, places) for key, places in sorted(found.items())]


def _element(message: Message, path: str) -> tuple[str, str] | None:
    """Resource type and path without indices."""
    held = _IN_ENTRY.fullmatch(path)
    entry = next((e for e in message.entries if held and e.index == int(held[1])), None)
    return (entry.type, _POSITION.sub("", held[2])) if entry and held else None


def _values(messages: Sequence[Message]) -> dict[tuple[str, str], dict[Primitive, None]]:
    """What each element holds, here and there."""
    found: dict[tuple[str, str], dict[Primitive, None]] = {}
    for message in messages:
        for path, value in leaves(message.bundle, "Bundle"):
            if element := _element(message, path):
                found.setdefault(element, {})[value] = None
    return found


def _places_of(
    message: Message, path: str, values: Mapping[Primitive, None], to_cda: Map, before: Mapping[str, str]
) -> tuple[str, ...]:
    """The places that change; where the change of a code takes a whole entry away, another code of the fixtures is put.

    Nothing where no change shows: another value is refused, or goes to words.
    """
    value = dict(leaves(message.bundle, "Bundle"))[path]
    best: tuple[str, ...] = ()
    for other in (_other(value), *[known for known in values if known != value][:_TRIES]):
        places = _changed(message, path, other, to_cda, before)
        best = min((found for found in (best, places) if found), key=len, default=())
        if 0 < len(best) <= _MANY:
            break
    carriers = [place for place in best if str(value) in before.get(place, "")] or best
    shown = tuple(dict.fromkeys(map(_short, carriers)))
    return shown if len(shown) <= _MANY else (f"{_common(shown)}/…",)


def _changed(message: Message, path: str, value: Primitive, to_cda: Map, before: Mapping[str, str]) -> tuple[str, ...]:
    bundle = deepcopy(dict(message.bundle))
    _put(bundle, path, value)
    try:
        after = _places(to_cda(index_message(bundle)).value)
    except GatewayError:
        return ()
    return (*(place for place in before if before[place] != after.get(place)), *(p for p in after if p not in before))


def _common(places: Sequence[str]) -> str:
    """The steps that all places of entries begin with; those of sections frame them."""
    within = [place.split("/") for place in places if place.startswith("entry/")] or [p.split("/") for p in places]
    same = takewhile(lambda steps: len(set(steps)) == 1, zip(*within, strict=False))
    return "/".join(steps[0] for steps in same) or "…"


def _places(written: Written) -> dict[str, str]:
    """Every leaf of every document, the words of the sections apart."""
    return {
        place: value
        for number, draft in enumerate(written.drafts)
        for place, value in cda_leaves(draft.document.root, "letter" if not number else f"document[{number}]")
        if not re.search(r"/section\[\d+\]/text\[1\]/", place)
    }


def _short(place: str) -> str:
    """`entry/act/code/@code` of a place in an entry, `recordTarget/…` of one in the header."""
    bare = _POSITION.sub("", place)
    return f"entry/{bare.rpartition('/entry/')[2]}" if "/entry/" in bare else bare.removeprefix("letter/")


def _other(value: Primitive) -> Primitive:
    """Another value of the same shape."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + 3
    return f"{int(value[:4]) - 1:04}{value[4:]}" if re.fullmatch(r"\d{4}(-.*)?", value) else f"{value}q"


def _put(bundle: dict[str, Any], path: str, value: Primitive) -> None:
    """Write at a ledger path; what stands below a primitive is in its sibling `_name`."""
    here: Any = bundle
    for step, following in _pairs(path):
        if isinstance(step, str) and (
            step not in here or (following is not None and not isinstance(here[step], dict | list))
        ):
            step = f"_{step}"
        if following is None:
            here[step] = value
        else:
            here = here[step]


def _pairs(path: str) -> Iterator[tuple[str | int, str | int | None]]:
    steps = [name or int(index) for name, index in _STEP.findall(path.removeprefix("Bundle"))]
    return zip(steps, [*steps[1:], None], strict=True)
