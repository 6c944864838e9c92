"""A CDA document: one lxml tree, and the header values that mail, metadata and mapping ask for.

Reading is tolerant: what is absent or unreadable is None or empty; `cda_rules` says what is wrong with it.

Source: HL7 CDA R2 §4.2; ANS, Structuration minimale des documents de santé.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from lxml import etree

from gateway.mssante.format.oids import HL7_V3, INS
from gateway.mssante.format.times import Timestamp, read_date, read_instant, read_ts


@dataclass(frozen=True, slots=True)
class Id:
    """HL7 II: an OID and, mostly, an extension under it."""

    root: str
    extension: str | None = None

    def __str__(self) -> str:
        return self.root if self.extension is None else f"{self.root}^{self.extension}"


@dataclass(frozen=True, slots=True)
class Code:
    """HL7 CE: `system` is the OID of the code system."""

    code: str
    display: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Organization:
    """A structure, as the header names it."""

    id: Id | None
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A professional (or a device) in one of the roles of the header, with the structure that he acts for."""

    id: Id | None
    family: str = ""
    given: str = ""
    profession: Code | None = None
    """TRE_A02 combined code, e.g. `G15_10/SM54`."""
    function: Code | None = None
    organization: Organization | None = None
    time: datetime | None = None
    software: str = ""
    """For a device: `softwareName`."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The identity traits of recordTarget, as they stand."""

    ids: tuple[Id, ...]
    birth_family: str | None
    used_family: str | None
    first_given: str | None
    """The first given name of the birth certificate (qualifier BR), else the unqualified given names."""
    used_given: str | None
    gender: str | None
    birth_date: date | None
    birth_place: str | None
    """COG code of the commune or country."""

    @property
    def ins(self) -> Id | None:
        """The first id under an INS root."""
        return next((i for i in self.ids if i.root in INS and i.extension), None)

    @property
    def local_id(self) -> Id | None:
        """The first id that is not an INS."""
        return next((i for i in self.ids if i.root not in INS and i.extension), None)


@dataclass(frozen=True, slots=True)
class ClinicalDocument:
    """A document around its root element. Nobody changes the tree: `cda.with_pdf` makes a new one."""

    root: etree._Element = field(repr=False)
    came_in_stylesheet: bool = False
    """Whether it was taken out of a stylesheet that would display it ("document auto-présentable")."""

    @property
    def id(self) -> Id | None:
        return _id(first(self.root, "id"))

    @property
    def set_id(self) -> Id | None:
        return _id(first(self.root, "setId"))

    @property
    def version_number(self) -> int | None:
        text = attribute(self.root, "versionNumber", "value") or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def replaces(self) -> Id | None:
        """The document that this one replaces."""
        return _id(first(self.root, "relatedDocument[@typeCode='RPLC']/parentDocument/id"))

    @property
    def template_ids(self) -> tuple[Id, ...]:
        return _ids(self.root, "templateId")

    @property
    def code(self) -> Code | None:
        return _code(first(self.root, "code"))

    @property
    def title(self) -> str:
        return _text(first(self.root, "title"))

    @property
    def language(self) -> str | None:
        return attribute(self.root, "languageCode", "code")

    @property
    def effective_time(self) -> datetime | None:
        """When the document was created: aware, or None where the offset is missing."""
        return read_instant(attribute(self.root, "effectiveTime", "value"))

    @property
    def confidentiality(self) -> Code | None:
        return _code(first(self.root, "confidentialityCode"))

    @property
    def patient(self) -> Patient:
        role = "recordTarget/patientRole"
        name = f"{role}/patient/name"
        return Patient(
            ids=self.patient_ids,
            birth_family=_maybe(first(self.root, f"{name}/family[@qualifier='BR']")),
            used_family=_maybe(first(self.root, f"{name}/family[@qualifier='CL']")),
            first_given=_maybe(first(self.root, f"{name}/given[@qualifier='BR']"))
            or _maybe(next((g for g in elements(self.root, f"{name}/given") if "qualifier" not in g.attrib), None)),
            used_given=_maybe(first(self.root, f"{name}/given[@qualifier='CL']")),
            gender=attribute(self.root, f"{role}/patient/administrativeGenderCode", "code"),
            birth_date=read_date(attribute(self.root, f"{role}/patient/birthTime", "value")),
            birth_place=_maybe(first(self.root, f"{role}/patient/birthplace/place/addr/county")),
        )

    @property
    def patient_ids(self) -> tuple[Id, ...]:
        return _ids(self.root, "recordTarget/patientRole/id")

    @property
    def has_qualified_ins(self) -> bool:
        """An INS with the traits that X-MSS-INS vouches for: birth name, first given name, birth date, sex."""
        patient = self.patient
        given_br = first(self.root, "recordTarget/patientRole/patient/name/given[@qualifier='BR']")
        traits = (patient.birth_family, _maybe(given_br), patient.birth_date, patient.gender)
        return patient.ins is not None and all(traits)

    @property
    def authors(self) -> tuple[Person, ...]:
        return tuple(_person(a, "assignedAuthor", "assignedPerson") for a in elements(self.root, "author"))

    @property
    def legal_authenticator(self) -> Person | None:
        element = first(self.root, "legalAuthenticator")
        return None if element is None else _person(element, "assignedEntity", "assignedPerson")

    @property
    def custodian(self) -> Organization | None:
        path = "custodian/assignedCustodian/representedCustodianOrganization"
        return _organization(first(self.root, path))

    @property
    def recipients(self) -> tuple[Person, ...]:
        """Those named when the document was made; not necessarily those to whom a mail goes."""
        found = elements(self.root, "informationRecipient")
        return tuple(_person(r, "intendedRecipient", "informationRecipient", "receivedOrganization") for r in found)

    @property
    def service_start(self) -> datetime | None:
        return read_instant(attribute(self.root, "documentationOf/serviceEvent/effectiveTime/low", "value"))

    @property
    def service_start_time(self) -> Timestamp | None:
        """The same with its precision, as written: its day names the PDF."""
        return read_ts(attribute(self.root, "documentationOf/serviceEvent/effectiveTime/low", "value"))

    @property
    def service_stop(self) -> datetime | None:
        return read_instant(attribute(self.root, "documentationOf/serviceEvent/effectiveTime/high", "value"))

    @property
    def service_codes(self) -> tuple[Code, ...]:
        found = (_code(e) for e in elements(self.root, "documentationOf/serviceEvent/code"))
        return tuple(code for code in found if code)

    @property
    def practice_setting(self) -> Code | None:
        organization = "documentationOf/serviceEvent/performer/assignedEntity/representedOrganization"
        return _code(first(self.root, f"{organization}/standardIndustryClassCode"))

    @property
    def facility_type(self) -> Code | None:
        return _code(first(self.root, "componentOf/encompassingEncounter/location/healthCareFacility/code"))

    @property
    def encounter_code(self) -> Code | None:
        return _code(first(self.root, "componentOf/encompassingEncounter/code"))

    @property
    def order_ids(self) -> tuple[Id, ...]:
        """The orders that this document answers: the thread."""
        return _ids(self.root, "inFulfillmentOf/order/id")


# --- reading a tree by path ---------------------------------------------------------------------------------------


def elements(root: etree._Element, path: str) -> Iterator[etree._Element]:
    """The CDA elements at `path` (`a/b[@c='d']/e`, local names) below `root`, in document order."""
    return root.iterfind("/".join(f"{{{HL7_V3}}}{step}" for step in path.split("/")))


def first(root: etree._Element, path: str) -> etree._Element | None:
    """The first of them, if any."""
    return next(elements(root, path), None)


def attribute(root: etree._Element, path: str, name: str) -> str | None:
    """An attribute of the first element at `path`; None where absent or empty."""
    element = first(root, path)
    return None if element is None else element.get(name) or None


def _text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(map(str, element.itertext("*"))).split())


def _maybe(element: etree._Element | None) -> str | None:
    return _text(element) or None


def _id(element: etree._Element | None) -> Id | None:
    root = None if element is None else element.get("root")
    return Id(root, element.get("extension") or None) if element is not None and root else None


def _ids(root: etree._Element, path: str) -> tuple[Id, ...]:
    return tuple(i for i in map(_id, elements(root, path)) if i)


def _code(element: etree._Element | None) -> Code | None:
    code = None if element is None else element.get("code")
    if element is None or not code:
        return None
    return Code(code, element.get("displayName") or "", element.get("codeSystem") or "")


def _organization(element: etree._Element | None) -> Organization | None:
    return None if element is None else Organization(_id(first(element, "id")), _text(first(element, "name")))


def _person(element: etree._Element, role: str, person: str, organization: str = "representedOrganization") -> Person:
    return Person(
        id=_id(first(element, f"{role}/id")),
        family=_text(first(element, f"{role}/{person}/name/family")),
        given=_text(first(element, f"{role}/{person}/name/given")),
        profession=_code(first(element, f"{role}/code")),
        function=_code(first(element, "functionCode")),
        organization=_organization(first(element, f"{role}/{organization}")),
        time=read_instant(attribute(element, "time", "value")),
        software=_text(first(element, f"{role}/assignedAuthoringDevice/softwareName")),
    )
