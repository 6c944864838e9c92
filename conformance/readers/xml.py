"""XML without any way out: no DTD, no entity, no network."""

from lxml import etree

from conformance.readers import Unreadable

NAMES = {"c": "urn:hl7-org:v3", "r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
"""Prefixes in every path of the suite: `c` is CDA, `r` is ebRIM."""


def parse(content: bytes, where: str) -> etree._Element:
    """The root element. Raises Unreadable."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as error:
        raise Unreadable(where, error.msg) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable(where, "a DTD")
    return root


def elements(root: etree._Element, path: str) -> list[etree._Element]:
    """The elements of an XPath."""
    found = root.xpath(path, namespaces=NAMES)
    return [one for one in found if isinstance(one, etree._Element)] if isinstance(found, list) else []


def values(root: etree._Element, path: str) -> list[str]:
    """The attributes or texts of an XPath."""
    found = root.xpath(path, namespaces=NAMES)
    return [str(one) for one in found] if isinstance(found, list) else []


def value(root: etree._Element, path: str) -> str:
    """The first of them; empty where there is none."""
    return next(iter(values(root, path)), "")
