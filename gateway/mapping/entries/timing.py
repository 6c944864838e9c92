"""FHIR Timing of a dosage ↔ the `effectiveTime` elements of a substanceAdministration.

| FHIR Timing.repeat | CDA |
|---|---|
| boundsPeriod (of a request), boundsDuration | first `effectiveTime` IVL_TS: low and high, or width |
| frequency 1, period, periodUnit | PIVL_TS `period` |
| frequency n in a day or a week | PIVL_TS of the nth part, `institutionSpecified`: the moments are left open |
| when | EIVL_TS `event`; several: SXPR_TS of them; once each a day unless a PIVL_TS says otherwise |

Whatever else a Timing says (days of the week, times of day, ranges of frequency, counts) is left to words, and with it
the whole timing: half of it would be another prescription. `effectiveTime/@nullFlavor` OTH then says so.
Source: FHIR R4 4.0.1, Timing, EventTiming; HL7 V3 data types (PIVL, EIVL, SXPR); IHE PCC TF-2 (Medications); HL7 V3
TimingEvent.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from lxml import etree

from gateway.mapping.entries import quantities, statements, values
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mssante.format.build import add

WHEN: Final = frozenset(["HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"])
"""Moments that both standards have."""
_REPEAT: Final = frozenset({"frequency", "period", "periodUnit", "when"})
_UNITS: Final = frozenset({"s", "min", "h", "d", "wk", "mo", "a"})
_PARTS: Final = {"d": (Decimal(24), "h"), "wk": (Decimal(7), "d")}
"""A cycle that is shared out: how many of which smaller unit it has."""
_RULE: Final = "dosage-timing"
Cycle = tuple[Decimal, str, bool]
"""Period, unit, whether the moments are left open."""


# --- to CDA ------------------------------------------------------------------------------------------------------


def is_writable(timing: Element, bounds: frozenset[str]) -> bool:
    """Whether CDA says all of it. `bounds`: those that the first `effectiveTime` has a place for."""
    if not timing.exists:
        return True
    repeat = timing["repeat"]
    moments = [moment.peek() for moment in repeat.each("when")]
    return (
        quantities.is_plain(timing, frozenset({"repeat"}))
        and quantities.is_plain(repeat, _REPEAT | bounds)
        and all(moment in WHEN for moment in moments)
        and len(set(moments)) == len(moments)
        and (_cycle(repeat) is not None or not _has_cycle(repeat))
        and _bounds_are_writable(repeat)
    )


def _has_cycle(repeat: Element) -> bool:
    return any(repeat[name].exists for name in ("frequency", "period", "periodUnit"))


def _bounds_are_writable(repeat: Element) -> bool:
    period, duration = repeat["boundsPeriod"], repeat["boundsDuration"]
    times = [period[name] for name in ("start", "end") if period[name].exists]
    return (not duration.exists or quantities.is_writable(duration)) and (
        not period.exists
        or (
            quantities.is_plain(period, frozenset({"start", "end"})) and all(map(values.is_time, times)) and bool(times)
        )
    )


def _cycle(repeat: Element) -> Cycle | None:
    """The PIVL that says how often; None where none does exactly."""
    period, unit = repeat["period"].peek() or "", repeat["periodUnit"].peek() or ""
    times = repeat["frequency"].peek() or "1"
    if unit not in _UNITS or not times.isdecimal() or not _is_length(period):
        return None
    if times == "1":
        return Decimal(period), unit, False
    if period != "1" or unit not in _PARTS or len(times) > 2 or int(times) < 2:
        return None
    length, part = _PARTS[unit]
    each = length / int(times)
    return (each, part, True) if _times(each, part) == (int(times), unit) else None


def _is_length(text: str) -> bool:
    return quantities.is_number(text) and Decimal(text) > 0 and str(Decimal(text)) == text


def bounds_to_cda(statement: etree._Element, timing: Element) -> bool:
    """Add the first `effectiveTime` from the bounds of a dosage; False where it has none."""
    period, duration = timing["repeat"]["boundsPeriod"], timing["repeat"]["boundsDuration"]
    if duration.exists:
        quantities.to_cda(add(statement, "effectiveTime", xsi_type="IVL_TS"), "width", duration, _RULE)
        return True
    if period.exists:
        interval_to_cda(statement, period)
    return period.exists


def interval_to_cda(statement: etree._Element, period: Element) -> None:
    """Add `effectiveTime` IVL_TS with both bounds: French models want them, known or not."""
    interval = add(statement, "effectiveTime", xsi_type="IVL_TS")
    for bound, name, flavor in (("low", "start", "UNK"), ("high", "end", "NA")):
        if not statements.add_time(interval, bound, period[name], "medication-period"):
            add(interval, bound, nullFlavor=flavor)


def to_cda(statement: etree._Element, timing: Element) -> None:
    """Add the further `effectiveTime` elements, which narrow the first."""
    repeat = timing["repeat"]
    moments = [moment.structured(_RULE) or "" for moment in repeat.each("when")]
    if moments:
        _moments_to_cda(statement, moments)
    cycle = _cycle(repeat)
    if cycle is None:
        return
    for name in ("frequency", "period", "periodUnit"):
        repeat[name].structured(_RULE)
    if not moments or not _is_implied(repeat, len(moments)):
        _cycle_to_cda(statement, cycle)


def unsayable(statement: etree._Element) -> None:
    """Add an `effectiveTime` that says: there is a timing, but only in words."""
    add(statement, "effectiveTime", operator="A", nullFlavor="OTH")


def _is_implied(repeat: Element, moments: int) -> bool:
    """Whether the cycle is what the moments alone mean: each of them once a day."""
    given = tuple(repeat[name].peek() for name in ("frequency", "period", "periodUnit"))
    return given == (str(moments), "1", "d")


def _moments_to_cda(statement: etree._Element, moments: list[str]) -> None:
    if len(moments) == 1:
        add(add(statement, "effectiveTime", xsi_type="EIVL_TS", operator="A"), "event", code=moments[0])
        return
    union = add(statement, "effectiveTime", xsi_type="SXPR_TS", operator="A")
    for moment in moments:
        add(add(union, "comp", xsi_type="EIVL_TS", operator="I"), "event", code=moment)


def _cycle_to_cda(statement: etree._Element, cycle: Cycle) -> None:
    period, unit, is_open = cycle
    flag = "true" if is_open else None
    target = add(statement, "effectiveTime", xsi_type="PIVL_TS", operator="A", institutionSpecified=flag)
    add(target, "period", value=f"{period:f}", unit=unit)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def interval_of(statement: Node) -> Node:
    """The first `effectiveTime`, where it is an interval; else a place that does not exist."""
    first = statement["effectiveTime"]
    return first if values.type_of(first) in ("IVL_TS", "") else Node(None, first.path, first.ledger)


def period_to_fhir(interval: Node) -> Resource:
    """The bounds of an interval as a Period."""
    values.claim_type(interval)
    interval.implied("medication-period-unknown", "nullFlavor")
    bounds = {
        name: statements.time_of(interval[b], "medication-period") for name, b in (("start", "low"), ("end", "high"))
    }
    return {name: time for name, time in bounds.items() if time}


def duration_to_fhir(interval: Node) -> Resource:
    """The width of an interval as `boundsDuration`."""
    found = quantities.to_fhir(interval["width"], _RULE)
    return {"boundsDuration": found} if found else {}


def is_understood(statement: Node) -> bool:
    """Whether the further `effectiveTime` elements say what a Timing can."""
    return _are_understood(_groups(statement))


def _groups(statement: Node) -> list[list[Node]]:
    return [list(_parts(node)) for node in statement.each("effectiveTime")]


def to_fhir(statement: Node) -> Resource:
    """What the further `effectiveTime` elements say of Timing.repeat; empty where any of them is not understood."""
    groups = _groups(statement)
    if not _are_understood(groups):
        return {}
    for node in statement.each("effectiveTime"):
        _claim_frame(node)
    parts = [part for group in groups for part in group]
    moments = [_moment(part) for part in parts if _is_moment(part)]
    cycles = [_cycle_to_fhir(part) for part in parts if not _is_moment(part)]
    implied = {"frequency": len(moments), "period": 1, "periodUnit": "d"} if moments else {}
    return implied | (cycles[0] if cycles else {}) | ({"when": moments} if moments else {})


def _parts(node: Node) -> Iterator[Node]:
    """The periodic and event-based parts of an `effectiveTime`, those of an expression one by one."""
    kind = values.type_of(node)
    if kind == "SXPR_TS":
        yield from node.each("comp")
    elif kind not in ("IVL_TS", "TS", ""):
        yield node


def _are_understood(groups: list[list[Node]]) -> bool:
    """Whether all say at most one cycle and at most one union of moments, which together narrow the treatment."""
    parts = [part for group in groups for part in group]
    with_moments = [group for group in groups if any(map(_is_moment, group))]
    return (
        all(map(_is_readable, parts))
        and len(with_moments) <= 1
        and sum(1 for part in parts if not _is_moment(part)) <= 1
        and all(len(group) == 1 or _is_union(group) for group in groups if group)
    )


def _is_union(group: list[Node]) -> bool:
    return all(_is_moment(part) and part.peek("operator") in (None, "I") for part in group)


def _is_moment(part: Node) -> bool:
    return values.type_of(part) == "EIVL_TS"


def _is_readable(part: Node) -> bool:
    if part.peek("operator") not in (None, "A", "I") or part.peek("nullFlavor"):
        return False
    if values.type_of(part) == "PIVL_TS":
        unit, value = part["period"].peek("unit"), part["period"].peek("value") or ""
        return unit in _UNITS and quantities.is_number(value) and not part["phase"].exists and Decimal(value) > 0
    return _is_moment(part) and part["event"].peek("code") in WHEN and not part["offset"].exists


def _claim_frame(node: Node) -> None:
    for part in (node, *node.each("comp")):
        if values.type_of(part) in ("PIVL_TS", "EIVL_TS", "SXPR_TS") or part.peek("operator"):
            values.claim_type(part)
            part.implied(_RULE, "operator", "nullFlavor")


def _moment(part: Node) -> str | None:
    part["event"].attribute("codeSystem", _RULE)
    return part["event"].attribute("code", _RULE)


def _cycle_to_fhir(part: Node) -> Resource:
    period = part["period"]
    value, unit = quantities.number(period.attribute("value", _RULE) or "1"), period.attribute("unit", _RULE) or ""
    is_open = part.attribute("institutionSpecified", _RULE) in ("true", "1")
    times = _times(Decimal(value), unit) if is_open else None
    if times:
        return {"frequency": times[0], "period": 1, "periodUnit": times[1]}
    return {"frequency": 1, "period": value, "periodUnit": unit}


def _times(value: Decimal, unit: str) -> tuple[int, str] | None:
    """How often a day or a week, when a part of it repeats; None where that is no whole number.

    >>> _times(Decimal("12"), "h"), _times(Decimal("3.5"), "d"), _times(Decimal("7"), "h")
    ((2, 'd'), (2, 'wk'), None)
    """
    for whole, (length, part) in _PARTS.items():
        if unit == part and length % value == 0 and value not in (1 if whole == "wk" else 0, length):
            return int(length / value), whole
    return None
