"""Which characters our fonts can draw. One that they cannot is printed by its code, never left out or shown as a box.

Source: Unicode 15 (normalisation, general categories, bidirectional controls); `glyphs.tsv` (the fonts inside typst).
"""

import re
import unicodedata
from bisect import bisect_right
from functools import cache

from gateway.tables import read_table

NOTE = "[U+…] : caractère que cette page ne peut pas imprimer, donné par son code Unicode."
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f]")
"""They change no word: soft hyphen, zero-width spaces and joiners, direction marks, variation selectors."""
_LINE_ENDS = re.compile("\r\n?|[\u000b\u000c\u0085\u2028\u2029]")
_MARKER = re.compile(r"\[U\+[0-9A-F]{4,6}\]")
_PLAIN = re.compile(r"[\n -~\u00a0-\u00ff]*")
"""The characters of everyday French, nearly always the whole text."""


def printable(text: str) -> str:
    """The text with every character that cannot be drawn replaced by `[U+XXXX]`; lines end in a line feed.

    >>> printable("vu 😀")
    'vu [U+1F600]'
    """
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))).replace("\t", " ")
    return text if _PLAIN.fullmatch(text) else "".join(_drawn(cluster) for cluster in _clusters(text))


def has_marker(text: str) -> bool:
    """Whether `printable` had to replace something."""
    return _MARKER.search(text) is not None


def _drawn(cluster: str) -> str:
    """A base and its marks, which must come from one font; else each character on its own."""
    if cluster == "\n" or frozenset.intersection(*(_fonts_of(ord(c)) for c in cluster)):
        return cluster
    marked = (c if i == 0 and _fonts_of(ord(c)) else f"[U+{ord(c):04X}]" for i, c in enumerate(cluster))
    return "".join(marked)


def _clusters(text: str) -> list[str]:
    clusters: list[str] = []
    for character in text:
        if clusters and clusters[-1] != "\n" and unicodedata.category(character).startswith("M"):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


@cache
def _ranges() -> tuple[list[int], list[tuple[int, frozenset[str]]]]:
    rows = read_table(__package__, "glyphs.tsv")
    return [int(r["first"], 16) for r in rows], [(int(r["last"], 16), frozenset(r["fonts"])) for r in rows]


def _fonts_of(code_point: int) -> frozenset[str]:
    """The fonts that can draw a character; empty where none can."""
    firsts, ends = _ranges()
    index = bisect_right(firsts, code_point) - 1
    if index < 0 or code_point > ends[index][0]:
        return frozenset()
    return ends[index][1]
