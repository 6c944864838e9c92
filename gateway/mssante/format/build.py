"""Building CDA elements: one function, so that mappings read like the document they make.

Built with SubElement: nothing is ever pasted into markup, so nothing needs escaping.
Source: HL7 CDA R2 (namespace); ISO/HL7 data types for `nullFlavor` and `xsi:type`.
"""

from lxml import etree

CDA = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def root(name: str) -> etree._Element:
    """A document element in the CDA namespace."""
    return etree.Element(f"{{{CDA}}}{name}", nsmap={None: CDA, "xsi": XSI})  # type: ignore[dict-item]


def add(parent: etree._Element, name: str, text: str | None = None, **attributes: str | None) -> etree._Element:
    """A new last child. Attributes that are None are left out; `xsi_type` becomes `xsi:type`.

    >>> etree.tostring(add(root("patient"), "birthTime", value="1952", nullFlavor=None)).decode()[:10]
    '<birthTime'
    """
    child = etree.SubElement(parent, f"{{{CDA}}}{name}")
    child.text = text
    for key, value in attributes.items():
        if value is not None:
            child.set(f"{{{XSI}}}type" if key == "xsi_type" else key, value)
    return child


def unknown(parent: etree._Element, name: str, null_flavor: str = "UNK") -> etree._Element:
    """A child that says that its value is not known."""
    return add(parent, name, nullFlavor=null_flavor)
