from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mssante.format import mail
from gateway.mssante.format.reports import Outcome, Report, ReportKind, message_ids
from tests.mssante.format import hostile
from tests.mssante.format.examples import example

ORIGINAL = "<20261120.0931.referral.7f0c@cpts-vesle.mssante.example>"
KARIM = "karim.tazerout@medecin.mssante.example"
PROCESSED = Report(ReportKind.MDN, Outcome.PROCESSED, None, ORIGINAL, KARIM)  # type: ignore[arg-type]
DELIVERED = replace(
    PROCESSED, kind=ReportKind.DSN, outcome=Outcome.DELIVERED, code="2.1.5", envelope_id="7f0c-referral"
)


def report(content: bytes) -> Report:
    found = mail.read(content).report
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mail/03-dsn-success", DELIVERED),
        ("mail/04-dsn-failure", replace(DELIVERED, outcome=Outcome.FAILED, code="5.1.1")),
        ("mail/05-mdn-processed", PROCESSED),
        ("mail/05b-mdn-displayed-by-a-person", replace(PROCESSED, outcome=Outcome.DISPLAYED, automatic=False)),
        ("mail/06-mdn-error-new-grammar", replace(PROCESSED, outcome=Outcome.PROCESSED_ERROR, code="902")),
        (
            "mail/07-mdn-error-older-grammar",
            replace(
                PROCESSED,
                outcome=Outcome.PROCESSED_ERROR,
                code="904",
                final_recipient="secretariat@pneumo-rempart.mssante.example",
            ),
        ),
        (
            "mail/08-ko-ordinary-mail",
            Report(ReportKind.KO, Outcome.PROCESSED_ERROR, "902", ORIGINAL, None, automatic=False),  # type: ignore[arg-type]
        ),
        (
            "invalid/mdn-unknown-original",
            replace(PROCESSED, original_message_id="<never-sent@cpts-vesle.mssante.example>"),  # type: ignore[arg-type]
        ),
    ],
)
def test_each_worked_receipt_is_read_right(name: str, expected: Report) -> None:
    assert report(example(f"{name}.eml")) == expected


@pytest.mark.parametrize(
    "name", ["01-outbound-referral", "02-reply-with-xdm", "09-patient-free-text-reply", "10-out-of-office"]
)
def test_what_is_no_receipt_is_none(name: str) -> None:
    assert mail.read(example(f"mail/{name}.eml")).report is None


def mdn(disposition: str, *fields: str) -> bytes:
    lines = ("Reporting-UA: x", "Original-Message-ID: <1@b.example>", f"Disposition: {disposition}", *fields)
    parts = [
        hostile.part(b"text/plain", b"x"),
        hostile.part(b"message/disposition-notification", "\r\n".join(lines).encode() + b"\r\n"),
    ]
    return hostile.mail(hostile.multipart(parts), b"multipart/report; report-type=disposition-notification; boundary=b")


AUTOMATIC = "automatic-action/MDN-sent-automatically; "


@pytest.mark.parametrize(
    ("disposition", "fields", "outcome", "code"),
    [
        (f"{AUTOMATIC}processed", (), Outcome.PROCESSED, None),
        (f"{AUTOMATIC}Processed", (), Outcome.PROCESSED, None),
        ("automatic-action / MDN-sent-automatically ;processed", (), Outcome.PROCESSED, None),
        (f"{AUTOMATIC}processed/error", ("Error: 903^INS absent^x",), Outcome.PROCESSED_ERROR, "903"),
        (f"{AUTOMATIC}processed/Error", ("Error:905^x",), Outcome.PROCESSED_ERROR, "905"),
        (f"{AUTOMATIC}processed/Error: 902^Identifiant^x", (), Outcome.PROCESSED_ERROR, "902"),
        (f"{AUTOMATIC}processed/error: 902^Identifiant^x", (), Outcome.PROCESSED_ERROR, "902"),
        (f"{AUTOMATIC}processed / failure", (), Outcome.PROCESSED_ERROR, None),
        (f"{AUTOMATIC}processed", ("Error: 906^x",), Outcome.PROCESSED_ERROR, "906"),
        (f"{AUTOMATIC}processed/error", ("Error: sans code",), Outcome.PROCESSED_ERROR, None),
        ("manual-action/MDN-sent-manually; displayed", (), Outcome.DISPLAYED, None),
        ("manual-action/MDN-sent-automatically; deleted", (), Outcome.OTHER, None),
        (f"{AUTOMATIC}dispatched", (), Outcome.OTHER, None),
        ("processed", (), Outcome.OTHER, None),
        ("", (), Outcome.OTHER, None),
    ],
)
def test_every_spelling_of_a_disposition(
    disposition: str, fields: tuple[str, ...], outcome: Outcome, code: str | None
) -> None:
    found = report(mdn(disposition, *fields))

    assert (found.outcome, found.code) == (outcome, code)


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("delivered", Outcome.DELIVERED),
        ("Delayed", Outcome.DELAYED),
        ("failed", Outcome.FAILED),
        ("relayed", Outcome.OTHER),
        ("expanded", Outcome.OTHER),
        ("anything", Outcome.OTHER),
    ],
)
def test_only_a_delivery_is_a_delivery(action: str, outcome: Outcome) -> None:
    content = example("mail/03-dsn-success.eml").replace(b"Action: delivered", f"Action: {action}".encode())

    assert report(content).outcome is outcome


def test_of_several_recipients_the_worst_news_counts() -> None:
    second = b"\r\nFinal-Recipient: rfc822;other@b.example\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\n--dsn-ok-1\r\n"
    content = example("mail/03-dsn-success.eml").replace(
        b"\r\n--dsn-ok-1\r\nContent-Type: text/rfc822", second + b"Content-Type: text/rfc822"
    )

    found = report(content)

    assert (found.outcome, found.code, found.final_recipient) == (Outcome.FAILED, "5.2.2", "other@b.example")


def test_a_delivery_receipt_without_the_original_falls_back_on_what_it_answers() -> None:
    content = example("mail/03-dsn-success.eml")
    cut = content[: content.index(b"--dsn-ok-1\r\nContent-Type: text/rfc822-headers")] + b"--dsn-ok-1--\r\n"

    assert report(cut).original_message_id == ORIGINAL


def test_a_receipt_attached_to_an_ordinary_mail_is_no_receipt() -> None:
    content = mdn(f"{AUTOMATIC}processed").replace(
        b"multipart/report; report-type=disposition-notification", b"multipart/mixed"
    )

    assert mail.read(content).report is None


def test_a_receipt_that_is_the_whole_mail_is_read() -> None:
    fields = f"Original-Message-ID: <1@b.example>\r\nDisposition: {AUTOMATIC}processed\r\n"

    found = report(hostile.mail(fields.encode(), b"message/disposition-notification"))

    assert (found.outcome, found.original_message_id) == (Outcome.PROCESSED, "<1@b.example>")


def test_a_receipt_inside_a_mail_inside_the_mail_is_no_receipt() -> None:
    inner = hostile.part(b"message/rfc822", mdn(f"{AUTOMATIC}processed"))
    content = hostile.mail(hostile.multipart([inner]), b"multipart/mixed; boundary=b")

    assert mail.read(content).report is None


def test_an_empty_receipt_settles_nothing() -> None:
    for kind in (b"delivery-status", b"disposition-notification"):
        parts = [hostile.part(b"message/" + kind, b"")]
        content = hostile.mail(hostile.multipart(parts), b"multipart/report; boundary=b")
        assert report(content).outcome is Outcome.OTHER


@settings(deadline=None)
@given(st.text(max_size=120))
def test_no_disposition_makes_reading_fail_or_claims_an_integration_wrongly(text: str) -> None:
    line = " ".join(text.split())

    found = report(mdn(line))

    assert found.outcome is not Outcome.PROCESSED or "processed" in line.lower()


def test_message_ids_are_found_in_order_and_rubbish_is_left() -> None:
    assert message_ids("<a@b> x <c@d>\r\n <e f> <>") == ("<a@b>", "<c@d>")
