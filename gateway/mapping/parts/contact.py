"""FHIR Address and ContactPoint ↔ CDA AD and TEL.

Source: HL7 V3 data types (AD, TEL); ANS "Structuration minimale": an addr has structured parts or lines, never both.
We write the parts: the first line as streetName, the second as additionalLocator. What the ANS profile has no room
for (further lines, an old address, a telecom that is old, temporary or at an https URL) stays unclaimed, so that the
letter tells it.
"""

from urllib.parse import quote, unquote

from lxml import etree

from gateway.fhir.format.systems import EMAIL_TYPE
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element, Node
from gateway.mssante.format.build import add

_ADDRESS_USE = {"home": "H", "work": "WP", "temp": "TMP"}
_TELECOM_USE = {"home": "H", "work": "WP", "mobile": "MC"}
_READ_USE = {"temp": "TMP", "old": "OLD"}
"""Uses that others may write and the ANS profile does not allow us to."""
_SYNONYMS = {"HP": "H"}
_ADDRESS_PARTS = (("postalCode", "postalCode"), ("city", "city"), ("state", "state"), ("country", "country"))
_WEB = ("http:", "ftp:")
_SCHEME = {"phone": "tel:", "fax": "fax:", "email": "mailto:", "url": ""}
_STREET = ("houseNumber", "houseNumberNumeric", "streetNameType", "streetNameBase", "streetName")


def address_to_cda(parent: etree._Element, address: Element, rule: str) -> None:
    """Add one `addr`. Parts that AD has no place for stay unclaimed."""
    use = address["use"].peek()
    lines = list(zip(("streetName", "additionalLocator"), address.each("line"), strict=False))
    parts = [*lines, *((cda, address[fhir]) for fhir, cda in _ADDRESS_PARTS)]
    if (use and use not in _ADDRESS_USE) or not any(part.peek() for _, part in parts):
        return
    target = add(parent, "addr", use=_ADDRESS_USE[address["use"].structured(rule) or ""] if use else None)
    for name, part in parts:
        if value := part.structured(rule):
            add(target, name, value)


def address_to_fhir(node: Node, rule: str) -> dict[str, object] | None:
    """One `addr` as Address; None where it is empty or unknown."""
    street = " ".join(part for name in _STREET for n in node.each(name) if (part := n.text(rule)))
    more = ("additionalLocator", "unitID", "postBox", "streetAddressLine")
    lines = [street, *(text for name in more for n in node.each(name) if (text := n.text(rule)))]
    address: dict[str, object] = {}
    if kind := _use_of(node, _ADDRESS_USE, rule):
        address["use"] = kind
    if any(lines):
        address["line"] = [line for line in lines if line]
    for name in ("city", "state", "postalCode", "country"):
        if value := node[name].text(rule):
            address[name] = value
    return address or None


def telecoms_to_cda(parent: etree._Element, holder: Element, rule: str, *, mailboxes: bool = True) -> None:
    """Add every telecom of `holder`. MSSanté addresses are withheld where `mailboxes` is false.

    Source: ANS, volet HL7v2 "transmission d'un document CDA": recipients carry no MSSanté address in the CDA.
    """
    for telecom in holder.each("telecom"):
        system = telecom["system"].peek() or ""
        if not mailboxes and telecom.extension(EMAIL_TYPE).exists:
            telecom.claim_all(Outcome.WITHHELD, "mss-address-not-in-cda")
        elif _is_writable(telecom, system):
            _telecom_to_cda(parent, telecom, _SCHEME[system], rule)


def _is_writable(telecom: Element, system: str) -> bool:
    """Whether the ANS profile takes it: a known scheme, a value, and no use beyond home, work, mobile."""
    value, use = telecom["value"].peek() or "", telecom["use"].peek()
    fits = value.startswith(_WEB) if system == "url" else system in _SCHEME and bool(value)
    return fits and (use is None or use in _TELECOM_USE)


def _telecom_to_cda(parent: etree._Element, telecom: Element, scheme: str, rule: str) -> None:
    telecom["system"].structured(rule)
    value = quote(telecom["value"].structured(rule) or "", safe="+@:/?#()-._~&=%" if not scheme else "+@()-._~")
    use = _TELECOM_USE.get(telecom["use"].peek() or "")
    if use:
        telecom["use"].structured(rule)
    add(parent, "telecom", value=scheme + value, use=use)


def telecoms_to_fhir(holder: Node, rule: str) -> list[dict[str, object]]:
    """Every telecom below `holder` that has a value."""
    found = []
    for node in holder.each("telecom"):
        node.implied(f"{rule}-unknown", "nullFlavor")
        if value := node.attribute("value", rule):
            found.append(_telecom_to_fhir(value, _use_of(node, _TELECOM_USE, rule)))
    return found


def _telecom_to_fhir(value: str, use: str | None) -> dict[str, object]:
    system = next((name for name, scheme in _SCHEME.items() if scheme and value.startswith(scheme)), "url")
    bare = unquote(value.removeprefix(_SCHEME[system]))
    telecom: dict[str, object] = {"system": system, "value": bare}
    return telecom | ({"use": use} if use else {})


def _use_of(node: Node, table: dict[str, str], rule: str) -> str | None:
    """The FHIR use of an element; one that FHIR has no word for ("EC", in emergencies) stays unclaimed."""
    given = node.peek("use") or ""
    wanted = _SYNONYMS.get(given, given)
    use = next((key for key, value in (table | _READ_USE).items() if value == wanted), None)
    if use:
        node.attribute("use", rule)
    return use
