import base64
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InputError
from gateway.model import MailAddress, MailMessageId, Severity
from gateway.mssante.format import cda, mail, xdm
from gateway.mssante.format.mail import MailDraft, MailKind
from tests.mssante.format import hostile
from tests.mssante.format.examples import example, names, refusal

REFERRAL_ID = "<20261120.0931.referral.7f0c@cpts-vesle.mssante.example>"
PARIS_IN_WINTER = timezone(timedelta(hours=1))
DEFAULT = MailAddress("a@b.example")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("01-outbound-referral", MailKind.DOCUMENT),
        ("01b-outbound-two-documents", MailKind.DOCUMENT),
        ("01c-outbound-to-patient", MailKind.DOCUMENT),
        ("02-reply-with-xdm", MailKind.DOCUMENT),
        ("03-dsn-success", MailKind.REPORT),
        ("04-dsn-failure", MailKind.REPORT),
        ("05-mdn-processed", MailKind.REPORT),
        ("05b-mdn-displayed-by-a-person", MailKind.REPORT),
        ("06-mdn-error-new-grammar", MailKind.REPORT),
        ("07-mdn-error-older-grammar", MailKind.REPORT),
        ("08-ko-ordinary-mail", MailKind.KO),
        ("09-patient-free-text-reply", MailKind.FREE_REPLY),
        ("10-out-of-office", MailKind.AUTO_REPLY),
    ],
)
def test_each_worked_mail_is_known_for_what_it_is(name: str, kind: MailKind) -> None:
    read = mail.read(example(f"mail/{name}.eml"))

    assert read.kind is kind
    assert bool(read.archives) is (kind is MailKind.DOCUMENT)
    assert read.findings == ()


def test_every_worked_mail_is_in_the_table_above() -> None:
    assert len(names("mail/*.eml")) == 13


def test_an_answer_with_a_document_is_read_whole() -> None:
    read = mail.read(example("mail/02-reply-with-xdm.eml"))

    assert read.message_id == "<cr-77120@pneumo-rempart.mssante.example>"
    assert (read.in_reply_to, read.references) == (REFERRAL_ID, (REFERRAL_ID,))
    assert read.from_address == "karim.tazerout@medecin.mssante.example"
    assert read.to == ("passerelle@cpts-vesle.mssante.example",)
    assert read.subject.startswith("XDM/1.0/DDM+CR ou fiche de consultation")
    assert read.date == datetime(2026, 12, 2, 17, 20, tzinfo=PARIS_IN_WINTER)
    assert read.receipt_to == read.from_address
    assert (read.document_codes, read.announces_ins) == (("11488-4",), True)
    assert read.text.startswith("Bonjour,\r\n\r\nCi-joint le compte rendu")
    (pdf,) = read.pdfs
    assert pdf.name == "20261202_CR ou fiche de consultation ou de visite_VALLORGE_MARCELINE.pdf"
    ((_, content),) = xdm.unpack(read.archives[0]).documents
    assert cda.embedded_pdf(cda.read(content)) == pdf.content


def test_accented_file_names_of_rfc_2231_are_read() -> None:
    read = mail.read(example("mail/01b-outbound-two-documents.eml"))

    assert [pdf.name for pdf in read.pdfs] == [
        "20261112_Lettre de liaison à la sortie d'un établ_VALLORGE_MARCELINE.pdf",
        "20261120_Prescription de produits de santé_VALLORGE_MARCELINE.pdf",
    ]
    assert read.document_codes == ("11490-0", "57833-6")


def test_a_patients_words_are_shown_as_written() -> None:
    read = mail.read(example("mail/09-patient-free-text-reply.eml"))

    assert "très essoufflée depuis hier soir" in read.text
    assert read.from_address == "252035145404215@patient.mssante.example"


@pytest.mark.parametrize(
    "name", ["04-dsn-failure", "05-mdn-processed", "07-mdn-error-older-grammar", "08-ko-ordinary-mail"]
)
def test_an_archive_given_back_is_never_taken_for_a_new_one(name: str) -> None:
    content = example(f"mail/{name}.eml")
    assert b"IHE_XDM.zip" in content

    read = mail.read(content)

    assert (read.archives, read.pdfs, read.others) == ((), (), ())


def test_an_out_of_office_with_our_archive_in_it_yields_nothing() -> None:
    content = b"Return-Path: <>\r\n" + example("mail/01-outbound-referral.eml")

    read = mail.read(content)

    assert (read.kind, read.archives) == (MailKind.AUTO_REPLY, ())


def test_software_that_calls_itself_automatic_may_still_send_documents() -> None:
    content = b"Auto-Submitted: auto-generated\r\n" + example("mail/01-outbound-referral.eml")

    assert mail.read(content).kind is MailKind.DOCUMENT


# --- the mail against its documents


@pytest.mark.parametrize(
    ("name", "codes"), [("mail-code-header-differs", ["mail-code-differs"]), ("mail-no-pdf", ["mail-no-pdf"])]
)
def test_each_invalid_mail_yields_its_code(name: str, codes: list[str]) -> None:
    read = mail.read(example(f"invalid/{name}.eml"))

    assert [finding.code for finding in mail.check(read, ["96349-6"])] == codes


def test_a_worked_mail_agrees_with_its_documents_in_any_order() -> None:
    read = mail.read(example("mail/01b-outbound-two-documents.eml"))

    assert mail.check(read, ["57833-6", "11490-0"]) == ()


# --- which parts count


@pytest.mark.parametrize("name", [b"IHE_XDM.ZIP", b"ihe_xdm.zip", b"Ihe_Xdm.Zip"])
def test_the_archive_is_known_by_its_name_in_any_case(name: bytes) -> None:
    content = example("mail/02-reply-with-xdm.eml").replace(b"IHE_XDM.zip", name)

    assert len(mail.read(content.replace(b"application/zip", b"application/octet-stream")).archives) == 1


def test_a_zip_under_another_name_counts_only_where_no_archive_has_the_right_one() -> None:
    content = example("mail/02-reply-with-xdm.eml").replace(b"IHE_XDM.zip", b"export.zip")

    assert len(mail.read(content).archives) == 1


def test_other_attachments_are_kept_apart() -> None:
    picture = hostile.part(
        b"image/png", b"iVBORw0K", hostile.ATTACHED[0], b'Content-Disposition: attachment; filename="ecg.png"'
    )
    content = hostile.mail(
        hostile.multipart([hostile.part(b"text/plain", b"voici"), picture]), b"multipart/mixed; boundary=b"
    )

    read = mail.read(content)

    assert read.kind is MailKind.FREE_REPLY
    assert [(other.name, other.media_type, other.content) for other in read.others] == [
        ("ecg.png", "image/png", b"\x89PNG\r\n")
    ]


def test_the_text_of_a_mail_in_html_is_read_without_its_tags() -> None:
    head = "<head><style>p{}</style><script>alert(1)</script></head>"
    page = f"<html>{head}<body><p>Bonjour,</p><p>essoufflée</p></body></html>"

    read = mail.read(hostile.mail(page.encode(), b"text/html; charset=utf-8"))

    assert read.text == "Bonjour,\nessoufflée"


def test_plain_text_is_preferred_to_its_html_twin() -> None:
    parts = [hostile.part(b"text/html", b"<p>html</p>"), hostile.part(b"text/plain", b"plain")]

    assert mail.read(hostile.mail(hostile.multipart(parts), b"multipart/alternative; boundary=b")).text == "plain"


# --- headers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.example", ["a@b.example"]),
        ("<a@b.example>", ["a@b.example"]),
        ('"A, B" <a@b.example>, c@d.example', ["a@b.example", "c@d.example"]),
        ('"x@evil.example" <a@b.example>', ["a@b.example"]),
        ("x@evil.example <a@b.example>", ["a@b.example"]),
        ("(x@evil.example) a@b.example", ["a@b.example"]),
        ('"a\\" <x@evil.example>" <a@b.example>', ["a@b.example"]),
        ("undisclosed-recipients:;", []),
        ("", []),
        ("<>", []),
    ],
)
def test_an_address_is_never_taken_from_a_display_name(value: str, expected: list[str]) -> None:
    assert list(mail.addresses(value)) == expected


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ([b"Disposition-Notification-To: a@b.example"], True),
        ([b"Disposition-Notification-To: A@B.example", b"Return-Path: <a@b.example>"], True),
        ([b"Disposition-Notification-To: a@b.example", b"Return-Path: <x@y.example>"], False),
        ([b"Disposition-Notification-To: x@y.example"], False),
        ([b"Disposition-Notification-To: a@b.example", b"Return-Path: <>"], False),
        ([], False),
    ],
)
def test_a_receipt_is_sent_only_to_whoever_the_mail_comes_back_to(headers: list[bytes], may: bool) -> None:
    assert mail.read(hostile.mail(b"x", b"text/plain", *headers)).may_be_answered_by_mdn is may


def test_a_header_given_twice_is_reported_and_the_first_one_counts() -> None:
    read = mail.read(hostile.mail(b"x", b"text/plain", b"From: evil@e.example"))

    assert read.from_address == "a@b.example"
    assert [(finding.code, finding.path) for finding in read.findings] == [("mail-header-repeated", "From")]


@pytest.mark.parametrize(
    "date", [b"", b"yesterday", b"Fri, 99 Nov 2026 09:31:00 +0100", b"Fri, 20 Nov 2026 09:31:00 +9999"]
)
def test_an_impossible_date_is_none(date: bytes) -> None:
    assert mail.read(b"Date: " + date + b"\r\nFrom: a@b.example\r\n\r\nx").date is None


def test_an_empty_mail_is_a_reply_that_says_nothing() -> None:
    read = mail.read(b"")

    assert (read.kind, read.message_id, read.from_address, read.text) == (MailKind.FREE_REPLY, None, None, "")


# --- the Message-ID alone


@pytest.mark.parametrize("name", names("mail/*.eml"))
def test_the_message_id_is_found_without_parsing(name: str) -> None:
    content = example(name)

    assert mail.message_id_of(content) == mail.read(content).message_id


@pytest.mark.parametrize("content", [b"", b"Subject: x\r\n\r\nMessage-ID: <a@b>", b"Message-ID: none\r\n\r\n"])
def test_where_there_is_none_it_is_empty(content: bytes) -> None:
    assert mail.message_id_of(content) == ""


@given(st.binary(max_size=200))
def test_it_is_always_safe_to_ask(content: bytes) -> None:
    assert mail.message_id_of(b"message-id: " + content).isascii()


def test_a_mail_that_breaks_a_limit_is_refused() -> None:
    assert (
        refusal(lambda: mail.read(example("mail/01-outbound-referral.eml"), mail.Limits(max_bytes=1000)))
        == "mail-too-large"
    )


# --- what was read can be written


@settings(max_examples=300, deadline=None)
@given(*[st.binary(max_size=80)] * 5)
def test_whatever_is_read_can_be_answered_and_passed_on(
    subject: bytes, message_id: bytes, sender: bytes, receipt_to: bytes, file_name: bytes
) -> None:
    word = b"=?utf-8?b?" + base64.b64encode(subject) + b"?="
    attached = hostile.part(b"application/pdf", b"", b"Content-Disposition: attachment; filename=" + file_name)
    head = b"Subject: " + word + b"\r\nMessage-ID: <" + message_id + b">\r\nFrom: <" + sender + b"@b.example>\r\n"
    head += b"Disposition-Notification-To: " + receipt_to + b"@b.example\r\n"
    content = head + hostile.part(b"multipart/mixed; boundary=b", hostile.multipart([attached]))
    try:
        read = mail.read(content)
    except InputError:
        return

    written = mail.compose(
        MailDraft(
            sender=read.from_address or DEFAULT,
            sender_label=read.subject,
            recipient=read.receipt_to or DEFAULT,
            subject=read.subject,
            message_id=read.message_id or MailMessageId("<1@b.example>"),
            date=datetime(2026, 11, 22, tzinfo=PARIS_IN_WINTER),
            text=read.text,
            nil="x",
            pdfs=read.others,
            in_reply_to=read.message_id,
        )
    )

    assert mail.read(written).subject == read.subject


# --- what a mail hangs on, and what it does not

BROKEN = (b"Content-Transfer-Encoding: base64", b'Content-Disposition: attachment; filename="photo.png"')


def test_a_patients_words_are_read_even_beside_a_broken_attachment() -> None:
    parts = [hostile.part(b"text/plain", b"aidez-moi"), hostile.part(b"image/png", b"!!!", *BROKEN)]

    read = mail.read(hostile.mail(hostile.multipart(parts), b"multipart/mixed; boundary=b"))

    assert (read.kind, read.text, read.others) == (MailKind.FREE_REPLY, "aidez-moi", ())
    assert [(finding.code, finding.severity) for finding in read.findings] == [("mail-bad-base64", Severity.WARNING)]


def test_a_broken_text_does_not_lose_a_receipt() -> None:
    content = example("mail/03-dsn-success.eml").replace(b"quoted-printable", b"x-unknown", 1)

    read = mail.read(content)

    assert read.report is not None
    assert [finding.code for finding in read.findings] == ["mail-encoding-unknown"]


def test_a_broken_text_of_a_person_is_refused_so_that_somebody_looks() -> None:
    content = hostile.mail(b"!!!", b"text/plain", b"Content-Transfer-Encoding: base64")

    assert refusal(lambda: mail.read(content)) == "mail-bad-base64"
