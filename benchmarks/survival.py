"""What of a source document can be found in a converter's output: one crude script, the same for every converter.

A value survives when it stands anywhere in the strings of the JSON, as a word of its own. That it stands in the right
place is not asked, so the figure flatters everybody. Base64 is not looked into: a copy of the source is no conversion.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from lxml import etree

KINDS = ("codes", "dates", "identifiers", "words")
_FRAME = frozenset({"templateId", "typeId", "realmCode"})
_TIMES = frozenset({"effectiveTime", "time", "low", "high", "center", "birthTime"})
_TS = re.compile(r"(\d{4})(\d\d)?(\d\d)?[\d.]*(?:[+-]\d{4})?")
_WORD = re.compile(r"[^\W\d_]{4,}")
_TAG = re.compile(r"<[^<>]*>")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]{400,}")


@dataclass(frozen=True, slots=True)
class Survival:
    """Found, of all, by kind."""

    found: Mapping[str, int]
    of: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Output:
    """The strings of a converter's JSON: together, in pieces without blanks or whole, and as words."""

    text: str
    pieces: frozenset[str]
    words: frozenset[str]


def facts_of(root: etree._Element) -> dict[str, set[str]]:
    """The distinct values of a CDA by kind: codes, dates (as FHIR spells them), identifiers, words of the narrative."""
    facts: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for element in root.iter("*"):
        name = etree.QName(element).localname
        if name not in _FRAME:
            facts["codes"] |= _values(element, "code")
            facts["identifiers"] |= _values(element, "extension")
            facts["dates"] |= {date for value in _values(element, "value") if name in _TIMES for date in _day(value)}
    for text in root.iter("{urn:hl7-org:v3}text"):
        if etree.QName(text.getparent()).localname == "section":
            facts["words"] |= {word.casefold() for piece in text.itertext() for word in _WORD.findall(str(piece))}
    return facts


def _values(element: etree._Element, name: str) -> set[str]:
    value = element.get(name, "").strip()
    return {value} if len(value) > 1 else set()


def _day(value: str) -> Iterator[str]:
    """A TS as its FHIR day, month or year."""
    if found := _TS.fullmatch(value):
        yield "-".join(part for part in found.groups() if part)


def survival(facts: Mapping[str, set[str]], output: str) -> Survival:
    """How many of the facts stand in the JSON that a converter made."""
    text = "\n".join(_plain(string) for string in _strings(json.loads(output))) if output.strip() else ""
    pieces = frozenset(re.findall(r"\S+", text)) | frozenset(text.split("\n"))
    made = _Output(text, pieces, frozenset(word.casefold() for word in _WORD.findall(text)))
    found = {kind: sum(1 for value in facts[kind] if _FINDERS[kind](value, made)) for kind in KINDS}
    return Survival(found, {kind: len(facts[kind]) for kind in KINDS})


def _stands(value: str, output: _Output) -> bool:
    return value in output.pieces or re.search(rf"(?<!\w){re.escape(value)}(?!\w)", output.text) is not None


def _is_dated(value: str, output: _Output) -> bool:
    """As FHIR spells it, or as the source does."""
    spellings = f"{re.escape(value)}|{value.replace('-', '')}"
    return re.search(rf"(?<!\d)({spellings})", output.text) is not None


_FINDERS: Mapping[str, Callable[[str, _Output], bool]] = {
    "codes": _stands,
    "dates": _is_dated,
    "identifiers": _stands,
    "words": lambda word, output: word in output.words,
}


def _plain(string: str) -> str:
    """Markup becomes its words; long base64 becomes nothing."""
    return "" if _BASE64.fullmatch(string) else unescape(_TAG.sub(" ", string))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif value is not None:
        yield str(value)
