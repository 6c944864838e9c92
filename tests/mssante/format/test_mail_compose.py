from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InputError
from gateway.model import MailAddress, MailMessageId
from gateway.mssante.format import mail
from gateway.mssante.format.mail import Attachment, MailDraft, pdf_name
from tests.mssante.format.examples import example, refusal

DRAFT = MailDraft(
    sender=MailAddress("passerelle@cpts-vesle.mssante.example"),
    sender_label="CPTS_Vesle_et_Suippe",
    recipient=MailAddress("karim.tazerout@medecin.mssante.example"),
    subject="XDM/1.0/DDM+Lettre d'adressage VALLORGE MARCELINE 14/03/1952",
    message_id=MailMessageId("<7f0c@cpts-vesle.mssante.example>"),
    date=datetime(2026, 11, 20, 9, 31, tzinfo=timezone(timedelta(hours=1))),
    text="Bonjour,\n\nvoici une lettre.\n",
    nil="DEV000000",
    archive=example("xdm/referral.IHE_XDM.zip"),
    pdfs=(Attachment("20261120_Lettre d'adressage_VALLORGE_MARCELINE.pdf", b"%PDF-1.4 x"),),
    document_codes=("96349-6",),
    qualified_ins=True,
    reply_to=MailAddress("passerelle@cpts-vesle.mssante.example"),
    receipt_to=MailAddress("passerelle@cpts-vesle.mssante.example"),
)
ONE_LINE = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), max_size=120)
BODY = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400)


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_every_header_of_a_clinical_mail_is_there_in_its_order() -> None:
    message = parsed(mail.compose(DRAFT))

    assert message.items() == [
        ("From", "CPTS_Vesle_et_Suippe <passerelle@cpts-vesle.mssante.example>"),
        ("To", "karim.tazerout@medecin.mssante.example"),
        ("Reply-To", "passerelle@cpts-vesle.mssante.example"),
        ("Subject", "XDM/1.0/DDM+Lettre d'adressage VALLORGE MARCELINE 14/03/1952"),
        ("Message-ID", "<7f0c@cpts-vesle.mssante.example>"),
        ("Date", "Fri, 20 Nov 2026 09:31:00 +0100"),
        ("Disposition-Notification-To", "passerelle@cpts-vesle.mssante.example"),
        ("X-MSS-CODECDA", "96349-6"),
        ("X-MSS-INS", "O"),
        ("X-MSS-NIL", "DEV000000"),
        ("MIME-Version", "1.0"),
        ("Content-Type", message["Content-Type"]),
    ]


def test_the_archive_and_the_pdf_arrive_as_they_were() -> None:
    text, archive, pdf = parsed(mail.compose(DRAFT)).iter_parts()

    assert (text.get_content_type(), text["Content-Transfer-Encoding"]) == ("text/plain", "quoted-printable")
    assert (archive.get_content_type(), archive.get_filename()) == ("application/zip", "IHE_XDM.zip")
    assert archive.get_payload(decode=True) == DRAFT.archive
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", DRAFT.pdfs[0].name)
    assert pdf.get_payload(decode=True) == b"%PDF-1.4 x"


def test_the_mail_is_seven_bit_crlf_and_within_the_line_limit() -> None:
    content = mail.compose(replace(DRAFT, text="é" * 500 + "\r\nx\ry\nz", subject="é" * 300))

    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 78


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert mail.compose(DRAFT) == mail.compose(replace(DRAFT))


def test_a_mail_without_archive_has_no_header_of_documents() -> None:
    message = parsed(mail.compose(replace(DRAFT, archive=None, pdfs=())))

    assert message["X-MSS-CODECDA"] is None
    assert message["X-MSS-INS"] is None
    assert message["X-MSS-NIL"] == "DEV000000"


def test_an_unqualified_ins_is_said_and_a_patient_may_be_told_not_to_answer() -> None:
    message = parsed(mail.compose(replace(DRAFT, qualified_ins=False, no_reply=True, document_codes=("A", "B"))))

    assert (message["X-MSS-INS"], message["X-MSS-MES"], message["X-MSS-CODECDA"]) == ("N", "FIN", "A,B")


def test_an_answer_names_what_it_answers() -> None:
    first, second = MailMessageId("<a@b.example>"), MailMessageId("<c@d.example>")
    message = parsed(mail.compose(replace(DRAFT, in_reply_to=second, references=(first, second))))

    assert (message["In-Reply-To"], message["References"]) == (second, f"{first} {second}")
    assert parsed(mail.compose(replace(DRAFT, in_reply_to=first)))["References"] == first


@settings(deadline=None)
@given(ONE_LINE, ONE_LINE, BODY, ONE_LINE.filter(lambda name: bool(name.strip())))
def test_whatever_is_written_is_read_back_the_same(label: str, subject: str, text: str, name: str) -> None:
    draft = replace(DRAFT, sender_label=label, subject=subject, text=text, pdfs=(Attachment(name, b"%PDF-x"),))

    read = mail.read(mail.compose(draft))

    assert read.subject == subject
    assert read.from_address == draft.sender
    assert read.to == (draft.recipient,)
    assert read.message_id == draft.message_id
    assert read.date == draft.date
    assert read.text == "\r\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert [pdf.name for pdf in read.pdfs] == [name]
    assert read.archives == (draft.archive,)
    assert read.findings == ()


HEADERS = {
    "sender_label": "mail-header-injection",
    "subject": "mail-header-injection",
    "nil": "mail-header-injection",
    "sender": "mail-address-refused",
    "recipient": "mail-address-refused",
    "reply_to": "mail-address-refused",
    "receipt_to": "mail-address-refused",
    "message_id": "mail-message-id-refused",
    "in_reply_to": "mail-message-id-refused",
}


@pytest.mark.parametrize(("field", "code"), HEADERS.items())
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\r\n "])
def test_no_field_can_add_a_header(field: str, code: str, line_break: str) -> None:
    attack = f"a@b.example{line_break}Bcc: someone@else.example"

    assert refusal(lambda: mail.compose(replace(DRAFT, **{field: attack}))) == code  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["96349-6\r\nBcc: x@y.example", "\n", "a\x00"])
def test_no_document_code_can_add_a_header(code: str) -> None:
    assert refusal(lambda: mail.compose(replace(DRAFT, document_codes=(code,)))) == "mail-header-injection"


def test_no_file_name_can_add_a_header_or_a_part() -> None:
    attack = Attachment('a"\r\nContent-Type: text/html\r\n\r\n.pdf', b"")

    assert refusal(lambda: mail.compose(replace(DRAFT, pdfs=(attack,)))) == "mail-header-injection"


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["sender_label", "subject", "nil"]))
def test_any_text_at_all_adds_no_header_or_is_refused(text: str, field: str) -> None:
    try:
        content = mail.compose(replace(DRAFT, **{field: text}))  # type: ignore[arg-type]
    except InputError:
        return
    names = [line.partition(b":")[0] for line in content.split(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] != b" "]
    assert names == [
        b"From", b"To", b"Reply-To", b"Subject", b"Message-ID", b"Date", b"Disposition-Notification-To",
        b"X-MSS-CODECDA", b"X-MSS-INS", b"X-MSS-NIL", b"MIME-Version", b"Content-Type",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a b@c.example",
        "a@b.example,c@d.example",
        "<a@b.example>",
        '"a"@b.example',
        "é@b.example",
        "a@@b.example",
    ],
)
def test_an_address_that_is_not_plain_is_refused(address: str) -> None:
    draft = replace(DRAFT, recipient=MailAddress(address))

    assert refusal(lambda: mail.compose(draft)) == "mail-address-refused"


def test_text_that_looks_like_a_boundary_or_a_lone_dot_changes_nothing() -> None:
    boundary = parsed(mail.compose(DRAFT)).get_boundary()
    text = f"--{boundary}--\r\n.\r\nFrom me \r\n\t\r\n"

    read = mail.read(mail.compose(replace(DRAFT, text=text)))

    assert read.text == text
    assert len(read.archives) == 1


def test_a_pdf_name_has_its_fields_and_underscores_only_between_them() -> None:
    assert pdf_name(date(2026, 11, 20), "Lettre_d'adressage", "LE GOFF", "Anne_Marie", "12/7") == (
        "20261120_Lettre d'adressage_LE GOFF_Anne Marie_12 7.pdf"
    )


@given(st.dates(), st.text(), st.text(), st.text())
def test_no_pdf_name_is_a_path_or_needs_refusing(day: date, label: str, name: str, first: str) -> None:
    made = pdf_name(day, label, name, first)

    assert not set('/\\:*?"<>|') & set(made)
    assert made.endswith(".pdf")
    assert made.count("_") <= 3


def test_the_worked_example_file_name_is_made() -> None:
    label = "Lettre de liaison à la sortie d'un établissement de soins"

    assert pdf_name(datetime(2026, 11, 12, tzinfo=UTC).date(), label, "VALLORGE", "MARCELINE") == (
        "20261112_Lettre de liaison à la sortie d'un établ_VALLORGE_MARCELINE.pdf"
    )
