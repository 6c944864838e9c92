"""The software of a scripted partner, reading: it opens an IHE XDM archive and checks it before it integrates it.

Written apart from the gateway's formats: what both ends agree on is the standard, not this code.
Source: IHE ITI XDM, CI-SIS volet Échange de documents de santé; MSSanté application errors 904 and 906.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass

from lxml import etree

_NAMES = {"c": "urn:hl7-org:v3", "r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}

_NEEDED = (
    "/c:ClinicalDocument/c:id",
    "/c:ClinicalDocument/c:recordTarget",
    "/c:ClinicalDocument/c:author/c:assignedAuthor/c:id",
    "/c:ClinicalDocument/c:author/c:assignedAuthor/c:assignedPerson/c:name",
)
"""What the software cannot do without: it answers this author about this patient and this document."""


class Unacceptable(Exception):
    """The software cannot integrate the archive. `code` is an application error of MSSanté."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Received:
    """An archive that passed the checks: its first document and what its metadata say of the patient."""

    document: etree._Element
    metadata_entry: etree._Element

    def value(self, path: str) -> str:
        """The first value of an XPath in the document; empty where there is none."""
        return first_value(self.document, path)

    @property
    def patient_id(self) -> str:
        """XDSDocumentEntry.patientId, a CX."""
        return _external(self.metadata_entry, "XDSDocumentEntry.patientId")


def open_archive(archive: bytes) -> Received:
    """The first document of an IHE_XDM.zip. Raises Unacceptable: hash, size, uniqueId, or patient do not agree."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            contents = {name.upper().replace("\\", "/"): opened.read(name) for name in opened.namelist()}
        name = next(name for name in contents if name.endswith("METADATA.XML"))
        entry = elements(_parsed(contents[name]), "//r:ExtrinsicObject")[0]
        document = contents[name.rpartition("/")[0] + "/" + _slot(entry, "URI").upper()]
        received = Received(_parsed(document), entry)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, StopIteration, KeyError, IndexError):
        raise Unacceptable("906", "Archive illisible") from None
    _check_parts(received)
    _check_bytes(entry, document)
    _check_identity(received)
    return received


def _check_parts(received: Received) -> None:
    if any(not elements(received.document, path) for path in _NEEDED):
        raise Unacceptable("906", "Document incomplet")


def _check_bytes(entry: etree._Element, document: bytes) -> None:
    same_hash = _slot(entry, "hash").lower() == hashlib.sha1(document, usedforsecurity=False).hexdigest()
    if not same_hash or _slot(entry, "size") != str(len(document)):
        raise Unacceptable("906", "Empreinte ou taille du document incorrecte")


def _check_identity(received: Received) -> None:
    unique_id = _external(received.metadata_entry, "XDSDocumentEntry.uniqueId")
    if unique_id.partition("^")[0] != received.value("/*/c:id/@root"):
        raise Unacceptable("906", "Identifiant du document incohérent")
    number, _, authority = received.patient_id.partition("^^^&")
    ids = elements(received.document, "/*/c:recordTarget/c:patientRole/c:id")
    if (number, authority.partition("&")[0]) not in {(one.get("extension"), one.get("root")) for one in ids}:
        raise Unacceptable("904", "L'INS transmis ne correspond pas exactement")


def _parsed(content: bytes) -> etree._Element:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))


def elements(root: etree._Element, path: str) -> list[etree._Element]:
    """The elements of an XPath; prefix `c` is CDA, `r` is ebRIM."""
    found = root.xpath(path, namespaces=_NAMES)
    return [one for one in found if isinstance(one, etree._Element)] if isinstance(found, list) else []


def first_value(root: etree._Element, path: str) -> str:
    """The first attribute or text of an XPath; empty where there is none."""
    found = root.xpath(path, namespaces=_NAMES)
    return str(found[0]) if isinstance(found, list) and found else ""


def _slot(entry: etree._Element, name: str) -> str:
    return first_value(entry, f"r:Slot[@name='{name}']/r:ValueList/r:Value/text()")


def _external(entry: etree._Element, name: str) -> str:
    return first_value(entry, f"r:ExternalIdentifier[r:Name/r:LocalizedString/@value='{name}']/@value")
