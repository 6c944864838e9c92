"""The narrative of a CDA section as XHTML that is safe to show: a small set of elements, no attribute but cell spans.

Everything else becomes its words. No link, image, style, script or event can come through, because nothing is copied:
each element that we know is written anew. Source: HL7 CDA R2 §4.3.5; FHIR R4 §2.6.19 (narrative).
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from lxml import etree

XHTML: Final = "http://www.w3.org/1999/xhtml"
_ELEMENTS: Final = {
    "paragraph": "p", "item": "li", "table": "table", "caption": "caption", "thead": "thead", "tbody": "tbody",
    "tfoot": "tfoot", "tr": "tr", "th": "th", "td": "td", "sub": "sub", "sup": "sup",
}  # fmt: skip
_SPANS: Final = ("colspan", "rowspan")
_STYLES: Final = {"bold": "b", "italics": "i", "underline": "u"}


def div(parts: str, lines: tuple[str, ...] = ()) -> str:
    """A narrative `div` of XHTML parts (made by `to_xhtml`) and plain lines below them."""
    below = "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
    return f'<div xmlns="{XHTML}">{parts}{below}</div>'


def to_xhtml(text: etree._Element) -> str:
    """The content of a section's `text` element."""
    return "".join(_children(text)).strip()


def _children(element: etree._Element) -> Iterator[str]:
    yield escape(element.text or "", quote=False)
    for child in element.iterchildren("*"):
        yield from _element(child)
        yield escape(child.tail or "", quote=False)


def _element(element: etree._Element) -> Iterator[str]:
    name = etree.QName(element).localname
    if name == "br":
        yield "<br/>"
        return
    target = _target(element, name)
    yield f"<{target}{_attributes(element, target)}>" if target else ""
    yield from _children(element)
    yield f"</{target}>" if target else ""


def _target(element: etree._Element, name: str) -> str | None:
    if name == "list":
        return "ol" if element.get("listType") == "ordered" else "ul"
    if name == "content":
        styles = (element.get("styleCode") or "").lower().split()
        return next((_STYLES[style] for style in styles if style in _STYLES), None)
    return _ELEMENTS.get(name)


def _attributes(element: etree._Element, target: str) -> str:
    if target not in ("td", "th"):
        return ""
    spans = ((name, element.get(name) or "") for name in _SPANS)
    return "".join(f' {name}="{value}"' for name, value in spans if value.isascii() and value.isdigit())
