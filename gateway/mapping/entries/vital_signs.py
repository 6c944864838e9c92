"""FHIR Observation of the category `vital-signs` ↔ vital signs organizer.

| FHIR Observation | CDA organizer |
|---|---|
| one measure | one component, with all that `observation.py` says of it |
| a panel (blood pressure 85354-9 and its components) | one component each; the panel's code as `code/translation` |
| category `vital-signs` | the organizer itself |

So what is one Observation comes back as one; an organizer of others gives one Observation for each of its components.
Source: IHE PCC TF-2 (Vital Signs Organizer 1.3.6.1.4.1.19376.1.5.3.1.4.13.1); ANS, FR-Signes-vitaux; FHIR R4 vital
signs profiles (blood pressure panel).
"""

from collections.abc import Mapping
from functools import cache

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import concepts, observation, statements
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown
from gateway.tables import read_table

_VITAL_SIGNS = "vital-signs"
_CODE = ("85353-1", "Signes vitaux")
_CATEGORY: Resource = {"category": [{"coding": [{"system": systems.OBSERVATION_CATEGORY, "code": _VITAL_SIGNS}]}]}


@cache
def _units() -> dict[str, frozenset[str]]:
    """LOINC code → its units; none where any will do."""
    rows = read_table("gateway.mapping.entries", "vital_signs.tsv")
    return {row["code"]: frozenset(row["units"].split()) for row in rows}


def accepts(vital: Element) -> bool:
    """Whether it is sayable: a measure, or a panel of measures without a value of its own."""
    if _category(vital) is None or not observation.is_sayable(vital):
        return False
    parts = list(vital.each("component"))
    return all(map(_is_measure, parts)) and not _has_value(vital) and _is_panel(vital) if parts else _is_measure(vital)


def _category(vital: Element) -> Element | None:
    """The coding that says that it is one."""
    codings = (coding for category in vital.each("category") for coding in category.each("coding"))
    ours = (c for c in codings if c["system"].peek() == systems.OBSERVATION_CATEGORY)
    return next((coding for coding in ours if coding["code"].peek() == _VITAL_SIGNS), None)


def _has_value(vital: Element) -> bool:
    names = vital.value if isinstance(vital.value, Mapping) else {}
    return any(name.startswith("value") for name in names) or vital["dataAbsentReason"].exists


def _is_panel(vital: Element) -> bool:
    return any(map(concepts.is_codable, vital["code"].each("coding")))


def _is_measure(measure: Element) -> bool:
    """Whether the French profile takes the code, and its unit."""
    first = next((c for c in measure["code"].each("coding") if concepts.is_codable(c)), None)
    if first is None or first["system"].peek() != systems.LOINC:
        return False
    units, quantity = _units().get(first["code"].peek() or ""), measure["valueQuantity"]
    if not units:
        return units is not None
    fitting = quantity["code"].peek() in units and not quantity["comparator"].exists
    return fitting or measure["dataAbsentReason"].exists


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(entry: etree._Element, vital: Element, writing: Writing) -> None:
    """Add the organizer."""
    organizer = statements.start(entry, "organizer", "CLUSTER", oids.TEMPLATES_VITAL_SIGNS)
    add(organizer, "id", root=writing.id(vital, "organizer"))
    code = add(organizer, "code", code=_CODE[0], displayName=_CODE[1], codeSystem=oids.LOINC, codeSystemName="LOINC")
    add(organizer, "statusCode", code="completed")
    _claim_category(vital)
    _organizer_time(organizer, vital)
    if vital["component"].exists:
        _panel_to_cda(organizer, code, vital, writing)
        return
    measure = _measure(organizer, vital, writing)
    observation.add_time(measure, vital)
    observation.add_result(measure, vital)
    statements.add_notes(measure, vital, writing)
    observation.add_ranges(measure, vital)


def _panel_to_cda(organizer: etree._Element, code: etree._Element, panel: Element, writing: Writing) -> None:
    panel["status"].structured("observation-status")
    _panel_code(code, panel["code"])
    for number, part in enumerate(panel.each("component")):
        measure = _measure(organizer, part, writing, number)
        observation.add_time(measure, observation.unclaimed(panel) if number else panel)
        observation.add_result(measure, part)
        observation.add_ranges(measure, part)


def _measure(organizer: etree._Element, holder: Element, writing: Writing, number: int | None = None) -> etree._Element:
    component = add(organizer, "component", typeCode="COMP")
    return observation.start(component, holder, writing, oids.TEMPLATES_VITAL_SIGN, number)


def _claim_category(vital: Element) -> None:
    """The organizer tells it."""
    if coding := _category(vital):
        coding["system"].structured("vital-signs-by-template")
        coding["code"].structured("vital-signs-by-template")


def _organizer_time(organizer: etree._Element, vital: Element) -> None:
    """The instant of the measures, said once more; a period stands only with each of them."""
    time = observation.unclaimed(vital["effectiveDateTime"])
    if not statements.add_time(organizer, "effectiveTime", time, "observation-time"):
        unknown(organizer, "effectiveTime", "NA")


def _panel_code(code: etree._Element, concept: Element) -> None:
    """The panel's codings as translations of the organizer's code, its words in the first."""
    for number, coding in enumerate(c for c in concept.each("coding") if concepts.is_codable(c)):
        translation = add(code, "translation")
        concepts.code_to_cda(translation, coding, "observation-code")
        if number == 0 and concept["text"].exists:
            concepts.words_to_cda(translation, "originalText", concept["text"], "observation-code", None)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(node: Node, reading: Reading) -> list[Resource]:
    """One Observation per measure; one alone where the organizer names the panel."""
    measures = [component["observation"] for component in node.each("component")]
    readable = [measure for measure in measures if observation.is_readable(measure)]
    if not statements.is_plain(node) or not readable:
        return []
    panel = _panel(node, readable, reading)
    time = node["effectiveTime"]
    found = [panel] if panel else [_single(measure, time, reading) for measure in readable]
    _frame(node)
    return found


def _frame(node: Node) -> None:
    statements.frame(node)
    statements.fixed(node["code"], _CODE[0])
    node["effectiveTime"].implied("same-time-as-the-whole", "nullFlavor")


def _single(measure: Node, time: Node, reading: Reading) -> Resource:
    resource = observation.result_of(measure, reading, time)
    if measure["effectiveTime"].peek("value") == time.peek("value"):
        time.attribute("value", "same-time-as-the-whole")
    return resource | _CATEGORY


def _panel(node: Node, measures: list[Node], reading: Reading) -> Resource | None:
    """The panel that the organizer's translations name, where every measure can be a component of it."""
    names = list(node["code"].each("translation"))
    if not names or len(measures) != len(list(node.each("component"))) or not _are_components(node, measures):
        return None
    codings = [found for name in names if (found := concepts.code_to_fhir(name, "observation-code"))]
    text = concepts.words_to_fhir(names[0]["originalText"], "observation-code", reading.words)
    panel: Resource = {"resourceType": "Observation", "status": "final"}
    panel |= _CATEGORY
    panel["code"] = {"coding": codings} | ({"text": text} if text else {})
    panel |= statements.about(reading.patient) | observation.effective(measures[0]["effectiveTime"])
    node["effectiveTime"].attribute("value", "same-time-as-the-whole")
    return panel | {"component": [observation.component_of(measure, reading) for measure in measures]}


def _are_components(node: Node, measures: list[Node]) -> bool:
    """Whether all are parts of one measurement: of one time, which is also the organizer's, where it has one."""
    first, time = measures[0], node["effectiveTime"].peek("value")
    return (
        time in (None, first["effectiveTime"].peek("value"))
        and all(map(observation.is_component, measures))
        and all(observation.is_of_time(measure, first) for measure in measures)
    )


PART = EntryPart(
    name="vital-signs",
    resources=("Observation",),
    templates=oids.TEMPLATES_VITAL_SIGNS[-2:],
    accepts=accepts,
    to_cda=to_cda,
    to_fhir=to_fhir,
)
