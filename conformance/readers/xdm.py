"""An IHE XDM archive and its METADATA.XML.

Source: IHE ITI TF-3 4.2 (metadata), TF-1 16 (XDM); CI-SIS volet Échange de documents de santé.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from conformance.readers import Unreadable
from conformance.readers.cda import Cda
from conformance.readers.xml import elements, parse, value, values

MAX_EXPANDED_BYTES, MAX_RATIO = 100_000_000, 200
PATIENT_ID, UNIQUE_ID = "58a6f841-87b3-4a3e-92fd-a8ffeff98427", "2e82c1f6-a085-4c72-9da3-8640a32e42ab"
SET_PATIENT_ID, SET_SOURCE_ID, SET_UNIQUE_ID = (
    "6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "554ac39e-e3fe-47fe-b233-965d2a147832",
    "96fdda7c-d067-4183-912e-bf5ee74998a8",
)
CLASS_CODE, TYPE_CODE, FORMAT_CODE, FACILITY, SETTING, CONFIDENTIALITY, AUTHOR = (
    "41a5887f-8865-4c09-adf7-e362475b143a",
    "f0306f51-975f-434e-a61c-c59651d33983",
    "a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "cccf5598-8b07-4b77-a05e-ae952c785ead",
    "f4f85eac-e6cb-4883-b524-f2705394840f",
    "93606bcf-9494-43ec-9b4e-a7748d1a838d",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One DocumentEntry (ExtrinsicObject), or the SubmissionSet (RegistryPackage)."""

    element: etree._Element

    @property
    def id(self) -> str:
        return self.element.get("id", "")

    def slot(self, name: str) -> str:
        """The first value of a slot; empty where there is none."""
        return next(iter(self.slots(name)), "")

    def slots(self, name: str) -> list[str]:
        return values(self.element, f"r:Slot[@name='{name}']/r:ValueList/r:Value/text()")

    def external(self, scheme: str) -> str:
        return value(self.element, f"r:ExternalIdentifier[@identificationScheme='urn:uuid:{scheme}']/@value")

    def classifications(self, scheme: str) -> list[etree._Element]:
        return elements(self.element, f"r:Classification[@classificationScheme='urn:uuid:{scheme}']")

    def code(self, scheme: str) -> str:
        return value(self.element, f"r:Classification[@classificationScheme='urn:uuid:{scheme}']/@nodeRepresentation")


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened archive. `folder` is where METADATA.XML lies."""

    files: Mapping[str, bytes]
    folder: str
    metadata: etree._Element

    @classmethod
    def read(cls, content: bytes) -> "Archive":
        files = _unzip(content)
        found = [name for name in files if name.upper().endswith("METADATA.XML")]
        if len(found) != 1:
            raise Unreadable("IHE_XDM.zip", f"{len(found)} METADATA.XML instead of 1")
        folder = found[0].rpartition("/")[0]
        return cls(files, folder, parse(files[found[0]], "METADATA.XML"))

    @property
    def entries(self) -> list[Entry]:
        return [Entry(one) for one in elements(self.metadata, "//r:ExtrinsicObject")]

    @property
    def entry(self) -> Entry:
        """The only DocumentEntry. Raises Unreadable."""
        if len(self.entries) != 1:
            raise Unreadable("METADATA.XML", f"{len(self.entries)} DocumentEntry instead of 1")
        return self.entries[0]

    @property
    def submission_set(self) -> Entry:
        found = elements(self.metadata, "//r:RegistryPackage")
        if len(found) != 1:
            raise Unreadable("METADATA.XML", f"{len(found)} SubmissionSet instead of 1")
        return Entry(found[0])

    def file(self, entry: Entry) -> bytes:
        """The document of an entry, by its URI. Raises Unreadable."""
        name = f"{self.folder}/{entry.slot('URI')}".lstrip("/")
        if name not in self.files:
            raise Unreadable("DocumentEntry.URI", f"no file {entry.slot('URI') or '(no URI)'}")
        return self.files[name]

    @property
    def document(self) -> Cda:
        return Cda.read(self.file(self.entry))


def _unzip(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            infos = [info for info in opened.infolist() if not info.is_dir()]
            expanded = sum(info.file_size for info in infos)
            if expanded > min(MAX_EXPANDED_BYTES, MAX_RATIO * len(content)):
                raise Unreadable("IHE_XDM.zip", "too large when expanded")
            return {info.filename: opened.read(info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable("IHE_XDM.zip", type(error).__name__) from None
