"""Finding people and structures by what a person types: parts of names, with mistakes, perhaps a commune or a trade.

Stages, the surest first, until enough is found: a number; whole words with a family name among them; whole words of
other names; beginnings of words; words that only say where or what; misspelt words, where nothing else was found.
Within a stage the order is the alphabet's. Every answer says why it is one.
Source: SQLite FTS5 (column filters, prefix queries, trigram tokenizer).
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import InputError
from gateway.model import Finding
from gateway.registry.directory_database import ours
from gateway.registry.directory_schema import CARDS
from gateway.registry.directory_store import Card, DirectoryStore, card_of
from gateway.registry.folding import fold, name_words, query_words
from gateway.registry.matching import FINESS_PREFIX, RPPS_PREFIX
from gateway.registry.spelling import distance, most_errors, trigrams

MAX_RESULTS: Final = 100
_MAX_WORDS: Final = 8
_ENTRIES_PER_PERSON: Final = 4
_CANDIDATES: Final = 3_000
_NUMBER = re.compile(r"[0-9]{1,2}[0-9AB][0-9]{7,12}")


class Why(StrEnum):
    """Why an answer is one; the words are for people and programs alike."""

    NUMBER = "number"
    NAME = "name"
    BEGINNING = "beginning"
    SPELLING = "spelling"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `trade` is a profession or savoir-faire, as a code or in words."""

    text: str
    commune: str = ""
    profession: str = ""
    skill: str = ""
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A person or structure with every place that matched; `read_as`: the words that were taken for the typed ones."""

    cards: tuple[Card, ...]
    why: Why
    read_as: tuple[tuple[str, str], ...] = ()


def find(store: DirectoryStore, search: Search) -> list[Found]:
    """The best answers first. InputError where nothing usable was typed."""
    words = query_words(search.text)[:_MAX_WORDS]
    if numbered := find_by_number(store, search.text):
        return [numbered]
    if not any(len(word) > 1 for word in words) and not _filters(search):
        raise InputError(Finding("registry-search-too-wide"))
    with ours():
        return _answers(store.connection(), words, search)


def find_by_number(store: DirectoryStore, text: str) -> Found | None:
    """Whom an RPPS, idNat_PS, FINESS or Struct_IdNat names, typed with or without blanks."""
    number = fold(text).replace(" ", "").upper()
    if not _NUMBER.fullmatch(number):
        return None
    cards = store.cards(person=RPPS_PREFIX + number) or store.cards(person=number)
    cards = cards or [c for s in (FINESS_PREFIX + number, number) for c in store.cards(structure=s) if c.person is None]
    return Found(tuple(cards), Why.NUMBER) if cards else None


def _answers(connection: sqlite3.Connection, words: Sequence[str], search: Search) -> list[Found]:
    found: dict[str, list[Card]] = {}
    why: dict[str, Why] = {}
    limit = max(1, min(search.limit, MAX_RESULTS))
    for reason, expression in _stages(connection, words, _filters(search), lambda: len(found)):
        for card in _cards(connection, expression, limit * _ENTRIES_PER_PERSON):
            key = card.person or f"structure {card.structure}"
            if key not in found and len(found) == limit:
                continue
            if why.setdefault(key, reason) is reason:
                found.setdefault(key, []).append(card)
        if len(found) >= limit:
            break
    return [Found(_distinct(cards), why[key], _read_as(words, cards[0], why[key])) for key, cards in found.items()]


def _stages(
    connection: sqlite3.Connection, words: Sequence[str], filters: str, found: Callable[[], int]
) -> Iterator[tuple[Why, str]]:
    if not words:
        yield Why.FILTER, filters
        return
    whole = [f'"{word}"' for word in words]
    begun = [f'"{word}"*' for word in words]
    yield Why.NAME, _all_of([f"family : ({' OR '.join(whole)})", *whole, filters])
    yield Why.NAME, _all_of([f"{{given place}} : ({' OR '.join(whole)})", *whole, filters])
    yield Why.BEGINNING, _all_of([f"{{family given}} : ({' OR '.join(begun)})", *begun, filters])
    yield Why.BEGINNING, _all_of([f"place : ({' OR '.join(begun)})", *begun, filters])
    yield Why.FILTER, _all_of([*begun, filters])
    for errors in (1, 2):
        if found() == 0:
            groups = (" OR ".join(f'"{known}"' for known in _near(connection, word, errors)) for word in words)
            yield Why.SPELLING, _all_of([*(f"({group})" for group in groups), filters])


def _all_of(parts: Sequence[str]) -> str:
    return " AND ".join(part for part in parts if part)


def _filters(search: Search) -> str:
    commune = [f'city : "{word}"' for word in fold(search.commune).split()]
    trade = [f'trade : "{_stem(word)}"*' for text in (search.profession, search.skill) for word in query_words(text)]
    return " AND ".join([*commune, *trade])


def _stem(word: str) -> str:
    """The beginning that a trade and the one who has it share: cardiologue, cardiologie.

    >>> _stem("cardiologue"), _stem("pediatre"), _stem("kine"), _stem("sm54")
    ('cardiol', 'pedia', 'kine', 'sm54')
    """
    return word[:-4] if len(word) > 9 else word[:-3] if len(word) > 7 else word


def _near(connection: sqlite3.Connection, word: str, errors: int) -> list[str]:
    """The word itself, and the known ones that it may be a misspelling of.

    One mistake spoils at most four trigrams, so that a near word holds one of any four and one: the rarest are asked.
    """
    errors, grams = min(errors, most_errors(word)), trigrams(word)
    asked = [f'"{term}"' for term in _rarest(connection, grams)[: 4 * errors + 1]] if errors else []
    if not asked:
        return [word]
    held = connection.execute(
        "SELECT word FROM spelling WHERE spelling MATCH ? AND length(word) BETWEEN ? AND ? LIMIT ?",
        (" OR ".join(asked), len(word) + 2 - errors, len(word) + 2 + errors, _CANDIDATES),
    )
    shared = max(1, len(set(grams)) - 4 * errors)
    likely = [name for (marked,) in held if len(set(grams) & set(trigrams(name := marked[1:-1]))) >= shared]
    return [word, *(name for name in likely if 0 < distance(word, name) <= errors)]


def _rarest(connection: sqlite3.Connection, grams: Sequence[str]) -> list[str]:
    """Those that any known word holds, the rarest first."""
    held = []
    for gram in set(grams):
        row = connection.execute("SELECT doc FROM spelling_vocabulary WHERE term = ?", (gram,)).fetchone()
        held += [(row[0], gram)] if row else []
    return [gram for _, gram in sorted(held)]


def _cards(connection: sqlite3.Connection, expression: str, limit: int) -> list[Card]:
    """The first entries in the order of the alphabet."""
    chosen = "e.id IN (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid LIMIT ?)"
    return [card_of(row) for row in connection.execute(f"{CARDS} WHERE {chosen} ORDER BY e.id", (expression, limit))]


def _distinct(cards: Sequence[Card]) -> tuple[Card, ...]:
    return tuple({card.entry: card for card in cards}.values())


def _read_as(words: Sequence[str], card: Card, why: Why) -> tuple[tuple[str, str], ...]:
    """(typed, understood) of each word that is not in the card as it was typed."""
    if why is not Why.SPELLING:
        return ()
    known = name_words(f"{card.family} {card.given}").split() + fold(f"{card.structure_name} {card.city}").split()
    nearest = ((word, min(known, key=lambda k: distance(word, k))) for word in words if word not in known)
    return tuple(nearest)
