"""Small sentence building: joining what there is."""

from collections.abc import Sequence

from gateway.mapping.letter.draft import Teller
from gateway.mssante.format.letter import Block, Table


def joined(separator: str, *parts: str | None) -> str:
    """The parts that say something, joined.

    >>> joined(", ", "a", None, "", "b")
    'a, b'
    """
    return separator.join(part for part in parts if part)


def beginning(text: str) -> str:
    """Without a leading "depuis": the column already says it."""
    return text.removeprefix("depuis ").removeprefix("le ")


def capital(text: str) -> str:
    """With a capital first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], tellers: Sequence[Teller] = ()) -> tuple[Block, ...]:
    """A table without the columns that nobody fills; nothing where there are no rows. `tellers`: one for each row."""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    if not rows or not kept:
        return ()
    shown = tuple(tuple(row[i] for i in kept) for row in rows)
    return (Table(tuple(head[i] for i in kept), shown, tuple(teller.entry.path for teller in tellers)),)


def code_of(teller: Teller, name: str) -> str:
    """The first code of a concept, claiming nothing: for decisions only."""
    return teller[name].first("coding")["code"].peek() or ""
