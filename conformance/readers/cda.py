"""A CDA R2 document: the header values that the rules are about, and the PDF that it embeds.

Source: CI-SIS volet Structuration minimale de documents de santé; CDA R2.
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from conformance.readers import Unreadable
from conformance.readers.xml import elements, parse, value, values

INS_ROOTS = frozenset({"1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"})
"""INS-NIR, INS-NIA, and their twins for tests and demonstrations."""
PROFESSIONALS, STRUCTURES = "1.2.250.1.71.4.2.1", "1.2.250.1.71.4.2.2"
_PDFS = "//c:*[@mediaType='application/pdf'][@representation='B64']"


@dataclass(frozen=True, slots=True)
class Cda:
    """One document."""

    content: bytes
    root: etree._Element

    @classmethod
    def read(cls, content: bytes) -> "Cda":
        return cls(content, parse(content, "CDA"))

    def value(self, path: str) -> str:
        """The first value below ClinicalDocument; empty where there is none."""
        return value(self.root, path)

    def values(self, path: str) -> list[str]:
        return values(self.root, path)

    @property
    def patient_ids(self) -> list[tuple[str, str]]:
        """(root, extension) of each id of the patient."""
        ids = elements(self.root, "c:recordTarget/c:patientRole/c:id")
        return [(i.get("root", ""), i.get("extension", "")) for i in ids]

    @property
    def ins(self) -> str | None:
        return next((extension for root, extension in self.patient_ids if root in INS_ROOTS), None)

    @property
    def is_level_1(self) -> bool:
        return bool(elements(self.root, "c:component/c:nonXMLBody"))

    @property
    def pdf(self) -> bytes | None:
        """The embedded PDF: the body of level 1, the copy of the document in level 3."""
        found = elements(self.root, _PDFS)
        try:
            return b64decode("".join("".join(map(str, found[0].itertext())).split()), validate=True) if found else None
        except binascii.Error as error:
            raise Unreadable("CDA embedded PDF", error) from None


def instant(text: str, where: str) -> datetime:
    """A CDA time with its offset. Raises Unreadable: a time without offset names no instant."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S%z" if len(text) > 17 else "%Y%m%d%H%M%z")
    except ValueError:
        raise Unreadable(where, text or "nothing") from None
