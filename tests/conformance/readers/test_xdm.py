"""The suite's reader of archives, on archives that it did not write."""

from pathlib import Path

import pytest

from conformance.readers import Unreadable, xdm
from conformance.readers.xdm import Archive
from tests.conformance.letters import MSSANTE

INVALID = MSSANTE / "invalid"


def _read(path: Path) -> Archive:
    return Archive.read(path.read_bytes())


def test_an_archive_says_what_its_document_is() -> None:
    archive = _read(MSSANTE / "xdm" / "referral-level1.IHE_XDM.zip")
    assert archive.entry.code(xdm.TYPE_CODE) == "96349-6"
    assert archive.entry.external(xdm.PATIENT_ID) == archive.submission_set.external(xdm.SET_PATIENT_ID)
    assert archive.document.ins == "252035145404215"
    assert archive.document.pdf is not None
    assert archive.document.pdf.startswith(b"%PDF-")


def test_a_structured_document_has_its_pdf_too() -> None:
    document = _read(MSSANTE / "xdm" / "referral.IHE_XDM.zip").document
    assert not document.is_level_1
    assert document.pdf is not None
    assert document.pdf.startswith(b"%PDF-")


def test_two_documents_are_two_entries() -> None:
    archive = _read(MSSANTE / "xdm" / "discharge-two-documents.IHE_XDM.zip")
    assert len(archive.entries) == 2
    with pytest.raises(Unreadable, match="2 DocumentEntry"):
        _ = archive.entry


def test_an_archive_without_metadata_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="0 METADATA"):
        _read(INVALID / "xdm-no-metadata.zip")


def test_a_document_that_is_not_there_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no file"):
        _ = _read(INVALID / "xdm-uri-missing.zip").document


def test_an_archive_that_grows_without_end_is_not_opened() -> None:
    with pytest.raises(Unreadable):
        _read(INVALID / "xdm-bomb.zip")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip at all"])
def test_what_is_no_archive_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        Archive.read(content)
