"""The search index, made anew from the tables within the import's own transaction."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache

from gateway.registry.directory_schema import CARDS, ENTRIES
from gateway.registry.folding import fold, name_words

_HASH_BYTES = 32 * 1024 * 1024
"""What the full-text index gathers in memory before it writes: its default of one megabyte makes it merge for ever."""


def make_index(connection: sqlite3.Connection, say: Callable[[str], None]) -> None:
    """`entry`, the words of each, and the list of all words by which misspelt ones are corrected."""
    connection.execute("DELETE FROM entry")
    connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
    connection.execute("INSERT INTO words (words, rank) VALUES ('hashsize', ?)", (_HASH_BYTES,))
    connection.execute("DELETE FROM spelling")
    connection.execute(ENTRIES)
    say("index")
    connection.executemany(
        "INSERT INTO words (rowid, family, given, place, city, trade) VALUES (?, ?, ?, ?, ?, ?)", _indexed(connection)
    )
    connection.execute(
        "INSERT INTO spelling SELECT '^' || term || '$' FROM words_vocabulary"
        " WHERE col IN ('family', 'given') AND length(term) > 2 GROUP BY term"
    )


def _indexed(connection: sqlite3.Connection) -> Iterator[tuple[int, str, str, str, str, str]]:
    places: dict[str, tuple[str, str]] = {}
    for card in connection.execute(CARDS):
        number, _, structure, family, given, name, sign, postal, insee, city, *trade, _ = card
        if (words := places.get(structure)) is None:
            words = places[structure] = fold(f"{name} {sign}"), f"{fold(city)} {postal} {insee.lower()}"
        yield number, name_words(family), name_words(given), *words, _trade(*trade)


@lru_cache(maxsize=4096)
def _trade(profession: str, skill: str, profession_label: str, skill_label: str) -> str:
    """Codes and words of a profession and a savoir-faire."""
    return fold(f"{profession} {profession_label} {skill} {skill_label}")
