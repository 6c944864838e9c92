"""How far apart two words are: letters left out, added, replaced, or two swapped. Pure."""


def most_errors(word: str) -> int:
    """How many mistakes are forgiven in a word of this length."""
    return 0 if len(word) < 3 else 1 if len(word) < 7 else 2


def distance(one: str, other: str) -> int:
    """Optimal string alignment.

    >>> distance("martin", "matrin"), distance("lefevre", "lefebvre"), distance("roux", "rouxel")
    (1, 1, 2)
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def trigrams(word: str) -> list[str]:
    """Of the word between its marks of beginning and end, as `spelling` holds it."""
    marked = f"^{word}$"
    return [marked[i : i + 3] for i in range(len(marked) - 2)]
