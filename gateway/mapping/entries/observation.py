"""FHIR Observation (results, history, way of life …) ↔ simple observation.

| FHIR Observation | CDA observation |
|---|---|
| identifier, when there is just one | `id` |
| status `final` | `statusCode` completed |
| code, value[x], dataAbsentReason | `code`, `value` (see `values.py`) |
| effectiveDateTime, effectivePeriod | `effectiveTime`, with low and high |
| interpretation, method, bodySite (one each) | `interpretationCode`, `methodCode`, `targetSiteCode` |
| referenceRange: low, high, text | `referenceRange/observationRange` |
| component | simple observation inside, COMP |
| note.text | comment acts |

Everything else (category, performer, specimen …) is told in words. An Observation that is not final, or whose value no
CDA type says, is not written at all: a reader would take it for a result. Vital signs: `vital_signs.py`.
Source: IHE PCC TF-2 (Simple Observations 1.3.6.1.4.1.19376.1.5.3.1.4.13); ANS, FR-Simple-Observation; FHIR R4
Observation.
"""

from collections.abc import Sequence

from lxml import etree

from gateway.mapping.entries import concepts, doubts, quantities, statements, values
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element, Node
from gateway.model import Oid
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown

_RANGE = frozenset({"low", "high", "text"})
_TIMES = ("effectiveTime", "effectiveTime/low", "effectiveTime/high")
_STATUS = {"completed": "final", "active": "preliminary", "aborted": "cancelled", "cancelled": "cancelled"}
"""Any other `statusCode` is `unknown`; `nullified` is not read at all."""


def is_sayable(observation: Element) -> bool:
    """Whether an entry can say it without turning its meaning: a final result about the patient."""
    return (
        observation["status"].peek() == "final"
        and concepts.is_writable(observation["code"])
        and values.is_writable(observation)
        and not doubts.is_modified(observation)
        and not observation["focus"].exists
        and all(_is_component(component) for component in observation.each("component"))
    )


def _is_component(component: Element) -> bool:
    return (
        concepts.is_writable(component["code"])
        and values.is_writable(component)
        and not component["modifierExtension"].exists
    )


def accepts(observation: Element) -> bool:
    """Whether it is sayable. Vital signs come here only when no organizer takes them."""
    return is_sayable(observation)


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(entry: etree._Element, observation: Element, writing: Writing) -> None:
    """Add the observation, with its components inside."""
    made = start(entry, observation, writing, oids.TEMPLATES_SIMPLE_OBSERVATION)
    add_time(made, observation)
    add_result(made, observation)
    statements.add_notes(made, observation, writing)
    for number, component in enumerate(observation.each("component")):
        inner = start(statements.related(made, "COMP"), component, writing, oids.TEMPLATES_SIMPLE_OBSERVATION, number)
        add_time(inner, unclaimed(observation))
        add_result(inner, component)
        add_ranges(inner, component)
    add_ranges(made, observation)


def start(
    parent: etree._Element, holder: Element, writing: Writing, templates: Sequence[Oid], number: int | None = None
) -> etree._Element:
    """An observation up to its status, of an Observation or of its component with a number."""
    made = statements.start(parent, "observation", "OBS", templates, negationInd="false")
    if number is None:
        statements.add_id(made, holder, writing)
        holder["status"].structured("observation-status")
    else:
        add(made, "id", root=writing.id(holder, "component"))
    concepts.to_cda(made, "code", holder["code"], "observation-code")
    statements.add_text(made, writing)
    add(made, "statusCode", code="completed")
    return made


def unclaimed(element: Element) -> Element:
    """The same place, for what is written once more: nothing that is read of it counts."""
    return Element(element.value, element.path, Ledger(), element.companion)


def add_time(target: etree._Element, observation: Element) -> None:
    """`effectiveTime`; a period as bounds; unknown where FHIR has none, or one that TS cannot say."""
    rule, period = "observation-time", observation["effectivePeriod"]
    if statements.add_time(target, "effectiveTime", observation["effectiveDateTime"], rule):
        return
    if statements.add_time(target, "effectiveTime", unclaimed(observation["effectiveInstant"]), rule):
        return
    if not period.exists:
        unknown(target, "effectiveTime")
        observation.ledger.fill("observation/effectiveTime", "observation-time-unknown")
        return
    statements.add_interval(target, period["start"], rule, period["end"])


def add_result(made: etree._Element, holder: Element) -> None:
    """Value, interpretation, method, place: in the order of the schema."""
    values.to_cda(made, holder, "observation-value")
    interpretations = list(holder.each("interpretation"))
    if len(interpretations) == 1 and concepts.is_writable(interpretations[0]):
        concepts.to_cda(made, "interpretationCode", interpretations[0], "interpretation")
    for name, element in (("method", "methodCode"), ("bodySite", "targetSiteCode")):
        if concepts.is_writable(holder[name]):
            concepts.to_cda(made, element, holder[name], f"observation-{element}")


def add_ranges(made: etree._Element, holder: Element) -> None:
    """The reference ranges, which stand last."""
    for item in holder.each("referenceRange"):
        if _is_writable_range(item):
            _add_range(made, item)


def _is_writable_range(item: Element) -> bool:
    """A range for everybody, in numbers or plain words."""
    bounds = [item[name] for name in ("low", "high") if item[name].exists]
    words = item["text"].peek() or ""
    return (
        quantities.is_plain(item, _RANGE)
        and all(map(quantities.is_writable, bounds))
        and words == words.strip()
        and bool(bounds or words)
    )


def _add_range(made: etree._Element, item: Element) -> None:
    target = add(add(made, "referenceRange"), "observationRange")
    if words := item["text"].structured("reference-range"):
        add(target, "text", words)
    if item["low"].exists or item["high"].exists:
        quantities.range_to_cda(target, "value", item, "reference-range", "IVL_PQ")


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(node: Node, reading: Reading) -> list[Resource]:
    """The Observation; nothing where it is denied, planned, of a relative or withdrawn."""
    if not is_readable(node):
        return []
    resource = result_of(node, reading)
    components = [component_of(inner, reading) for inner in _components(node)]
    return [resource | ({"component": components} if components else {})]


def is_readable(node: Node) -> bool:
    """Whether it is a plain fact about the patient that has a code."""
    return (
        statements.is_plain(node)
        and not statements.is_denied(node)
        and node["statusCode"].peek("code") != "nullified"
        and (node["code"].peek("code") is not None or node["code/originalText"].exists)
    )


def result_of(node: Node, reading: Reading, time: Node | None = None) -> Resource:
    """An observation alone. `time` stands for its own where it has none."""
    resource: Resource = {"resourceType": "Observation"} | statements.identified(node)
    resource["status"] = _STATUS.get(node["statusCode"].attribute("code", "observation-status") or "", "unknown")
    statements.frame(node)
    node.attribute("negationInd", "implied-by-template")
    resource |= {"code": concepts.to_fhir(node["code"], "observation-code", reading.words) or {}}
    resource |= statements.about(reading.patient)
    resource |= effective(node["effectiveTime"]) or (effective(time) if time else {})
    return resource | _result(node, reading) | statements.notes(node, reading)


def effective(node: Node) -> Resource:
    """effectiveDateTime or effectivePeriod."""
    rule = "observation-time"
    if time := statements.time_of(node, rule):
        return {"effectiveDateTime": time}
    bounds = {name: statements.time_of(node[bound], rule) for name, bound in (("start", "low"), ("end", "high"))}
    known = {name: time for name, time in bounds.items() if time}
    return {"effectivePeriod": known} if known else {}


def _result(node: Node, reading: Reading) -> Resource:
    """What add_result and the ranges say."""
    found: Resource = {}
    if value := values.to_fhir(node["value"], "observation-value", reading.words):
        found[value[0]] = value[1]
    if meaning := concepts.to_fhir(node["interpretationCode"], "interpretation", reading.words):
        found["interpretation"] = [meaning]
    for name, element in (("method", "methodCode"), ("bodySite", "targetSiteCode")):
        if concept := concepts.to_fhir(node[element], f"observation-{element}", reading.words):
            found[name] = concept
    ranges = [_range(item["observationRange"]) for item in node.each("referenceRange")]
    return found | ({"referenceRange": [item for item in ranges if item]} if any(ranges) else {})


def _range(node: Node) -> Resource:
    """One reference range; a bound that is not itself meant is left to words, with the other."""
    rule, value = "reference-range", node["value"]
    text = node["text"].text(rule)
    found: Resource = {"text": text} if text else {}
    if values.type_of(value) == "IVL_PQ" and all(value[b].peek("inclusive") != "false" for b in ("low", "high")):
        values.claim_type(value)
        found |= quantities.range_to_fhir(value, rule)
    return found


def _components(node: Node) -> list[Node]:
    """The observations inside that say no more than a component can; others stay unread, hence in words."""
    inner = statements.children(node, "observation", oids.TEMPLATES_SIMPLE_OBSERVATION, "COMP")
    return [item for item in inner if is_readable(item) and is_component(item) and is_of_time(item, node)]


def is_component(inner: Node) -> bool:
    """Whether it is final and has neither parts nor comments of its own."""
    return inner["statusCode"].peek("code") == "completed" and not inner["entryRelationship"].exists


def is_of_time(inner: Node, node: Node) -> bool:
    """Whether it has the time of another statement, or none."""
    unknown_ = all(inner[path].peek("value") is None for path in _TIMES)
    return unknown_ or all(inner[path].peek("value") == node[path].peek("value") for path in _TIMES)


def component_of(inner: Node, reading: Reading) -> Resource:
    """The component that an observation inside is."""
    statements.frame(inner)
    inner.attribute("negationInd", "implied-by-template")
    for path in _TIMES:
        inner[path].attribute("value", "same-time-as-the-whole")
        inner[path].implied("same-time-as-the-whole", "nullFlavor")
    component: Resource = {"code": concepts.to_fhir(inner["code"], "observation-code", reading.words) or {}}
    return component | _result(inner, reading)


PART = EntryPart(
    name="observation",
    resources=("Observation",),
    templates=oids.TEMPLATES_SIMPLE_OBSERVATION,
    accepts=accepts,
    to_cda=to_cda,
    to_fhir=to_fhir,
)
