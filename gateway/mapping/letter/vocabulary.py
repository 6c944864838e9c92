"""French words for FHIR codes, element names and code systems: the tables of the letter.

A code without a row is printed as it came; an element without a row is printed by its own name. Nothing is hidden
because a table lacks a line.
Source: FHIR R4 4.0.1 value sets (translated); HL7 v3 ObservationInterpretation, TimingEvent, GTSAbbreviation.
"""

import re
from functools import cache

from gateway.mapping.terminology import short_name
from gateway.tables import read_table


@cache
def _words() -> dict[tuple[str, str], str]:
    return {(row["element"], row["code"]): row["fr"] for row in read_table(__package__, "words.tsv")}


@cache
def _labels() -> dict[str, str]:
    return {row["element"]: row["fr"] for row in read_table(__package__, "labels.tsv")}


def word_of(place: str, code: str) -> str | None:
    """The French word of a code at an element such as `Condition.clinicalStatus`, or None.

    >>> word_of("Observation.status", "preliminary"), word_of("Condition.severity", "?")
    ('provisoire', None)
    """
    words = _words()
    return words.get((place, code)) or words.get((place.rpartition(".")[2], code))


def label_of(place: str) -> str:
    """The French name of an element such as `Patient.maritalStatus`, or of an extension by the end of its URL."""
    labels, name = _labels(), place.rpartition(".")[2]
    return labels.get(place) or labels.get(name) or _label_of_choice(name) or _spaced(name)


def has_label(name: str) -> bool:
    """Whether the table knows this name."""
    return name in _labels()


def system_name(uri: str | None) -> str:
    """The short name of a code system; for one that we do not know, the end of its URI."""
    if not uri:
        return ""
    return short_name(uri) or uri.rstrip("/").rpartition("/")[2]


def _label_of_choice(name: str) -> str | None:
    """One row serves all forms of a choice: `onsetDateTime` is read as `onset`."""
    ends = [match.start() for match in re.finditer(r"[A-Z]", name)]
    return next((label for end in reversed(ends) if (label := _labels().get(name[:end]))), None)


def small(text: str) -> str:
    """With a small first letter, unless the word is an abbreviation (`INS`, `IUD`).

    >>> small("Voie orale"), small("INS"), small("N° de série")
    ('voie orale', 'INS', 'n° de série')
    """
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] in " '’°" else text


def _spaced(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[-_]+", " ", name)
    return spaced[:1].upper() + spaced[1:]
