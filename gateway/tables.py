"""Tables shipped with the code (`.tsv`): read once, as rows of text. The only place where pure rooms meet a file.

A line that starts with `#` is a comment; the first other line names the columns. Cells are not quoted.
"""

from functools import cache
from importlib.resources import files


@cache
def read_table(package: str, name: str) -> tuple[dict[str, str], ...]:
    """The rows of `name` in `package`, each as {column: cell}. ValueError when a row has a wrong number of cells."""
    return read_rows(files(package).joinpath(name).read_text("utf-8"))


def read_rows(text: str) -> tuple[dict[str, str], ...]:
    """The rows of a table given as text."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    columns = lines[0].split("\t")
    return tuple(dict(zip(columns, line.split("\t"), strict=True)) for line in lines[1:])


@cache
def read_template(package: str, name: str) -> str:
    """A text file shipped with the code, whole."""
    return files(package).joinpath(name).read_text("utf-8")
