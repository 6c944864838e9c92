"""The colleague's report is right where it should be, and wrong in one thing where a check wants it so."""

from datetime import UTC, datetime
from hashlib import sha1

import pytest

from conformance.peers.report import Report, Twist, write_report
from conformance.peers.writing import Colleague
from conformance.readers import xdm
from conformance.readers.cda import Cda
from conformance.readers.mail import Mail
from conformance.readers.xdm import Archive
from tests.conformance.letters import COLLEAGUE, MSSANTE, OUTBOUND

LETTER = Cda.read((MSSANTE / "cda" / "level1-referral.xml").read_bytes())
AT = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)


def _written(twist: Twist | None = None) -> tuple[Report, Archive]:
    report = write_report(LETTER, AT, twist or Twist())
    return report, Archive.read(report.archive)


def test_a_report_is_about_the_patient_of_the_letter_and_names_its_order() -> None:
    report, archive = _written()
    assert archive.document.patient_ids == LETTER.patient_ids
    assert archive.entry.external(xdm.PATIENT_ID).startswith(f"{LETTER.ins}^")
    orders = "c:inFulfillmentOf/c:order/c:id/@extension"
    assert archive.document.values(orders) == LETTER.values(orders)
    assert archive.entry.external(xdm.UNIQUE_ID) == archive.document.value("c:id/@root") == report.document_id


def test_a_report_is_written_by_whom_the_letter_was_written_to() -> None:
    _, archive = _written()
    recipient = LETTER.value("c:informationRecipient/c:intendedRecipient/c:id/@extension")
    assert archive.document.value("c:author/c:assignedAuthor/c:id/@extension") == recipient


def test_its_metadata_fit_its_bytes_and_its_pdf_is_embedded() -> None:
    report, archive = _written()
    assert archive.entry.slot("hash") == sha1(report.document, usedforsecurity=False).hexdigest()
    assert archive.entry.slot("size") == str(len(report.document))
    assert archive.entry.slot("creationTime") == "20261202150000"
    assert archive.document.pdf == report.pdf


@pytest.mark.parametrize(
    ("twist", "names_order", "same_in_metadata", "same_in_document", "right_hash"),
    [
        (Twist(), True, True, True, True),
        (Twist(names_order=False), False, True, True, True),
        (Twist(other_patient_in_metadata=True), True, False, True, True),
        (Twist(other_patient=True), True, False, False, True),
        (Twist(wrong_hash=True), True, True, True, False),
    ],
)
def test_a_twist_changes_one_thing(
    twist: Twist, names_order: bool, same_in_metadata: bool, same_in_document: bool, right_hash: bool
) -> None:
    report, archive = _written(twist)
    said = archive.entry.slot("hash") == sha1(report.document, usedforsecurity=False).hexdigest()
    assert (b"inFulfillmentOf" in report.document) is names_order
    assert archive.entry.external(xdm.PATIENT_ID).startswith(f"{LETTER.ins}^") is same_in_metadata
    assert (archive.document.ins == LETTER.ins) is same_in_document
    assert said is right_hash


def test_the_mails_of_a_colleague_are_in_the_thread_and_go_to_the_gateway() -> None:
    letter = Mail.read(OUTBOUND)
    sent = Mail.read(Colleague(COLLEAGUE, letter).words("Bien reçu.").content)
    assert sent.header("In-Reply-To") == letter.message_id
    assert sent.address("To") == letter.address("Reply-To")
    assert "Bien re=C3=A7u." in sent.content.decode("ascii")


def test_an_absence_notice_is_marked_as_automatic() -> None:
    sent = Mail.read(Colleague(COLLEAGUE, Mail.read(OUTBOUND)).absence("Absent.").content)
    assert sent.header("Auto-Submitted") == "auto-replied"


@pytest.mark.parametrize(("older", "field"), [(True, None), (False, "902^Inconnu^applicationErrorCondition")])
def test_a_refusal_is_written_in_either_grammar(older: bool, field: str | None) -> None:
    letter = Mail.read(OUTBOUND)
    sent = Mail.read(Colleague(COLLEAGUE, letter).refused("902", "Inconnu", older_grammar=older).content)
    fields = sent.disposition
    assert fields is not None
    assert fields["Original-Message-ID"] == letter.message_id
    assert fields["Error"] == field
    assert ("Error: 902" in fields["Disposition"]) is older
    assert (sent.header("Subject") or "").startswith("[KO Intégration système !][902] XDM/1.0/DDM+")
