"""Names as people type them: without accents or capitals, with or without particles, hyphens and apostrophes. Pure."""

import unicodedata
from functools import lru_cache

_PARTICLES = "d de da do des del della di du dos den der l la le les ter van vander von ben el al y e"
PARTICLES = frozenset(_PARTICLES.split())
"""Words that a searcher leaves out, glues on, or types as they stand."""
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower-case ASCII letters and digits, one blank between words.

    >>> fold("d’Ormesson-LEFÈVRE  (Cœur)")
    'd ormesson lefevre coeur'
    """
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_LIGATURES))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


@lru_cache(maxsize=65536)
def name_words(name: str) -> str:
    """The words under which a name is found: its own, and these glued together from each particle on.

    >>> name_words("de la Tour-Belin")
    'de la tour belin delatourbelin latourbelin delatour latour tourbelin'
    """
    words = fold(name).split()
    first = next((i for i, word in enumerate(words) if word not in PARTICLES), 0)
    whole = ["".join(words[i:]) for i in range(first + 1)] if len(words) > 1 else []
    glued = ["".join(words[i : first + 1]) for i in range(first)]
    return " ".join(dict.fromkeys([*words, *whole[:first], *glued, *whole[first:]]))


def query_words(text: str) -> tuple[str, ...]:
    """What to look for: particles only where nothing else was typed.

    >>> query_words("Jean de la Tour"), query_words("Le")
    (('jean', 'tour'), ('le',))
    """
    words = tuple(dict.fromkeys(fold(text).split()))
    return tuple(word for word in words if word not in PARTICLES) or words
