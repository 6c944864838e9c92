"""An XHTML narrative as safe blocks: paragraphs, lists, tables. Styles, links and scripts are not followed; words stay.

Source: FHIR R4 4.0.1, Narrative §2.29 (the permitted subset of XHTML).
"""

import re
from collections.abc import Iterator

from lxml import etree

from gateway.mssante.format.letter import Block, Bullets, Paragraph, Table

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "dl",
        "dt",
        "dd",
        "address",
        "section",
        "article",
    ]
)
_LISTS = frozenset({"ul", "ol"})
_BREAK = "\0"
"""Stands for `<br/>` until spaces are folded: no XML text can hold it."""
_SILENT = frozenset({"script", "style", "head"})
_WORD = re.compile(r"(?:(?<!\w)-)?\w+|[^\w\s.,;:()«»\"'’!/–—-]+")
"""Signs count as words (`+++`, `<`, the minus of a number); plain punctuation does not."""


def narrative_blocks(xhtml: str) -> tuple[Block, ...]:
    """The blocks of a `div`; what is not XML is read as HTML, and what is not even that as plain text."""
    try:
        root = _parse(xhtml)
        if root is not None:
            return tuple(_walk(root))
    except RecursionError:
        pass  # Nested beyond all reason: its words are told without their form.
    return _paragraph(re.sub(r"<[^>]*>", " ", xhtml))


def narrative_text(xhtml: str) -> str:
    """The words of a `div` on one line."""
    return " ".join(" ".join(_block_text(block)) for block in narrative_blocks(xhtml))


def words_in(blocks: "Iterator[Block] | tuple[Block, ...]") -> set[str]:
    """All words and signs of the blocks, to see whether a narrative says anything that is not said already."""
    return {word for block in blocks for text in _block_text(block) for word in _WORD.findall(text.casefold())}


def _parse(xhtml: str) -> etree._Element | None:
    xml = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    html = etree.HTMLParser(no_network=True, huge_tree=True)
    for parser in (xml, html):
        try:
            root = etree.fromstring(xhtml.encode(), parser)
        except (etree.XMLSyntaxError, ValueError):
            continue
        if root is not None:
            return root
    return None


def _walk(element: etree._Element) -> Iterator[Block]:
    """Text runs between block elements become paragraphs of their own."""
    run = element.text or ""
    for child in element:
        name = _name(child)
        if name in _BLOCKS or name in _LISTS or name in ("table", "body", "html"):
            yield from _paragraph(run)
            yield from _block(child, name)
            run = child.tail or ""
        else:
            run += _inline(child, name) + (child.tail or "")
    yield from _paragraph(run)


def _block(element: etree._Element, name: str) -> Iterator[Block]:
    if name in _LISTS:
        items = tuple(text for item in element if (text := _clean(_text(item))))
        yield from (Bullets(items),) if items else ()
    elif name == "table":
        yield from _table(element)
    else:
        yield from _walk(element)


def _table(element: etree._Element) -> Iterator[Block]:
    rows = [[_clean(_text(cell)) for cell in row if _name(cell) in ("td", "th")] for row in _rows(element)]
    rows = [row for row in rows if any(row)]
    caption = next((_text(c) for c in element if _name(c) == "caption"), "")
    yield from _paragraph(caption)
    if not rows:
        return
    width = max(len(row) for row in rows)
    padded = [tuple(row + [""] * (width - len(row))) for row in rows]
    headed = any(_name(cell) == "th" for cell in next(iter(_rows(element)), ()))
    head, body = (padded[0], padded[1:]) if headed else (("",) * width, padded)
    yield Table(head, tuple(body)) if body else Paragraph(" ".join(head))


def _rows(element: etree._Element) -> Iterator[etree._Element]:
    return (row for row in element.iter() if _name(row) == "tr")


def _inline(element: etree._Element, name: str) -> str:
    if name == "br":
        return _BREAK
    return _text(element)


def _text(element: etree._Element) -> str:
    """All words below, an image by its alternative text; block children apart."""
    name = _name(element)
    if not name or name in _SILENT:
        return ""
    own = [element.get("alt") or "" if name == "img" else "", element.text or ""]
    for child in element:
        gap = " " if _name(child) in _BLOCKS | _LISTS | {"li", "tr", "td", "th", "table"} else ""
        own += [gap, _BREAK if _name(child) == "br" else _text(child), gap, child.tail or ""]
    return "".join(own)


def _paragraph(text: str) -> tuple[Block, ...]:
    cleaned = _clean(text)
    return (Paragraph(cleaned),) if cleaned else ()


def _clean(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _name(element: etree._Element) -> str:
    """Local name; empty for a comment or a processing instruction."""
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""


def _block_text(block: Block) -> list[str]:
    match block:
        case Paragraph(text=text):
            return [text]
        case Bullets(items=items):
            return list(items)
        case Table(head=head, rows=rows):
            return [*head, *(cell for row in rows for cell in row)]
        case _:
            return [block.caption]
