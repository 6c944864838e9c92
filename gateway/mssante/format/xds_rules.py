"""What we check of an archive's metadata against its files, because no national tool does so offline.

Which breach stops an archive and which is only reported is the severity in the error catalogue: what would file a
document under the wrong patient, or deliver other bytes than were described, stops.

Source: ANS, Volet Transmission d'un document CDA (values equal to the CDA header, UTC, SHA-1); IHE ITI TF-3 §4.2.3.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from gateway.errors import InputError
from gateway.model import Finding, Severity
from gateway.mssante.format import cda
from gateway.mssante.format.cda import ClinicalDocument, Code
from gateway.mssante.format.submission import DocumentEntry, Submission
from gateway.mssante.format.xds_from_cda import CDA_MIME_TYPE, class_of, format_of, sha1
from gateway.mssante.format.xds_strings import read_cx

CDA_MIME_TYPES: Final = frozenset({CDA_MIME_TYPE, "application/xml", "application/xslt+xml"})
ANS_PATIENT_DIFFERS: Final = "904"

_SHOWN: Final = re.compile(r"[A-Za-z0-9:._/-]{1,60}")
_REQUIRED_OF_ENTRY: Final = (
    "entry_uuid", "uri", "unique_id", "hash", "size", "mime_type", "title", "language", "creation_time",
    "service_start", "legal_authenticator", "source_patient_id", "authors", "class_code", "type_code", "format_code",
    "facility_type", "practice_setting", "confidentiality",
)  # fmt: skip
_REQUIRED_OF_SET: Final = (
    "set_uuid", "unique_id", "source_id", "submission_time", "authors", "content_type",
)  # fmt: skip

# (attribute of the entry, what the CDA says)
_TIMES: Final[tuple[tuple[str, str], ...]] = (
    ("creation_time", "effective_time"),
    ("service_start", "service_start"),
    ("service_stop", "service_stop"),
)
_CODES: Final[tuple[tuple[str, Callable[[ClinicalDocument], Code | None], str], ...]] = (
    ("type_code", lambda d: d.code, "xdm-code-differs"),
    ("facility_type", lambda d: d.facility_type, "xdm-code-differs"),
    ("practice_setting", lambda d: d.practice_setting, "xdm-code-differs"),
    ("class_code", class_of, "xdm-class-differs"),
    ("format_code", format_of, "xdm-format-differs"),
)


def check(submission: Submission, files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Every breach, in the order of the entries. `files`: those beside METADATA.XML, by their name there."""
    by_name = {normal(name): content for name, content in files.items()}
    return (*_check_set(submission), *_check_entries(submission, by_name), *_check_strays(submission, by_name))


def normal(name: str) -> str:
    """A file name without regard to case and to the separator that its writer's system uses."""
    return name.replace("\\", "/").removeprefix("./").casefold()


def _check_set(submission: Submission) -> Iterator[Finding]:
    submission_set, path = submission.submission_set, "SubmissionSet"
    yield from _missing(submission_set, _REQUIRED_OF_SET, path)
    if not submission.entries:
        yield Finding("xdm-no-entry", path)
    yield from _check_patients(submission)
    members = sorted(m.target for m in submission.memberships if m.source == submission_set.set_uuid)
    if members != sorted(entry.entry_uuid for entry in submission.entries):
        yield Finding("xdm-membership", "Association")


def _check_patients(submission: Submission) -> Iterator[Finding]:
    """One patient, and one that can be read: a document must never be filed by guess."""
    of_set = read_cx(submission.submission_set.patient_id)
    if of_set is None:
        yield _missing_attribute("SubmissionSet", "patient_id", Severity.ERROR)
    for number, entry in enumerate(submission.entries, 1):
        of_entry = read_cx(entry.patient_id)
        if of_entry is None:
            yield _missing_attribute(f"DocumentEntry[{number}]", "patient_id", Severity.ERROR)
        elif of_set not in (None, of_entry):
            yield Finding("xdm-two-patients", f"DocumentEntry[{number}]/patientId")


def _check_entries(submission: Submission, files: Mapping[str, bytes]) -> Iterator[Finding]:
    for number, entry in enumerate(submission.entries, 1):
        path = f"DocumentEntry[{number}]"
        yield from _missing(entry, _REQUIRED_OF_ENTRY, path)
        content = files.get(normal(entry.uri))
        if content is None:
            yield Finding("xdm-uri-missing", f"{path}/URI")
            continue
        yield from _check_content(entry, content, path)
        if entry.mime_type.lower() in CDA_MIME_TYPES:
            yield from _check_document(entry, content, path)


def _check_strays(submission: Submission, files: Mapping[str, bytes]) -> Iterator[Finding]:
    described = {normal(entry.uri) for entry in submission.entries}
    if any(name not in described for name in files):
        yield Finding("xdm-stray-file", "METADATA.XML")


def _check_content(entry: DocumentEntry, content: bytes, path: str) -> Iterator[Finding]:
    if entry.hash and entry.hash != sha1(content):
        yield Finding("xdm-hash", f"{path}/hash")
    if entry.size is not None and entry.size != len(content):
        yield Finding("xdm-size", f"{path}/size", (("found", str(len(content))), ("expected", str(entry.size))))


def _check_document(entry: DocumentEntry, content: bytes, path: str) -> Iterator[Finding]:
    try:
        document = cda.read(content)
    except InputError as error:
        yield from (Finding(f.code, f"{path}/{f.path}".rstrip("/"), f.facts) for f in error.findings)
        return
    yield from _check_identity(entry, document, path)
    yield from _check_times(entry, document, path)
    yield from _check_codes(entry, document, path)


def _check_identity(entry: DocumentEntry, document: ClinicalDocument, path: str) -> Iterator[Finding]:
    patient_id = read_cx(entry.patient_id)
    if patient_id is None or patient_id not in document.patient_ids:
        yield Finding("xdm-patient-differs", f"{path}/patientId", (("ans_code", ANS_PATIENT_DIFFERS),))
    if entry.unique_id and entry.unique_id != str(document.id):
        yield Finding("xdm-unique-id", f"{path}/uniqueId")


def _check_times(entry: DocumentEntry, document: ClinicalDocument, path: str) -> Iterator[Finding]:
    for of_entry, of_document in _TIMES:
        said, true = getattr(entry, of_entry), getattr(document, of_document)
        # Metadata stop at the second, and a stop time that only the document knows is no contradiction.
        if said is not None and true is not None and said != true.replace(microsecond=0):
            yield Finding("xdm-local-time", f"{path}/{of_entry}")


def _check_codes(entry: DocumentEntry, document: ClinicalDocument, path: str) -> Iterator[Finding]:
    for name, of_document, code in _CODES:
        said, true = getattr(entry, name), of_document(document)
        if said is not None and true is not None and said.code != true.code:
            yield Finding(code, f"{path}/{name}", _difference(name, said, true))
    true = document.confidentiality
    if true and entry.confidentiality and true.code not in {code.code for code in entry.confidentiality}:
        yield Finding("xdm-confidentiality-differs", f"{path}/confidentialityCode")


def _difference(name: str, said: Code, true: Code) -> tuple[tuple[str, str], ...]:
    """Only what looks like a code is shown: a sender may have put anything there."""
    found = said.code if _SHOWN.fullmatch(said.code) else "?"
    return (("attribute", name), ("found", found), ("expected", true.code))


def _missing(described: object, names: tuple[str, ...], path: str) -> Iterator[Finding]:
    for name in names:
        if getattr(described, name) in (None, "", ()):
            yield _missing_attribute(path, name)


def _missing_attribute(path: str, name: str, severity: Severity | None = None) -> Finding:
    return Finding("xdm-attribute-missing", f"{path}/{name}", (("attribute", name),), severity)
