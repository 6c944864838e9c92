"""The narrative of a CDA section: blocks of words ↔ `text` (StrucDoc). Every row may carry an ID that entries point to.

Only what the letter needs is written: paragraphs, lists, tables, content. Whatever a document holds is read: any
element becomes its words, tables keep their rows, and nothing of it is ever markup again.
Source: HL7 CDA R2 §4.3.5 (section narrative block).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lxml import etree

from gateway.mssante.format.build import add
from gateway.mssante.format.letter import Block, Bullets, Paragraph, Picture, Table
from gateway.mssante.format.oids import HL7_V3

Anchor = Callable[[str], str | None]
"""From the path of a resource to a fresh ID for the words about it; None where there is none to give (any more)."""

_BREAKS: Final = frozenset({"br", "paragraph", "item", "tr", "list", "table", "caption", "title", "footnote"})
_CELLS: Final = frozenset({"td", "th"})


def write_text(section: etree._Element, blocks: tuple[Block, ...], anchor: Anchor) -> etree._Element:
    """Add `text` with the blocks. A picture leaves its caption: the picture itself is in the copy of the document."""
    text = add(section, "text")
    for block in blocks:
        _WRITERS[type(block)](text, block, anchor)  # type: ignore[operator]
    return text


def _paragraph(text: etree._Element, block: Paragraph, anchor: Anchor) -> None:
    style = "Bold" if block.strong else None
    _lines(add(text, "paragraph", styleCode=style), block.text, anchor(block.tells))


def _bullets(text: etree._Element, block: Bullets, anchor: Anchor) -> None:
    target = add(text, "list")
    for index, item in enumerate(block.items):
        _lines(add(target, "item"), item, anchor(block.tells[index] if block.tells else ""))


def _table(text: etree._Element, block: Table, anchor: Anchor) -> None:
    target = add(text, "table", border="1")
    if any(block.head):
        row = add(add(target, "thead"), "tr")
        for cell in block.head:
            add(row, "th", cell)
    body = add(target, "tbody")
    for index, cells in enumerate(block.rows):
        row = add(body, "tr", ID=anchor(block.tells[index] if block.tells else ""))
        for cell in cells:
            _lines(add(row, "td"), cell, None)


def _picture(text: etree._Element, block: Picture, _: Anchor) -> None:
    add(text, "paragraph", block.caption)


_WRITERS: Final = {Paragraph: _paragraph, Bullets: _bullets, Table: _table, Picture: _picture}


def _lines(target: etree._Element, words: str, id_: str | None) -> None:
    """The words, in a `content` of their own where they have an ID; line breaks become `br`."""
    holder = add(target, "content", ID=id_) if id_ else target
    first, *others = words.split("\n")
    holder.text = first
    for line in others:
        add(holder, "br").tail = line


# --- reading -----------------------------------------------------------------------------------------------------


def words_of(element: etree._Element) -> str:
    """The words of a narrative element as plain text: a line per paragraph, item or row, cells apart by " | "."""
    pieces = "".join(_pieces(element))
    lines = (" ".join(line.split()).strip(" |") for line in pieces.split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(element: etree._Element) -> Iterator[str]:
    name = etree.QName(element).localname
    if name in _BREAKS:
        yield "\n"
    yield element.text or ""
    for child in element.iterchildren("*"):
        yield from _pieces(child)
        yield child.tail or ""
    if name in _CELLS:
        yield " | "
    elif name in _BREAKS:
        yield "\n"


def anchors_of(document: etree._Element) -> dict[str, etree._Element]:
    """Every element that a reference may point to, by its ID; of several with one ID, the first."""
    found: dict[str, etree._Element] = {}
    for element in document.iter(f"{{{HL7_V3}}}*"):
        if id_ := element.get("ID"):
            found.setdefault(id_, element)
    return found


def find_words(anchors: Mapping[str, etree._Element], reference: str | None) -> str | None:
    """The words that `#id` points to; None where it points nowhere or is no such reference."""
    if not reference or not reference.startswith("#"):
        return None
    element = anchors.get(reference[1:])
    return words_of(element) or None if element is not None else None
