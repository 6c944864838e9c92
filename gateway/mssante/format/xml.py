"""XML at the door: parsed only when it can do no harm, written always in the same bytes.

No document type declaration, hence no entity, no external subset and no expansion; no XInclude; no network; bounded
size, depth and number of elements; only encodings that both parsers read alike. A first pass with expat measures and
refuses, so the tree is only built from what is known to be tame.

Source: OWASP, XML External Entity Prevention; W3C XML 1.0 §2.8; CDA R2 needs none of what is refused here.
"""

from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from lxml import etree

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format.oids import XINCLUDE

MAX_BYTES: Final = 40_000_000
MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 200_000
ENCODINGS: Final = frozenset({"utf-8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def parse(content: bytes, code: str) -> etree._Element:
    """The root element of `content`.

    Raises InputError whose first finding says what was refused (`xml-dtd-refused`, `xml-not-well-formed`,
    `xml-too-large`, `xml-too-deep`, `xml-xinclude-refused`, `xml-encoding-refused`) and whose second is `code`, the
    caller's own word for what could not be read.
    """
    try:
        _measure(content)
        return _tree(content)
    except _Refused as refused:
        raise InputError([Finding(refused.code, refused.path), Finding(code)]) from None


def serialise(root: etree._Element) -> bytes:
    """The whole document of `root` (with what stands before it), in UTF-8. The same tree gives the same bytes."""
    return _DECLARATION + etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=False)


class _Refused(Exception):
    def __init__(self, code: str, path: str = "") -> None:
        self.code, self.path = code, path


@dataclass(slots=True)
class _Gauge:
    """Counts while expat reads, and stops at the first thing that is not allowed."""

    depth: int = 0
    elements: int = 0

    def start(self, name: str, _attributes: object) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH:
            raise _Refused("xml-too-deep")
        if self.elements > MAX_ELEMENTS:
            raise _Refused("xml-too-large")
        if name.startswith(f"{XINCLUDE} "):
            raise _Refused("xml-xinclude-refused")

    def end(self, _name: str) -> None:
        self.depth -= 1

    def doctype(self, *_declaration: object) -> None:
        raise _Refused("xml-dtd-refused")

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise _Refused("xml-encoding-refused")


def _measure(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise _Refused("xml-too-large")
    gauge, parser = _Gauge(), expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = gauge.start, gauge.end
    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = gauge.doctype, gauge.declaration
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError):
        raise _Refused("xml-not-well-formed", f"line {parser.ErrorLineNumber}") from None


def _tree(content: bytes) -> etree._Element:
    # huge_tree only lifts limits that have just been kept: depth, and the length of one text (a PDF in base64).
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _Refused("xml-not-well-formed") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _Refused("xml-dtd-refused")
    return root
