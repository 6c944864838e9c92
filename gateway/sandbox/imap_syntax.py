"""The grammar of IMAP commands: from lines and literals to a command with arguments. Garbage is `Bad`.

Source: RFC 3501 4 (data formats), 9 (formal syntax); RFC 7888 (non-synchronising literals).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

MAX_LINE_BYTES = 16 * 1024
MAX_DEPTH = 10

Argument: TypeAlias = "str | bytes | tuple[Argument, ...]"
"""An atom is a str, a quoted string or literal is bytes, a parenthesised list is a tuple."""

_TOKEN = re.compile(
    rb"""[ ]*(?:
        (?P<open>\() | (?P<close>\))
        | "(?P<quoted>(?:[^"\\\r\n]|\\["\\])*)"
        | (?P<atom>[^\s()"{}\[\]]+(?:\[[^\]\r\n"]*\](?:<[0-9.]+>)?)?)
    )""",
    re.VERBOSE,
)
_LITERAL = re.compile(rb"\{([0-9]{1,10})(\+?)\}\Z")
_ESCAPE = re.compile(rb"\\(.)")


class Bad(Exception):
    """The command is not understood: tagged BAD."""


class Refused(Exception):
    """The command is understood and not done: tagged NO."""


class HangUp(Exception):
    """The connection cannot go on: untagged BYE."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `name` is in upper case and holds the UID prefix: `UID FETCH`."""

    tag: str
    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal that a line announces at its end. `waits`: it comes only after we said `+`."""

    size: int
    waits: bool


def announced_literal(line: bytes) -> tuple[bytes, Literal | None]:
    """The line without the announcement, and the announcement."""
    found = _LITERAL.search(line)
    return (line[: found.start()], Literal(int(found[1]), not found[2])) if found else (line, None)


def parse_command(pieces: Sequence[bytes]) -> Command:
    """Tag, name and arguments. Raises Bad."""
    tokens = _parse_tokens(pieces)
    match tokens:
        case (str(tag), str(prefix), str(name), *arguments) if prefix.upper() == "UID":
            return Command(tag, f"UID {name.upper()}", tuple(arguments))
        case (str(tag), str(name), *arguments):
            return Command(tag, name.upper(), tuple(arguments))
    raise Bad("tag and command expected")


def tag_of(pieces: Sequence[bytes]) -> str:
    """The tag of a line that could not be parsed; `*` where even that is missing."""
    found = re.match(rb"[A-Za-z0-9.]{1,32}(?= |\Z)", pieces[0])
    return found[0].decode("ascii") if found else "*"


def _parse_tokens(pieces: Sequence[bytes]) -> tuple[Argument, ...]:
    lists: list[list[Argument]] = [[]]
    for index, piece in enumerate(pieces):
        if index % 2:
            lists[-1].append(piece)
        else:
            _add_tokens(piece, lists)
    if len(lists) != 1:
        raise Bad("parenthesis left open")
    return tuple(lists[0])


def _add_tokens(text: bytes, lists: list[list[Argument]]) -> None:
    position, end = 0, len(text.rstrip(b" "))
    while position < end:
        found = _TOKEN.match(text, position)
        if not found:
            raise Bad("malformed argument")
        position = found.end()
        if found["open"]:
            _open_list(lists)
        elif found["close"]:
            _close_list(lists)
        elif found["quoted"] is not None:
            lists[-1].append(_ESCAPE.sub(rb"\1", found["quoted"]))
        else:
            lists[-1].append(_ascii(found["atom"]))


def _open_list(lists: list[list[Argument]]) -> None:
    if len(lists) > MAX_DEPTH:
        raise Bad("nested too deep")
    lists.append([])


def _close_list(lists: list[list[Argument]]) -> None:
    if len(lists) == 1:
        raise Bad("parenthesis not opened")
    closed = tuple(lists.pop())
    lists[-1].append(closed)


def _ascii(atom: bytes) -> str:
    try:
        return atom.decode("ascii")
    except UnicodeDecodeError:
        raise Bad("atoms are ASCII") from None


def text_of(token: Argument) -> str:
    """An astring: atom, quoted string or literal."""
    if isinstance(token, tuple):
        raise Bad("string expected")
    return token if isinstance(token, str) else token.decode("utf-8", "replace")


def parse_set(text: str, highest: int) -> list[range]:
    """A sequence or uid set, `1,3:5,7:*`; `*` is the highest number in use."""
    return [_parse_range(part, highest) for part in text.split(",")]


def _parse_range(part: str, highest: int) -> range:
    ends = [_parse_number(end, highest) for end in part.split(":")]
    if len(ends) > 2:
        raise Bad("malformed set")
    return range(min(ends), max(ends) + 1)


def _parse_number(text: str, highest: int) -> int:
    if text == "*":
        return highest
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        raise Bad("malformed set")
    return int(text)
