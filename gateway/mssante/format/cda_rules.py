"""The header rules of a French CDA that we check ourselves, as tables that read like the specification.

They are the rules whose breach would mislead a receiver or make the document refused. The ANS schematrons know more;
some of what is here (keys, contradictions, offsets) they do not know. A finding names a place and a rule, never a value
of the patient.

Source: ANS, Structuration minimale des documents de santé, header; ANS, Annexe INS (traits that go with an INS).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Final, TypeAlias

from lxml import etree

from gateway.model import Finding
from gateway.mssante.format import oids
from gateway.mssante.format.cda_body import BodyKind, body_kind, embedded_pdf, pdf_copy_section, pdf_element
from gateway.mssante.format.clinical_document import ClinicalDocument, elements, first
from gateway.mssante.format.identifiers import ins_key_is_right, luhn_is_right
from gateway.mssante.format.times import read_instant

MAX_FINDINGS: Final = 100

_ROLE: Final = "recordTarget/patientRole"
_EVENT: Final = "documentationOf/serviceEvent"
_CUSTODIAN: Final = "custodian/assignedCustodian/representedCustodianOrganization"
_PERFORMER_ORGANIZATION: Final = f"{_EVENT}/performer/assignedEntity/representedOrganization"

# (parent, element, at least, at most): counted below each parent that exists. "" is ClinicalDocument.
COUNTS: Final[tuple[tuple[str, str, int, int | None], ...]] = (
    ("", "realmCode", 1, 1),
    ("", "typeId", 1, 1),
    ("", "id", 1, 1),
    ("", "code", 1, 1),
    ("", "title", 1, 1),
    ("", "effectiveTime", 1, 1),
    ("", "confidentialityCode", 1, 1),
    ("", "languageCode", 1, 1),
    ("", "setId", 1, 1),
    ("", "versionNumber", 1, 1),
    ("", _ROLE, 1, 1),
    (_ROLE, "id", 1, None),
    (_ROLE, "patient/name", 1, 1),
    (_ROLE, "patient/administrativeGenderCode", 1, 1),
    (_ROLE, "patient/birthTime", 1, 1),
    ("", "author", 1, None),
    ("author", "time", 1, 1),
    ("author", "assignedAuthor/id", 1, None),
    ("author/assignedAuthor/assignedPerson", "name/family", 1, None),
    ("author/assignedAuthor/assignedAuthoringDevice", "manufacturerModelName", 1, 1),
    ("author/assignedAuthor/assignedAuthoringDevice", "softwareName", 1, 1),
    ("", _CUSTODIAN, 1, 1),
    (_CUSTODIAN, "id", 1, None),
    ("", "legalAuthenticator", 1, 1),
    ("legalAuthenticator", "time", 1, 1),
    ("legalAuthenticator", "signatureCode", 1, 1),
    ("legalAuthenticator", "assignedEntity/id", 1, None),
    ("legalAuthenticator", "assignedEntity/assignedPerson/name/family", 1, None),
    ("participant", "time", 1, 1),
    ("", _EVENT, 1, None),
    (_EVENT, "effectiveTime/low", 1, 1),
    ("", f"{_PERFORMER_ORGANIZATION}/standardIndustryClassCode", 1, None),
    ("", "relatedDocument", 0, 1),
    ("relatedDocument", "parentDocument/id", 1, None),
    ("", "componentOf/encompassingEncounter", 1, 1),
    ("componentOf/encompassingEncounter", "effectiveTime", 1, 1),
    ("componentOf/encompassingEncounter", "location/healthCareFacility/code", 1, 1),
    ("", "component", 1, 1),
)

_OID: Final = r"[0-2](\.(0|[1-9][0-9]*))+"
_ANY: Final = r".*\S.*"


def _one_of(*values: str) -> str:
    return "|".join(map(re.escape, values))


# (element, attribute, what the whole value must look like, code of the finding)
ATTRIBUTES: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("realmCode", "code", "FR", "cda-attribute"),
    ("typeId", "root", _one_of(oids.CDA_TYPE_ID), "cda-attribute"),
    ("typeId", "extension", oids.CDA_TYPE_ID_EXTENSION, "cda-attribute"),
    ("id", "root", _OID, "cda-attribute"),
    ("code", "code", _ANY, "cda-attribute"),
    ("code", "displayName", _ANY, "cda-attribute"),
    ("code", "codeSystem", _OID, "cda-attribute"),
    ("confidentialityCode", "codeSystem", _one_of(oids.CONFIDENTIALITY), "cda-attribute"),
    ("confidentialityCode", "displayName", _ANY, "cda-attribute"),
    ("languageCode", "code", "[a-z]{2}-[A-Z]{2}", "cda-attribute"),
    ("setId", "root", _OID, "cda-attribute"),
    ("versionNumber", "value", "[1-9][0-9]*", "cda-attribute"),
    (f"{_ROLE}/id", "root", _OID, "cda-attribute"),
    (f"{_ROLE}/id", "extension", _ANY, "cda-attribute"),
    (f"{_ROLE}/patient/name/family", "qualifier", "BR|CL", "cda-family-qualifier"),
    (f"{_ROLE}/patient/administrativeGenderCode", "codeSystem", _one_of(oids.ADMINISTRATIVE_GENDER), "cda-attribute"),
    (f"{_CUSTODIAN}/id", "root", _one_of(oids.STRUCT_ID_NAT, oids.DMP_HOST), "cda-custodian-root"),
    ("informationRecipient/intendedRecipient/id", "root", _one_of(oids.PS_ID_NAT), "cda-attribute"),
    ("legalAuthenticator/signatureCode", "code", "S", "cda-attribute"),
    ("participant", "typeCode", "CON|INF|PRF|REF|REFB|RESP|VRF", "cda-attribute"),
    ("relatedDocument", "typeCode", "RPLC", "cda-attribute"),
    (f"{_PERFORMER_ORGANIZATION}/standardIndustryClassCode", "code", _ANY, "cda-attribute"),
    ("componentOf/encompassingEncounter/location/healthCareFacility/code", "code", _ANY, "cda-attribute"),
)

# (element, whether it may be unknown): times that become UTC in the metadata, so they must name a moment.
MOMENTS: Final[tuple[tuple[str, bool], ...]] = (
    ("effectiveTime", False),
    ("author/time", False),
    ("legalAuthenticator/time", False),
    (f"{_EVENT}/effectiveTime/low", False),
    (f"{_EVENT}/effectiveTime/high", True),
)

# What goes with an INS. (element below patientRole, attribute that must be there; None: its text)
INS_TRAITS: Final[tuple[tuple[str, str | None], ...]] = (
    ("patient/name/family[@qualifier='BR']", None),
    ("patient/name/given[@qualifier='BR']", None),
    ("patient/name/given", None),
    ("patient/birthTime", "value"),
    ("patient/administrativeGenderCode", "code"),
    ("patient/birthplace/place/addr/county", None),
)

# Source: ANS, Annexe INS: the first digit of the matricule (1 and 2; 7 and 8 for a NIA).
_SEX_OF_INS: Final = {"1": "M", "7": "M", "2": "F", "8": "F"}

# (root of the id, leading digit of the extension, code of the finding): the rest must end in its Luhn key.
_LUHN_KEYS: Final = (
    (oids.PS_ID_NAT, "8", "cda-rpps-key"),
    (oids.STRUCT_ID_NAT, "1", "cda-finess-key"),
)

_COPY_TITLE: Final = "Copie du document"
ANS_TRAITS_INCOMPLETE: Final = "905"

Rule: TypeAlias = Callable[[ClinicalDocument], Iterator[Finding]]


def check(document: ClinicalDocument, *, with_body: bool = True) -> tuple[Finding, ...]:
    """Every rule that the document breaks, in the order of the tables; at most `MAX_FINDINGS`.

    `with_body=False` leaves the embedded PDF alone: for a document that has not been given its PDF yet.
    """
    rules = (*HEADER_RULES, *(BODY_RULES if with_body else ()))
    return tuple(islice(chain.from_iterable(rule(document) for rule in rules), MAX_FINDINGS))


def _form(document: ClinicalDocument) -> Iterator[Finding]:
    if document.came_in_stylesheet:
        yield Finding("cda-self-displaying")


def _counts(document: ClinicalDocument) -> Iterator[Finding]:
    for parent, name, least, most in COUNTS:
        for element in elements(document.root, parent) if parent else (document.root,):
            found = sum(1 for _ in elements(element, name))
            if found < least or (most is not None and found > most):
                expected = f"{least}..{'*' if most is None else most}"
                facts = (("element", name), ("found", str(found)), ("expected", expected))
                yield Finding("cda-element-count", f"{_path(element)}/{name}", facts)


def _attributes(document: ClinicalDocument) -> Iterator[Finding]:
    for path, name, pattern, code in ATTRIBUTES:
        for element in elements(document.root, path):
            if not re.fullmatch(pattern, element.get(name, "")):
                yield Finding(code, f"{_path(element)}/@{name}", (("attribute", name),))


def _templates(document: ClinicalDocument) -> Iterator[Finding]:
    roots = Counter(i.root for i in document.template_ids)
    level_1 = body_kind(document) in (BodyKind.PDF, BodyKind.OTHER)
    base = roots[oids.TEMPLATE_HL7_FRANCE] == roots[oids.TEMPLATE_CI_SIS] == 1
    count_is_right = roots.total() == 3 if level_1 else roots.total() >= 3
    if not base or not count_is_right or (roots[oids.TEMPLATE_SCANNED_DOCUMENT] == 1) is not level_1:
        facts = (("found", str(roots.total())), ("level", "1" if level_1 else "3"))
        yield Finding("cda-template-ids", "ClinicalDocument/templateId", facts)


def _moments(document: ClinicalDocument) -> Iterator[Finding]:
    for path, may_be_unknown in MOMENTS:
        for element in elements(document.root, path):
            is_unknown = may_be_unknown and "nullFlavor" in element.attrib
            if not is_unknown and read_instant(element.get("value")) is None:
                yield Finding("cda-time-without-offset", _path(element))


def _interval(document: ClinicalDocument) -> Iterator[Finding]:
    start, stop = document.service_start, document.service_stop
    if start and stop and stop < start:
        yield Finding("cda-interval-backwards", f"ClinicalDocument/{_EVENT}/effectiveTime")


def _ins_traits(document: ClinicalDocument) -> Iterator[Finding]:
    role = first(document.root, _ROLE)
    if role is None or document.patient.ins is None:
        return
    for path, name in INS_TRAITS:
        # The list of all given names stands in a given without qualifier.
        found = [e for e in elements(role, path) if path != "patient/name/given" or "qualifier" not in e.attrib]
        if not any(((e.get(name) if name else e.text) or "").strip() for e in found):
            facts = (("element", path), ("ans_code", ANS_TRAITS_INCOMPLETE))
            yield Finding("cda-ins-incomplete", f"{_path(role)}/{path}", facts)


def _ins_value(document: ClinicalDocument) -> Iterator[Finding]:
    patient, role = document.patient, f"ClinicalDocument/{_ROLE}"
    if patient.ins is None or patient.ins.extension is None:
        return
    matricule = patient.ins.extension
    if not ins_key_is_right(matricule):
        yield Finding("cda-ins-key", f"{role}/id")
    sex = _SEX_OF_INS.get(matricule[0])
    if sex and patient.gender and sex != patient.gender:
        yield Finding("cda-ins-sex", f"{role}/patient/administrativeGenderCode")
    if patient.birth_place and matricule[5:7] != patient.birth_place[:2]:
        yield Finding("cda-ins-birth-place", f"{role}/patient/birthplace")


def _luhn_keys(document: ClinicalDocument) -> Iterator[Finding]:
    for element in document.root.iter(f"{{{oids.HL7_V3}}}id"):
        for root, kind, code in _LUHN_KEYS:
            extension = element.get("extension", "")
            digits = extension[1:]
            if element.get("root") == root and extension[:1] == kind and digits.isdigit() and not luhn_is_right(digits):
                yield Finding(code, _path(element))


def _unique_ids(document: ClinicalDocument) -> Iterator[Finding]:
    seen: set[str] = set()
    for element in document.root.iter("*"):
        name = element.get("ID")
        if name is not None and name in seen:
            yield Finding("cda-duplicate-id", _path(element))
        seen.add(name or "")


def _body(document: ClinicalDocument) -> Iterator[Finding]:
    element = pdf_element(document)
    if element is None:
        return
    pdf = embedded_pdf(document)
    if pdf is None:
        yield Finding("cda-body-not-base64", _path(element))
    elif not pdf.startswith(b"%PDF-"):
        yield Finding("cda-body-not-pdf", _path(element))


def _pdf_copy_title(document: ClinicalDocument) -> Iterator[Finding]:
    section = pdf_copy_section(document)
    title = None if section is None else first(section, "title")
    if section is not None and (title is None or title.text != _COPY_TITLE):
        yield Finding("cda-pdf-copy-title", f"{_path(section)}/title")


HEADER_RULES: Final[tuple[Rule, ...]] = (
    _form, _counts, _attributes, _templates, _moments, _interval, _ins_traits, _ins_value, _luhn_keys, _unique_ids,
    _pdf_copy_title,
)  # fmt: skip
BODY_RULES: Final[tuple[Rule, ...]] = (_body,)


def _path(element: etree._Element) -> str:
    """Where an element is, with local names and 1-based positions where they are needed."""
    below = element.getroottree().getelementpath(element)
    return "ClinicalDocument" if below == "." else f"ClinicalDocument/{re.sub(r'{[^}]*}', '', below)}"
