import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest

from gateway.errors import InputError
from gateway.mssante.format import xdm
from tests.mssante.format.examples import example, names, refusal
from tests.mssante.format.test_zip import archive

REFERRAL = xdm.unpack(example("xdm/referral.IHE_XDM.zip"))
SUBSET = "IHE_XDM/SUBSET01/"
METADATA, DOCUMENT = REFERRAL.metadata_xml, REFERRAL.documents[0][1]


@pytest.mark.parametrize("name", names("xdm/*.zip"))
def test_a_worked_archive_is_read_without_a_finding(name: str) -> None:
    assert xdm.unpack(example(name)).findings == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("xdm-wrong-hash", "xdm-hash"),
        ("xdm-patient-differs-from-cda", "xdm-patient-differs"),
        ("xdm-two-patients", "xdm-two-patients"),
        ("xdm-uri-missing", "xdm-uri-missing"),
        ("xdm-local-time", "xdm-local-time"),
        ("xdm-path-traversal", "zip-name-refused"),
        ("xdm-bomb", "zip-bomb"),
        ("xdm-no-metadata", "xdm-no-metadata"),
    ],
)
def test_each_invalid_archive_is_refused_with_its_code(name: str, code: str) -> None:
    assert refusal(lambda: xdm.unpack(example(f"invalid/{name}.zip"))) == code


def test_a_wrong_format_code_is_reported_and_the_body_is_trusted() -> None:
    read = xdm.unpack(example("invalid/xdm-format-code-level3-said-pdf.zip"))

    assert [finding.code for finding in read.findings] == ["xdm-format-differs"]
    assert read.documents == REFERRAL.documents


def test_a_differing_patient_carries_the_ans_code_and_nothing_of_the_patient() -> None:
    with pytest.raises(InputError) as caught:
        xdm.unpack(example("invalid/xdm-patient-differs-from-cda.zip"))

    (finding,) = caught.value.findings
    assert finding.facts == (("ans_code", "904"),)
    assert "13811" not in repr(finding)


@pytest.mark.parametrize("name", names("xdm/*.zip"))
def test_what_is_packed_is_unpacked_the_same_and_packed_again_to_the_same_bytes(name: str) -> None:
    known = xdm.unpack(example(name))

    packed = xdm.pack(known.submission, known.documents, "CPTS <Vesle> & Suippe")

    back = xdm.unpack(packed)
    assert (back.submission, back.documents) == (known.submission, known.documents)
    assert xdm.pack(back.submission, back.documents, "CPTS <Vesle> & Suippe") == packed


def test_the_layout_is_that_of_the_profile_in_its_order_with_the_time_of_sending() -> None:
    packed = xdm.pack(REFERRAL.submission, REFERRAL.documents, "Élan")

    with zipfile.ZipFile(BytesIO(packed)) as opened:
        entries = opened.infolist()
        index, readme = opened.read("INDEX.HTM"), opened.read("README.TXT")
    assert [entry.filename for entry in entries] == [
        "INDEX.HTM", "README.TXT", f"{SUBSET}METADATA.XML", f"{SUBSET}DOC00001.XML",
    ]  # fmt: skip
    assert {entry.date_time for entry in entries} == {(2026, 11, 20, 8, 31, 0)}
    assert {entry.create_system for entry in entries} == {0}, "the same on every system"
    assert index.isascii()
    assert b"&#201;lan" in index
    assert b"Emetteur : Elan" in readme


def test_files_that_are_not_those_described_are_not_packed() -> None:
    changed = [("DOC00001.XML", DOCUMENT + b"\n")]

    assert refusal(lambda: xdm.pack(REFERRAL.submission, changed)) == "xdm-hash"


def test_a_time_that_zip_cannot_hold_is_no_obstacle() -> None:
    timeless = replace(REFERRAL.submission, submission_set=replace(REFERRAL.submission.submission_set))
    early = timeless.submission_set.submission_time
    assert early is not None
    submission = replace(
        timeless, submission_set=replace(timeless.submission_set, submission_time=early.replace(year=1970))
    )

    assert xdm.unpack(xdm.pack(submission, REFERRAL.documents)).submission == submission


def variants() -> Iterator[bytes]:
    yield archive(
        ("export/IHE_XDM/SUBSET01/METADATA.XML", METADATA), ("export/IHE_XDM/SUBSET01/DOC00001.XML", DOCUMENT)
    )
    yield archive(("ihe_xdm/subset01/metadata.xml", METADATA), ("ihe_xdm/subset01/doc00001.xml", DOCUMENT))
    yield archive(("IHE_XDM\\SUBSET01\\METADATA.XML", METADATA), ("IHE_XDM\\SUBSET01\\DOC00001.XML", DOCUMENT))
    yield archive(("INDEX.HTM", b"x"), ("METADATA.XML", METADATA), ("DOC00001.XML", DOCUMENT), ("README.TXT", b"y"))


@pytest.mark.parametrize("content", list(variants()))
def test_another_root_case_or_separator_is_tolerated(content: bytes) -> None:
    read = xdm.unpack(content)

    assert (read.documents, read.findings) == (REFERRAL.documents, ())


def test_a_stray_file_beside_the_documents_is_reported() -> None:
    content = archive(
        (f"{SUBSET}METADATA.XML", METADATA), (f"{SUBSET}DOC00001.XML", DOCUMENT), (f"{SUBSET}X.PDF", b"%PDF")
    )

    assert [finding.code for finding in xdm.unpack(content).findings] == ["xdm-stray-file"]


def test_two_submissions_in_one_archive_are_refused() -> None:
    content = archive((f"{SUBSET}METADATA.XML", METADATA), ("IHE_XDM/SUBSET02/METADATA.XML", METADATA))

    assert refusal(lambda: xdm.unpack(content)) == "xdm-several-metadata"


def test_a_document_with_a_dtd_inside_the_archive_is_refused() -> None:
    content = archive((f"{SUBSET}METADATA.XML", METADATA), (f"{SUBSET}DOC00001.XML", b"<!DOCTYPE x><x/>"))

    with pytest.raises(InputError) as caught:
        xdm.unpack(content)

    assert "xml-dtd-refused" in [finding.code for finding in caught.value.findings]


def test_metadata_with_an_entity_are_refused() -> None:
    content = archive((f"{SUBSET}METADATA.XML", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'))

    assert refusal(lambda: xdm.unpack(content)) == "xml-dtd-refused"
