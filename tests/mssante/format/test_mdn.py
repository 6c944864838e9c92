from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import MailAddress, MailMessageId
from gateway.mssante.format import mail
from gateway.mssante.format.reports import MdnDraft, Outcome, write_mdn
from tests.mssante.format.examples import example, refusal

ORIGINAL = example("mail/02-reply-with-xdm.eml")
DRAFT = MdnDraft(
    original=ORIGINAL,
    original_message_id=MailMessageId("<cr-77120@pneumo-rempart.mssante.example>"),
    original_subject="XDM/1.0/DDM+CR ou fiche de consultation ou de visite VALLORGE MARCELINE 14/03/1952",
    sender=MailAddress("passerelle@cpts-vesle.mssante.example"),
    recipient=MailAddress("karim.tazerout@medecin.mssante.example"),
    final_recipient=MailAddress("passerelle@cpts-vesle.mssante.example"),
    message_id=MailMessageId("<mdn-1@cpts-vesle.mssante.example>"),
    date=datetime(2026, 12, 2, 17, 25, tzinfo=timezone(timedelta(hours=1))),
    reporting_ua="cpts-vesle.mssante.example; Passerelle",
    nil="DEV000000",
)
REFUSED = replace(DRAFT, error=("904", "L'INS transmis ne correspond pas"))


def test_a_receipt_of_success_is_read_as_processed() -> None:
    report = mail.read(write_mdn(DRAFT)).report

    assert report is not None
    assert (report.outcome, report.code, report.automatic) == (Outcome.PROCESSED, None, True)
    assert report.original_message_id == DRAFT.original_message_id
    assert report.final_recipient == DRAFT.final_recipient


def test_a_refusal_is_read_with_its_code_from_field_subject_and_text() -> None:
    read = mail.read(write_mdn(REFUSED))

    assert read.report is not None
    assert (read.report.outcome, read.report.code) == (Outcome.PROCESSED_ERROR, "904")
    assert read.subject == f"[KO Intégration système !][904] {DRAFT.original_subject}"
    assert "Erreur 904 : L'INS transmis ne correspond pas" in read.text


def test_the_newer_grammar_is_written() -> None:
    content = write_mdn(REFUSED)

    assert b"\r\nDisposition: automatic-action/MDN-sent-automatically; processed/error\r\n" in content
    assert b"\r\nError: 904^L'INS transmis ne correspond pas^applicationErrorCondition\r\n" in content
    assert b"processed/Error:" not in content


def test_it_is_a_report_of_three_parts_the_third_being_the_original() -> None:
    message = message_from_bytes(write_mdn(DRAFT), policy=policy.default)
    text, status, original = message.iter_parts()

    assert message.get_content_type() == "multipart/report"
    assert message["Content-Type"].params["report-type"] == "disposition-notification"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Subject"] == DRAFT.original_subject
    assert (message["In-Reply-To"], message["X-MSS-NIL"]) == (DRAFT.original_message_id, "DEV000000")
    assert text.get_content_type() == "text/plain"
    assert status.get_content_type() == "message/disposition-notification"
    assert original.get_content_type() == "message/rfc822"
    assert original.get_content()["Message-ID"] == DRAFT.original_message_id
    assert ORIGINAL in write_mdn(DRAFT)


def test_bare_line_feeds_of_an_original_become_line_ends() -> None:
    content = write_mdn(replace(DRAFT, original=b"Subject: x\n\nhello\n"))

    assert b"\n" not in content.replace(b"\r\n", b"")


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert write_mdn(REFUSED) == write_mdn(replace(REFUSED))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipient": "a@b.example\r\nBcc: x@y.example"}, "mail-address-refused"),
        ({"final_recipient": "a@b.example\r\nDisposition: x"}, "mail-address-refused"),
        ({"original_message_id": "<a@b>\r\nX: y"}, "mail-message-id-refused"),
        ({"original_subject": "x\r\nBcc: x@y.example"}, "mail-header-injection"),
        ({"reporting_ua": "x\r\nDisposition: y"}, "mail-header-injection"),
        ({"error": ("904", "x\r\nDisposition: y")}, "mail-header-injection"),
    ],
)
def test_no_field_can_add_a_field(changes: dict[str, object], code: str) -> None:
    assert refusal(lambda: write_mdn(replace(DRAFT, **changes))) == code  # type: ignore[arg-type]


def test_a_label_cannot_add_a_component_to_the_error() -> None:
    content = write_mdn(replace(DRAFT, error=("904", "a^b")))

    assert b"\r\nError: 904^a b^applicationErrorCondition\r\n" in content


@settings(deadline=None)
@given(st.text(max_size=30), st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), max_size=80))
def test_any_error_is_read_back_as_an_error_with_a_code(code: str, label: str) -> None:
    report = mail.read(write_mdn(replace(DRAFT, error=(code, label)))).report

    assert report is not None
    assert report.outcome is Outcome.PROCESSED_ERROR
    assert report.code == (code if code.isascii() and code.isdigit() and len(code) <= 3 else "906")
