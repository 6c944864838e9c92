"""What the pages are written in."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold Markdown, but neither bars nor line breaks of their own."""
    return "".join(_row(cells) for cells in (head, ["---"] * len(head), *rows))


def code(text: str) -> str:
    """Verbatim, within a line."""
    return f"`{text}`" if text else ""


def block(text: str, language: str) -> str:
    """Verbatim, on lines of its own."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def folded(title: str, content: str) -> str:
    """Something long, shown when its title is clicked on."""
    return f"<details><summary>{title}</summary>\n\n{content}\n</details>\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), '<br>') for cell in cells)} |\n"
