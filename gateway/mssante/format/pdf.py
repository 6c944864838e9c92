"""Letter → typst source. Pure: the words travel as one JSON literal, so no text can become an instruction of typst.

The layout is `letter.typ`. Source: typst 0.15 reference (string escapes, `json`); ANS MSSanté referential #2, ECO.2.1.5
(what the readable document names).
"""

import json
import re
from collections.abc import Mapping

from gateway.mssante.format.glyphs import NOTE, has_marker, printable
from gateway.mssante.format.letter import Address, Block, Bullets, Letter, Paragraph, Picture, Section, Table
from gateway.tables import read_template

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg"}
_LONG_WORD = re.compile(r"\S{41,}")
_NARROW_COLUMN = 20
"""Up to so many characters a column (a date, a number) takes what it needs; wider ones share the rest."""

Json = str | bool | list["Json"] | dict[str, "Json"] | None


def typst_source(letter: Letter) -> tuple[str, Mapping[str, bytes]]:
    """The source, and the picture files (name → bytes) that it reads from its root."""
    pictures: dict[str, bytes] = {}
    data = _letter(letter, pictures)
    if has_marker(json.dumps(data, ensure_ascii=False)):
        data["footer"] = f"{data['footer']} {NOTE}"
    literal = json.dumps(data).replace("\\", "\\\\").replace('"', '\\"')
    template = read_template(__package__, "letter.typ")
    return f'#let letter = json(bytes("{literal}"))\n{template}', pictures


def _letter(letter: Letter, pictures: dict[str, bytes]) -> dict[str, Json]:
    return {
        "title": _plain(letter.title),
        "language": letter.language,
        "date": _text(letter.place_and_date),
        "author": _address(letter.author),
        "author-name": _plain(letter.author.name),
        "recipients": [_address(recipient) for recipient in letter.recipients],
        "patient": _address(letter.patient),
        "running": _plain(", ".join([letter.patient.name, *letter.patient.lines[:1]])),
        "urgency": _text(letter.urgency) if letter.urgency else None,
        "sections": [_section(section, pictures) for section in letter.sections],
        "signature": _text(letter.signature),
        "footer": printable(letter.footer),
    }


def _address(address: Address) -> dict[str, Json]:
    return {"name": _text(address.name), "lines": [_text(line) for line in address.lines]}


def _section(section: Section, pictures: dict[str, bytes]) -> dict[str, Json]:
    blocks: list[Json] = [_block(block, pictures) for block in section.blocks]
    return {"title": _text(section.title), "annex": section.annex, "blocks": blocks}


def _block(block: Block, pictures: dict[str, bytes]) -> dict[str, Json]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": _text(block.text), "strong": block.strong}
        case Bullets():
            return {"kind": "bullets", "items": [_text(item) for item in block.items]}
        case Table():
            return _table(block)
        case Picture():
            return _picture(block, pictures)


def _table(table: Table) -> dict[str, Json]:
    return {
        "kind": "table",
        "head": [_text(cell) for cell in table.head],
        "rows": [[_text(cell) for cell in row] for row in table.rows],
        "columns": _columns(table),
    }


def _columns(table: Table) -> list[Json]:
    """`auto` for a narrow column, else its share of what is left; the last takes the rest of the line."""
    columns = zip(table.head, *table.rows, strict=True)
    widths = [max(len(line) for cell in cells for line in cell.split("\n")) for cells in columns]
    shares: list[Json] = ["auto" if width <= _NARROW_COLUMN else str(min(width, 90)) for width in widths]
    return shares if set(shares) != {"auto"} else [*shares[:-1], "1"]


def _picture(picture: Picture, pictures: dict[str, bytes]) -> dict[str, Json]:
    name = f"picture-{len(pictures)}.{_EXTENSIONS[picture.media_type]}"
    pictures[name] = picture.content
    return {"kind": "picture", "file": name, "caption": _text(picture.caption)}


def _plain(text: str) -> str:
    """One line, for titles and page feet."""
    return printable(text).replace("\n", " ")


def _text(text: str) -> str:
    """Lines that can be broken: a word too long for a column gets places where it may be cut."""
    return _LONG_WORD.sub(_breakable, printable(text))


def _breakable(found: re.Match[str]) -> str:
    return re.sub(r"(.{15})(?=.)", "\\1\u200b", found.group())
