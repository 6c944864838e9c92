"""Documents broken on purpose, one defect each: a validator that lets one through is not validating.

Every profile has at least one; XSD alone notices a single one of them, so XSD alone proves almost nothing.
Source: ANS content kit 3.0 (the rules that must bite); the defects and their profiles were measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from gateway.mssante.format import oids, xml
from gateway.validation.verdict import STRUC_MIN, Verdict

_NAMESPACES = {"hl7": oids.HL7_V3}
_PATIENT = "hl7:recordTarget/hl7:patientRole/hl7:patient"
_PERFORMER = "hl7:documentationOf/hl7:serviceEvent/hl7:performer/hl7:assignedEntity"
_VITAL_SIGNS = oids.TEMPLATE_VITAL_SIGNS
_DISCHARGE_TREATMENTS = oids.TEMPLATE_DISCHARGE_MEDICATIONS_SECTION
XSD = "XSD"
LDL_SES = "CI-SIS_LDL-SES_2022.01"


@dataclass(frozen=True, slots=True)
class Control:
    """One defect: in `base`, what `path` finds (elements or attributes) is removed, or given the text `value`."""

    name: str
    base: str
    path: str
    value: str | None
    caught_by: frozenset[str]


def _control(name: str, base: str, path: str, value: str | None, *caught_by: str) -> Control:
    return Control(name, base, path, value, frozenset(caught_by))


CONTENT = "ModelesDeContenusCDA"
LETTER = "referral-request/01-plain/level-1/1"
LEVEL_3, DISCHARGE = "mssante/cda/referral-level3", "mssante/cda/discharge-ldl-ses"
CONTROLS: tuple[Control, ...] = (
    _control("no birth time", LETTER, f"{_PATIENT}/hl7:birthTime", None, STRUC_MIN),
    _control("no birth place beside an INS", LETTER, f"{_PATIENT}/hl7:birthplace", None, STRUC_MIN),
    _control("no first birth given name", LETTER, f"{_PATIENT}/hl7:name/hl7:given[@qualifier='BR']", None, STRUC_MIN),
    _control("unknown document type", LETTER, "hl7:code/@code", "99999-9", STRUC_MIN),
    _control(
        "unknown speciality", LETTER, "hl7:author/hl7:assignedAuthor/hl7:code/@code", "G15_10/SM99", STRUC_MIN, CONTENT
    ),
    _control("no practice setting", LETTER, f"{_PERFORMER}//hl7:standardIndustryClassCode", None, STRUC_MIN),
    _control(
        "level 1 without its templateId",
        LETTER,
        f"hl7:templateId[@root='{oids.TEMPLATE_SCANNED_DOCUMENT}']",
        None,
        STRUC_MIN,
    ),
    _control("no setId", LETTER, "hl7:setId", None, STRUC_MIN),
    _control("custodian under another OID", LETTER, "hl7:custodian//hl7:id/@root", "1.2.3", STRUC_MIN),
    _control("two narrative parts with one ID", LEVEL_3, "(//hl7:content/@ID)[position() < 3]", "same", XSD),
    _control(
        "vital sign without typeCode",
        LEVEL_3,
        f"//hl7:organizer[hl7:templateId/@root='{_VITAL_SIGNS}']/hl7:component/@typeCode",
        None,
        "IHE",
    ),
    _control("dose without bounds", LEVEL_3, "(//hl7:doseQuantity)[1]/*", None, CONTENT),
    _control(
        "PDF copy under another title",
        LEVEL_3,
        f"//hl7:section[hl7:templateId/@root='{oids.TEMPLATE_PDF_COPY_SECTION}']/hl7:title",
        "Copie",
        "Modeles_ANS",
    ),
    _control("unknown unit", LEVEL_3, "(//hl7:doseQuantity)[1]/hl7:low/@unit", "bouffées", "terminologie"),
    _control("discharge letter under another code", DISCHARGE, "hl7:code/@code", "34112-3", LDL_SES),
    _control(
        "discharge letter without treatments",
        DISCHARGE,
        f"//hl7:component[hl7:section/hl7:templateId/@root='{_DISCHARGE_TREATMENTS}']",
        None,
        LDL_SES,
    ),
)


def broken(control: Control, bases: Mapping[str, bytes]) -> bytes:
    """The control's document. ValueError where its path finds nothing: then it would prove nothing."""
    root = xml.parse(bases[control.base], "cda-unreadable")
    found = root.xpath(control.path, namespaces=_NAMESPACES)
    if not isinstance(found, list) or not found:
        raise ValueError(f"{control.name}: nothing at {control.path}")
    for place in found:
        _break(place, control.value)
    return xml.serialise(root)


def _break(place: object, value: str | None) -> None:
    if isinstance(place, etree._Element):
        _break_element(place, value)
    elif isinstance(place, etree._ElementUnicodeResult) and place.is_attribute:
        _break_attribute(place, value)


def _break_element(element: etree._Element, value: str | None) -> None:
    parent = element.getparent()
    if value is not None:
        element.text = value
    elif parent is not None:
        parent.remove(element)


def _break_attribute(attribute: etree._ElementUnicodeResult, value: str | None) -> None:
    holder, name = attribute.getparent(), attribute.attrname
    assert holder is not None and name is not None
    if value is None:
        del holder.attrib[name]
    else:
        holder.set(name, value)


def bites(control: Control, verdict: Verdict) -> bool:
    """Whether exactly those who must notice did notice."""
    noticed = {result.profile for result in verdict.profiles if any(rule.blocks for rule in result.failed)}
    return noticed | ({XSD} if verdict.schema_errors else set()) == control.caught_by
