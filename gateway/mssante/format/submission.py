"""What an XDM archive says of its documents: entries, one submission set, and who belongs to it.

Values as IHE defines them; people, structures and patients stay in their HL7 v2 strings (`xds_strings`), because that
is what travels and what has to be compared. Times are aware.

Source: IHE ITI TF-3 §4.2.3.2 (DocumentEntry), §4.2.3.3 (SubmissionSet); ANS, Volet Transmission d'un document CDA.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.model import Oid
from gateway.mssante.format.clinical_document import Code


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote, or who sends: XCN, XON, role in words, `code^display^system`."""

    person: str
    institutions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One document of the archive. Empty string or None: the attribute is absent."""

    entry_uuid: str
    uri: str
    unique_id: str
    patient_id: str
    """CX of the INS, or of the local id where there is no INS."""
    hash: str
    """SHA-1 of the bytes in the archive, 40 hexadecimal digits."""
    size: int | None
    mime_type: str
    title: str
    language: str
    creation_time: datetime | None
    service_start: datetime | None
    service_stop: datetime | None
    legal_authenticator: str
    source_patient_id: str
    source_patient_info: tuple[str, ...]
    authors: tuple[Author, ...]
    class_code: Code | None
    type_code: Code | None
    format_code: Code | None
    facility_type: Code | None
    practice_setting: Code | None
    confidentiality: tuple[Code, ...]
    event_codes: tuple[Code, ...] = ()
    reference_ids: tuple[str, ...] = ()
    comments: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionSet:
    """One sending, of documents of one patient."""

    set_uuid: str
    unique_id: str
    source_id: str
    patient_id: str
    submission_time: datetime | None
    authors: tuple[Author, ...]
    content_type: Code | None
    intended_recipients: tuple[str, ...] = ()
    title: str = ""
    comments: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """The association HasMember between the set and one entry."""

    association_uuid: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Submission:
    """The whole METADATA.XML."""

    submission_set: SubmissionSet
    entries: tuple[DocumentEntry, ...]
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class SubmissionContext:
    """What a CDA cannot tell of its sending."""

    unique_id: Oid
    """A fresh OID of this submission; the UUIDs of the set, its entries and associations are derived from it."""
    source_id: Oid
    submission_time: datetime
    sender: Author
    intended_recipients: tuple[str, ...] = ()
    """As made by `xds_strings.recipient`."""
    title: str = ""
    """Default: the display name of the document's code, or "N documents"."""
    content_type: Code | None = None
    """Default: by the encounter of the first document."""
    masks: tuple[Code, ...] = ()
    """MASQUE_PS, INVISIBLE_PATIENT …: confidentiality codes that live in metadata only."""
