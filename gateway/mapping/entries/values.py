"""FHIR value[x] ↔ CDA `value`, and the reason why there is none ↔ `value/@nullFlavor`.

| FHIR | CDA |
|---|---|
| valueQuantity, with a comparator | PQ, IVL_PQ with one bound |
| valueRange, valueRatio | IVL_PQ, RTO_PQ_PQ |
| valueCodeableConcept, valueString | CD, ST |
| valueInteger, valueBoolean | INT, BL |
| valueDateTime, valuePeriod | TS, IVL_TS |
| dataAbsentReason, of the codes below | CD with a nullFlavor |

Anything else (SampledData, time, a Period with extensions) is left to words, and with it the whole entry.
Source: FHIR R4 4.0.1, Observation.value[x], data-absent-reason; HL7 V3 data types; HL7 ConceptMap data-absent-reason
→ v3 NullFlavor.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import concepts, quantities, statements
from gateway.mapping.entries.concepts import Words
from gateway.mapping.parts import dates
from gateway.mapping.source import Element, Node
from gateway.mssante.format.build import XSI, add

_ABSENT: Final = {
    "unknown": "UNK",
    "asked-unknown": "ASKU",
    "temp-unknown": "NAV",
    "not-asked": "NASK",
    "masked": "MSK",
    "not-applicable": "NA",
}
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,8})")
Value = tuple[str, Any]
"""The JSON name and the value."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of value, to CDA."""

    writable: Callable[[Element], bool]
    write: Callable[[etree._Element, Element, str], None]


def _add_primitive(xsi_type: str) -> Callable[[etree._Element, Element, str], None]:
    return lambda parent, value, rule: void(
        add(parent, "value", xsi_type=xsi_type, value=value.structured(rule)),
    )


def void(_: object) -> None:
    """Nothing: what was made is in its parent."""


def _add_string(parent: etree._Element, value: Element, rule: str) -> None:
    add(parent, "value", value.structured(rule), xsi_type="ST")


def _add_time(parent: etree._Element, value: Element, rule: str) -> None:
    add(parent, "value", xsi_type="TS", value=dates.to_cda(value.structured(rule) or ""))


def _add_period(parent: etree._Element, value: Element, rule: str) -> None:
    interval = add(parent, "value", xsi_type="IVL_TS")
    for bound, name in (("low", "start"), ("high", "end")):
        statements.add_time(interval, bound, value[name], rule)


def is_time(value: Element) -> bool:
    """Whether it is a dateTime that comes back the same from a TS."""
    return dates.comes_back(value.peek() or "")


def _is_period(value: Element) -> bool:
    names = frozenset({"start", "end"})
    return (
        quantities.is_plain(value, names)
        and bool(value.value)
        and all(is_time(value[n]) for n in names if value[n].exists)
    )


def _is_string(value: Element) -> bool:
    text = value.peek() or ""
    return bool(text.strip()) and text == text.strip()


_KINDS: Final[Mapping[str, Kind]] = {
    "valueQuantity": Kind(
        lambda value: quantities.is_writable(value, compared=True),
        lambda parent, value, rule: quantities.to_cda(parent, "value", value, rule, "PQ"),
    ),
    "valueRange": Kind(
        quantities.is_writable_range,
        lambda parent, value, rule: quantities.range_to_cda(parent, "value", value, rule, "IVL_PQ"),
    ),
    "valueRatio": Kind(
        quantities.is_writable_ratio,
        lambda parent, value, rule: quantities.ratio_to_cda(parent, "value", value, rule, "RTO_PQ_PQ"),
    ),
    "valueCodeableConcept": Kind(
        concepts.is_writable,
        lambda parent, value, rule: void(concepts.to_cda(parent, "value", value, rule, xsi_type="CD")),
    ),
    "valueString": Kind(_is_string, _add_string),
    "valueInteger": Kind(lambda value: bool(_INTEGER.fullmatch(value.peek() or "")), _add_primitive("INT")),
    "valueBoolean": Kind(lambda value: isinstance(value.value, bool), _add_primitive("BL")),
    "valueDateTime": Kind(is_time, _add_time),
    "valuePeriod": Kind(_is_period, _add_period),
}


# --- to CDA ------------------------------------------------------------------------------------------------------


def is_writable(holder: Element) -> bool:
    """Whether the value of an observation or component, or why it has none, can be said in CDA."""
    names = _names(holder)
    if holder["dataAbsentReason"].exists:
        return not names and _absent_code(holder) is not None
    return not names or (len(names) == 1 and names[0] in _KINDS and _is_whole(holder, names[0]))


def _names(holder: Element) -> list[str]:
    members = holder.value if isinstance(holder.value, Mapping) else {}
    return [name for name in members if name.lstrip("_").startswith("value")]


def _is_whole(holder: Element, name: str) -> bool:
    value = holder[name]
    return value.companion is None and _KINDS[name].writable(value)


def _absent_code(holder: Element) -> str | None:
    """The nullFlavor of a dataAbsentReason that says nothing beyond one code of the table."""
    reason = holder["dataAbsentReason"]
    coding = reason.first("coding")
    one = quantities.is_plain(reason, frozenset({"coding"})) and len(list(reason.each("coding"))) == 1
    return (
        _ABSENT.get(coding["code"].peek() or "")
        if one and coding["system"].peek() == systems.ABSENT_REASON_CODES
        else None
    )


def to_cda(parent: etree._Element, holder: Element, rule: str) -> None:
    """Add `value`, where there is one or a reason for none."""
    for name in _names(holder):
        _KINDS[name].write(parent, holder[name], rule)
    if flavor := _absent_code(holder):
        coding = holder["dataAbsentReason"].first("coding")
        coding["system"].structured(rule)
        coding["code"].structured(rule)
        add(parent, "value", xsi_type="CD", nullFlavor=flavor)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(node: Node, rule: str, words: Words) -> Value | None:
    """What a `value` says, claimed; None where it is of a type, or in a state, that FHIR has no value for."""
    kind = type_of(node)
    if flavor := node.peek("nullFlavor"):
        return _absent(node, flavor, rule) if not node["originalText"].exists else _concept(node, rule, words)
    read = _READERS.get(kind)
    found = read(node, rule, words) if read else None
    if found:
        claim_type(node)
    return found


def type_of(node: Node) -> str:
    """The local name of `xsi:type`."""
    return (node.peek(f"{{{XSI}}}type") or "").rpartition(":")[2]


def claim_type(node: Node) -> None:
    """Claim `xsi:type`: the kind of FHIR value tells it."""
    node.implied("implied-by-value", f"{{{XSI}}}type")


def _absent(node: Node, flavor: str, rule: str) -> Value | None:
    code = next((code for code, known in _ABSENT.items() if known == flavor), None)
    if code is None:
        return None
    node.attribute("nullFlavor", rule)
    claim_type(node)
    return "dataAbsentReason", {"coding": [{"system": systems.ABSENT_REASON_CODES, "code": code}]}


def _concept(node: Node, rule: str, words: Words) -> Value | None:
    found = concepts.to_fhir(node, rule, words)
    return ("valueCodeableConcept", found) if found else None


def _quantity(node: Node, rule: str, _: Words) -> Value | None:
    found = quantities.to_fhir(node, rule)
    return ("valueQuantity", found) if found else None


def _interval(node: Node, rule: str, _: Words) -> Value | None:
    if quantities.interval_is_range(node):
        return "valueRange", quantities.range_to_fhir(node, rule)
    found = quantities.compared_to_fhir(node, rule)
    return ("valueQuantity", found) if found else None


def _ratio(node: Node, rule: str, _: Words) -> Value | None:
    found = quantities.ratio_to_fhir(node, rule)
    if not found:
        return None
    for part in ("numerator", "denominator"):
        claim_type(node[part])
    return "valueRatio", found


def _string(node: Node, rule: str, words: Words) -> Value | None:
    if node.peek("representation") == "B64":
        return None
    found = concepts.words_to_fhir(node, rule, words)
    return ("valueString", found) if found else None


def _integer(node: Node, rule: str, _: Words) -> Value | None:
    if not _INTEGER.fullmatch(node.peek("value") or ""):
        return None
    return "valueInteger", int(node.attribute("value", rule) or "")


def _boolean(node: Node, rule: str, _: Words) -> Value | None:
    if node.peek("value") not in ("true", "false"):
        return None
    return "valueBoolean", node.attribute("value", rule) == "true"


def _time(node: Node, rule: str, _: Words) -> Value | None:
    found = statements.time_of(node, rule)
    return ("valueDateTime", found) if found else None


def _period(node: Node, rule: str, _: Words) -> Value | None:
    found = {name: statements.time_of(node[bound], rule) for name, bound in (("start", "low"), ("end", "high"))}
    known = {name: time for name, time in found.items() if time}
    return ("valuePeriod", known) if known else None


_READERS: Final[Mapping[str, Callable[[Node, str, Words], Value | None]]] = {
    "PQ": _quantity,
    "REAL": _quantity,
    "IVL_PQ": _interval,
    "RTO_PQ_PQ": _ratio,
    "RTO": _ratio,
    "CD": _concept,
    "CE": _concept,
    "CV": _concept,
    "CO": _concept,
    "ST": _string,
    "ED": _string,
    "INT": _integer,
    "BL": _boolean,
    "TS": _time,
    "IVL_TS": _period,
}
