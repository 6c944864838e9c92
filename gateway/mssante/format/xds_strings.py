"""The HL7 v2 strings inside XDS metadata: CX for patients, XCN for people, XON for structures.

Source: IHE ITI TF-3 table 4.2.3.1.7-2 (data types); ANS, Volet Transmission d'un document CDA (IDNPS, IDNST, NH, PI).
"""

import re
from typing import Final

from gateway.mssante.format.clinical_document import Code, Id, Organization, Patient, Person
from gateway.mssante.format.oids import INS
from gateway.mssante.format.submission import Author
from gateway.mssante.format.times import write_date

_ESCAPES: Final = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_UNESCAPES: Final = {escape: plain for plain, escape in _ESCAPES.items()}
_CX: Final = re.compile(r"(?P<extension>[^^&|]+)\^\^\^[^^&|]*&(?P<root>[0-9.]+)&ISO(\^[^^&|]*)*")


def escape(text: str) -> str:
    """A component's text with the HL7 separators escaped, on one line."""
    return "".join(_ESCAPES.get(character, character) for character in " ".join(text.split()))


def unescape(text: str) -> str:
    return re.sub(r"\\[EFSTR]\\", lambda m: _UNESCAPES[m[0]], text)


def cx(patient_id: Id) -> str:
    """A patient identifier; its type is `NH` for an INS and `PI` for a local id.

    >>> cx(Id("1.2.3", "V-1"))
    'V-1^^^&1.2.3&ISO^PI'
    """
    kind = "NH" if patient_id.root in INS else "PI"
    return f"{escape(patient_id.extension or '')}^^^&{patient_id.root}&ISO^{kind}"


def read_cx(text: str) -> Id | None:
    """The identifier in a CX, or None. The identifier type is not trusted, so it is not looked at."""
    match = _CX.fullmatch(text.strip())
    return Id(match["root"], unescape(match["extension"])) if match else None


def xcn(person: Person) -> str:
    """A professional; a device gives its software name instead."""
    if person.id is None:
        return f"^{escape(person.family or person.software)}^{escape(person.given)}"
    extension = person.id.extension or ""
    if person.software:
        return f"{escape(extension)}^{escape(person.software)}^^^^^^^&{person.id.root}&ISO^U^^^RI"
    # An id inside a structure holds a "/" and is of type EI. Source: ANS, PS_IdNat.
    kind = "EI" if "/" in extension else "IDNPS"
    name = f"{escape(person.family)}^{escape(person.given)}"
    return f"{escape(extension)}^{name}^^^^^^&{person.id.root}&ISO^D^^^{kind}"


def xon(organization: Organization) -> str:
    """A structure: name, OID of the national register, idNat_Struct."""
    name = escape(organization.name)
    if organization.id is None:
        return name
    return f"{name}^^^^^&{organization.id.root}&ISO^IDNST^^^{escape(organization.id.extension or '')}"


def specialty(code: Code) -> str:
    return f"{escape(code.code)}^{escape(code.display)}^{code.system}"


def author(person: Person, *, with_role: bool = True) -> Author:
    """A person of the CDA header as an author of metadata."""
    role = person.function.display if with_role and person.function else ""
    return Author(
        person=xcn(person),
        institutions=(xon(person.organization),) if person.organization else (),
        roles=(role,) if role else (),
        specialties=(specialty(person.profession),) if person.profession else (),
    )


def recipient(organization: Organization | None, person: Person | None, address: str) -> str:
    """One intended recipient: structure, person and mailbox, each where known."""
    who = xon(organization) if organization else ""
    return f"{who}|{xcn(person) if person else ''}|^^Internet^{escape(address)}"


def patient_info(patient: Patient) -> tuple[str, ...]:
    """The lines of sourcePatientInfo: birth name, used name, birth date, sex. For people to read, never to match on."""
    given = escape(patient.first_given or "")
    used_given = escape(patient.used_given or "") or given
    lines = (
        f"PID-5|{escape(patient.birth_family)}^{given}^^^^^L" if patient.birth_family else "",
        f"PID-5|{escape(patient.used_family)}^{used_given}^^^^^D" if patient.used_family else "",
        f"PID-7|{write_date(patient.birth_date)}" if patient.birth_date else "",
        f"PID-8|{escape(patient.gender)}" if patient.gender else "",
    )
    return tuple(line for line in lines if line)
