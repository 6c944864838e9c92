"""Which kind of content some bytes are, told by the content and never by a file name."""

from enum import StrEnum

from gateway.errors import InputError
from gateway.fhir.format.reading import parse_json
from gateway.model import Finding


class Kind(StrEnum):
    """The kinds that `convert`, `compare` and `validate` know."""

    FHIR_MESSAGE = "fhir-message"
    FHIR_DOCUMENT = "fhir-document"
    FHIR_RESOURCE = "fhir-resource"
    CDA = "cda"
    METADATA = "metadata"
    XDM = "xdm"
    MAIL = "mail"
    MDN = "mdn"
    DSN = "dsn"
    HL7V2 = "hl7v2"
    PDF = "pdf"


_BUNDLES = {"message": Kind.FHIR_MESSAGE, "document": Kind.FHIR_DOCUMENT}
_REPORTS = (
    (b"disposition-notification", Kind.MDN),
    (b"delivery-status", Kind.DSN),
)


def kind_of(content: bytes) -> Kind:
    """The kind of `content`. Raises InputError: `unknown-kind`, or what is wrong with what looks like JSON."""
    head = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{"):
        return _fhir_kind(content)
    if head.startswith(b"%PDF-"):
        return Kind.PDF
    if head.startswith(b"PK\x03\x04"):
        return Kind.XDM
    if head.startswith(b"MSH|"):
        return Kind.HL7V2
    if head.startswith(b"<"):
        return Kind.METADATA if b"SubmitObjectsRequest" in content[:4000] else Kind.CDA
    if b":" in head.split(b"\n", 1)[0]:
        return _mail_kind(content)
    raise InputError(Finding("unknown-kind"))


def _fhir_kind(content: bytes) -> Kind:
    value = parse_json(content)
    if value.get("resourceType") != "Bundle":
        return Kind.FHIR_RESOURCE
    return _BUNDLES.get(str(value.get("type")), Kind.FHIR_RESOURCE)


def _mail_kind(content: bytes) -> Kind:
    headers = content.split(b"\r\n\r\n", 1)[0].split(b"\n\n", 1)[0].lower()
    if b"multipart/report" in headers:
        return next((kind for word, kind in _REPORTS if word in headers), Kind.MAIL)
    return Kind.MAIL
