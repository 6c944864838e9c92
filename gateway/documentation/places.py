"""Reading one place of each form: just enough of FHIRPath and XPath for the table of `same_patient.tsv`."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from gateway.fhir.format.bundle import Message
from gateway.mssante.format.clinical_document import ClinicalDocument, Code, attribute, first
from gateway.mssante.format.mail_read import ReadMail
from gateway.mssante.format.submission import Submission

_STEP = re.compile(r"(\w+)(?:\((?:(\w+)='([^']*)')?\))?")


def in_message(message: Message, path: str) -> str:
    """What a path with `where(name='value')` and `resolve()` selects; several values are joined by blanks."""
    kind, *steps = [found.groups() for found in _STEP.finditer(path)]
    values: list[Any] = [entry.resource for entry in message.entries if entry.type == kind[0]]
    targets = {entry.full_url: entry.resource for entry in message.entries}
    for name, key, wanted in steps:
        if key:
            values = [value for value in values if value.get(key) == wanted]
        elif name == "resolve":
            values = [targets[value["reference"]] for value in values]
        else:
            values = list(_flat(value.get(name) for value in values))
    return " ".join(map(str, values))


def in_document(document: ClinicalDocument, path: str) -> str:
    """The attribute or the text at a path of local names."""
    place, _, name = path.partition("/@")
    if name:
        return attribute(document.root, place, name) or ""
    element = first(document.root, place)
    return "" if element is None else "".join(map(str, element.itertext()))


def in_metadata(submission: Submission, name: str) -> str:
    """An attribute of the first document entry, or of the set, by its IHE name; `[n]` is its n-th value."""
    plain, _, number = name.rstrip("]").partition("[")
    value = _METADATA[plain](submission)
    return str(value[int(number) - 1] if number else value)


def in_mail(mail: ReadMail, header: str) -> str:
    """A header of the mail, or `PDF`: that there is one to read."""
    return _MAIL[header](mail)


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value


def _code(code: Code | None) -> str:
    return code.code if code else ""


def _time(time: datetime | None) -> str:
    return time.strftime("%Y%m%d%H%M%S") if time else ""


_METADATA: Mapping[str, Callable[[Submission], Any]] = {
    "patientId": lambda s: s.entries[0].patient_id,
    "sourcePatientId": lambda s: s.entries[0].source_patient_id,
    "sourcePatientInfo": lambda s: s.entries[0].source_patient_info,
    "authorPerson": lambda s: s.entries[0].authors[0].person,
    "authorSpecialty": lambda s: s.entries[0].authors[0].specialties[0],
    "authorInstitution": lambda s: s.entries[0].authors[0].institutions[0],
    "healthcareFacilityTypeCode": lambda s: _code(s.entries[0].facility_type),
    "practiceSettingCode": lambda s: _code(s.entries[0].practice_setting),
    "legalAuthenticator": lambda s: s.entries[0].legal_authenticator,
    "intendedRecipient": lambda s: s.submission_set.intended_recipients[0],
    "referenceIdList": lambda s: s.entries[0].reference_ids,
    "creationTime": lambda s: _time(s.entries[0].creation_time),
    "serviceStartTime": lambda s: _time(s.entries[0].service_start),
    "typeCode": lambda s: _code(s.entries[0].type_code),
    "formatCode": lambda s: _code(s.entries[0].format_code),
}
_MAIL: Mapping[str, Callable[[ReadMail], str]] = {
    "Subject": lambda mail: mail.subject,
    "To": lambda mail: ", ".join(mail.to),
    "Date": lambda mail: mail.date.isoformat() if mail.date else "",
    "X-MSS-INS": lambda mail: "O" if mail.announces_ins else "N",
    "X-MSS-CODECDA": lambda mail: ", ".join(mail.document_codes),
    "PDF": lambda mail: ", ".join(pdf.name for pdf in mail.pdfs),
}
