"""FHIR Quantity, Range and Ratio ↔ CDA PQ, IVL_PQ and RTO: the digits as they were given, units in UCUM.

| FHIR | CDA |
|---|---|
| value, code | PQ `value`, `unit` |
| unit | told by the code: the name that people give to it, else the code; another one in `translation/originalText` |
| a code that receivers refuse ("mL/min/{1.73_m2}", "1") | `translation/@code`, beside the bare unit |
| comparator < ≤ > ≥ | IVL_PQ with one bound, `inclusive` false or true |

A quantity without a UCUM code is left to words: CDA has no place for "3 boîtes".
Source: HL7 V3 data types (PQ, PQR, IVL, RTO); UCUM 2.1 §12 (annotations do not change a unit); ANS kit,
terminologie.sch.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.letter.vocabulary import word_of
from gateway.mapping.source import Element, Node
from gateway.mssante.format import oids
from gateway.mssante.format.build import add

Quantity = dict[str, Any]
_MEMBERS = frozenset({"value", "comparator", "unit", "system", "code"})
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")
_CODE = re.compile(r"\S+")
_PLAIN_ANNOTATION = re.compile(r"\{[a-z]{2,}\}")
_ANNOTATION = re.compile(r"/?\{[^}]*\}")
_UNITY = "1"
"""The unit of a bare number: told by no `unit` at all."""
_BOUNDS = {"<": ("high", "false"), "<=": ("high", "true"), ">": ("low", "false"), ">=": ("low", "true")}
"""Comparator → which bound of an interval, and whether it is itself meant."""


def is_plain(value: Element, members: frozenset[str]) -> bool:
    """Whether a FHIR object has no other member than these: no extension, no id, nothing unknown."""
    return isinstance(value.value, Mapping) and set(value.value) <= members


def is_writable(quantity: Element, *, compared: bool = False) -> bool:
    """Whether a PQ says all of it. `compared`: whether a comparator may stand there."""
    value, code = quantity["value"].peek() or "", quantity["code"].peek()
    bare = code is None and not quantity["system"].exists and not quantity["unit"].exists
    unit = quantity["unit"].peek() or "-"
    coded = unit == unit.strip() and quantity["system"].peek() == systems.UCUM and bool(_CODE.fullmatch(code or ""))
    return (
        is_plain(quantity, _MEMBERS)
        and (compared or not quantity["comparator"].exists)
        and is_number(value)
        and str(Decimal(value)) == value
        and (bare or coded)
    )


def is_writable_range(range_: Element) -> bool:
    """Whether an IVL_PQ says all of it: both bounds."""
    return is_plain(range_, frozenset({"low", "high"})) and all(is_writable(range_[n]) for n in ("low", "high"))


def is_writable_ratio(ratio: Element) -> bool:
    """Whether an RTO says all of it."""
    names = frozenset({"numerator", "denominator"})
    return is_plain(ratio, names) and all(is_writable(ratio[name]) for name in names)


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(parent: etree._Element, name: str, quantity: Element, rule: str, xsi_type: str | None = None) -> None:
    """Add a PQ; an IVL_PQ with one bound where the quantity is compared."""
    bound = _BOUNDS.get(quantity["comparator"].structured(rule) or "")
    if bound:
        target = add(add(parent, name, xsi_type=xsi_type and "IVL_PQ"), bound[0], inclusive=bound[1])
    else:
        target = add(parent, name, xsi_type=xsi_type)
    _fill(target, quantity, rule)


def range_to_cda(parent: etree._Element, name: str, range_: Element, rule: str, xsi_type: str | None = None) -> None:
    """Add an IVL_PQ with the bounds that there are."""
    interval = add(parent, name, xsi_type=xsi_type)
    for bound in ("low", "high"):
        if range_[bound].exists:
            _fill(add(interval, bound), range_[bound], rule)


def same_to_cda(parent: etree._Element, name: str, quantity: Element, rule: str) -> None:
    """Add an IVL_PQ from a quantity to itself: French models take no other dose."""
    interval = add(parent, name)
    for bound in ("low", "high"):
        _fill(add(interval, bound), quantity, rule)


def ratio_to_cda(parent: etree._Element, name: str, ratio: Element, rule: str, xsi_type: str | None = None) -> None:
    """Add an RTO of two PQ."""
    target = add(parent, name, xsi_type=xsi_type)
    for part in ("numerator", "denominator"):
        _fill(add(target, part, xsi_type="PQ" if xsi_type else None), ratio[part], rule)


def _fill(target: etree._Element, quantity: Element, rule: str) -> None:
    value, code, unit = (quantity[name].structured(rule) for name in ("value", "code", "unit"))
    quantity["system"].structured(rule)
    target.set("value", value or "")
    if code is None:
        return
    bare = bare_unit(code)
    if bare != _UNITY:
        target.set("unit", bare)
    called = unit if unit != unit_name(code) else None
    if bare != code or bare == _UNITY or called:
        beside = add(target, "translation", value=value, code=code, codeSystem=oids.UCUM, codeSystemName="UCUM")
        if called:
            add(beside, "originalText", called)


def bare_unit(code: str) -> str:
    """The unit without annotations that receivers refuse.

    >>> bare_unit("mL/min/{1.73_m2}"), bare_unit("{puff}"), bare_unit("{Dosis}")
    ('mL/min', '{puff}', '1')
    """
    return code if _PLAIN_ANNOTATION.fullmatch(code) else _ANNOTATION.sub("", code) or _UNITY


def unit_name(code: str) -> str:
    """What people call a unit.

    >>> unit_name("mm[Hg]"), unit_name("kg"), unit_name("1")
    ('mmHg', 'kg', '1')
    """
    return code if code == _UNITY else word_of("Quantity.code", code) or code


# --- to FHIR -----------------------------------------------------------------------------------------------------


def is_readable(node: Node) -> bool:
    """Whether a PQ holds a number."""
    return is_number(node.peek("value") or "")


def is_number(text: str) -> bool:
    """Whether it is a decimal of a reasonable length."""
    return bool(_NUMBER.fullmatch(text))


def number(text: str) -> Decimal | int:
    """A number with its digits; a sign or zeros that JSON does not write are left out."""
    return Decimal(text) if "." in text else int(text)


def to_fhir(node: Node, rule: str) -> Quantity | None:
    """The PQ as a Quantity; None where it holds no number."""
    if not is_readable(node):
        return None
    quantity: Quantity = {"value": number(node.attribute("value", rule) or "")}
    unit = node.attribute("unit", rule)
    code, called = _beside(node, unit, rule) or (unit, None)
    called = called or (unit_name(code) if code else None)
    return quantity | ({"unit": called, "system": systems.UCUM, "code": code} if code else {})


def _beside(node: Node, unit: str | None, rule: str) -> tuple[str, str | None] | None:
    """The exact UCUM code beside the bare unit, where it means the same, and what the sender called it."""
    beside = node["translation"]
    code = beside.peek("code") or ""
    same = beside.peek("codeSystem") == oids.UCUM and beside.peek("value") == node.peek("value")
    if not code or not same or bare_unit(code) != (unit or _UNITY):
        return None
    for name in ("code", "value", "codeSystem", "codeSystemName"):
        beside.attribute(name, rule)
    return code, beside["originalText"].text(rule)


def interval_is_range(node: Node) -> bool:
    """Whether an IVL_PQ has both bounds, each of them meant."""
    bounds = (node["low"], node["high"])
    return all(is_readable(bound) and bound.peek("inclusive") != "false" for bound in bounds)


def range_to_fhir(node: Node, rule: str) -> dict[str, Quantity]:
    """The bounds of an IVL_PQ that hold a number."""
    found = {bound: to_fhir(node[bound], rule) for bound in ("low", "high")}
    for bound in ("low", "high"):
        node[bound].attribute("inclusive", f"{rule}-bound")
        node[bound].implied(f"{rule}-no-bound", "nullFlavor")
    return {bound: quantity for bound, quantity in found.items() if quantity}


def compared_to_fhir(node: Node, rule: str) -> Quantity | None:
    """An IVL_PQ with one bound as a compared Quantity; None where it has none or both."""
    bounds = [name for name in ("low", "high") if is_readable(node[name])]
    if len(bounds) != 1:
        return None
    node["high" if bounds[0] == "low" else "low"].implied(f"{rule}-no-bound", "nullFlavor")
    meant = node[bounds[0]].attribute("inclusive", rule) or "true"
    comparator = next((c for c, bound in _BOUNDS.items() if bound == (bounds[0], meant)), None)
    found = to_fhir(node[bounds[0]], rule)
    return {**found, "comparator": comparator} if found and comparator else None


def ratio_to_fhir(node: Node, rule: str) -> dict[str, Quantity] | None:
    """The RTO as a Ratio; None where a side holds no number."""
    parts = ("numerator", "denominator")
    if not all(is_readable(node[part]) for part in parts):
        return None
    return {part: to_fhir(node[part], rule) or {} for part in parts}
