from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InputError
from gateway.mssante.format import mail
from gateway.mssante.format.mime import Limits, Part, parse
from tests.mssante.format import hostile
from tests.mssante.format.examples import example, refusal

LIMITS = Limits()
MIXED = b'multipart/mixed; boundary="b"'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (hostile.mail(b"x", b"multipart/mixed"), "mail-multipart-broken"),
        (hostile.mail(b"x", b'multipart/mixed; boundary=""'), "mail-multipart-broken"),
        (hostile.mail(b"no part at all", MIXED), "mail-multipart-broken"),
        (hostile.mail(hostile.multipart([hostile.part(b"text/plain", b"x")] * 1000), MIXED), "mail-too-many-parts"),
        (hostile.mail(hostile.multipart([b"\r\nuntyped"] * 1000), MIXED), "mail-too-many-parts"),
        (hostile.nested(200), "mail-too-deep"),
        (hostile.nested(2000), "mail-too-deep"),
        (hostile.nested(15), "mail-too-deep"),
        (hostile.mail(b"x", b"text/plain", *[b"X-H: 1"] * 300), "mail-headers-too-large"),
        (hostile.mail(b"x", b"text/plain", b"X-H: " + b"a" * 100_000), "mail-headers-too-large"),
        (hostile.mail(b"x", b"text/plain;" + b' a="";' * 2000), "mail-headers-too-large"),
        (hostile.mail(hostile.multipart([hostile.part(b"text/plain;" + b"\r\n a=b;" * 2000, b"x")]), MIXED),
         "mail-headers-too-large"),
        (hostile.mail(hostile.multipart([hostile.part(b"text/plain", b"x", *[b"X-H: 1"] * 300)]), MIXED),
         "mail-headers-too-large"),
        (hostile.mail(hostile.multipart([hostile.part(b"text/plain", b"x", b"X-H: " + b"a" * 100_000)]), MIXED),
         "mail-headers-too-large"),
        (hostile.mail(b"\n" * 1_000_001), "mail-too-large"),
    ],
)  # fmt: skip
def test_each_hostile_mail_is_refused_with_its_code(content: bytes, code: str) -> None:
    assert refusal(lambda: parse(content, LIMITS)) == code


def test_a_mail_over_the_size_limit_is_refused_unparsed() -> None:
    assert refusal(lambda: parse(b"x" * 101, replace(LIMITS, max_bytes=100))) == "mail-too-large"


@pytest.mark.parametrize("content", [b"\xff" * 100, b"!!!!", b"A", b"QUJ="[:3], b"Q=Q="])
def test_an_attachment_in_broken_base64_is_refused(content: bytes) -> None:
    attached = hostile.part(b"application/zip", content, *hostile.ATTACHED)

    assert refusal(lambda: mail.read(hostile.mail(hostile.multipart([attached]), MIXED))) == "mail-bad-base64"


@pytest.mark.parametrize("encoding", [b"x-uuencode", b"yenc", b"base32", b"\xff"])
def test_an_unknown_transfer_encoding_is_refused(encoding: bytes) -> None:
    content = hostile.mail(b"x", b"text/plain", b"Content-Transfer-Encoding: " + encoding)

    assert refusal(lambda: mail.read(content)) == "mail-encoding-unknown"


@pytest.mark.parametrize("charset", [b"x-none", b"hex", b"zip", b"punycode", b"\xff\xfe", b'"'])
def test_an_unknown_charset_is_reported_and_the_text_still_shown(charset: bytes) -> None:
    read = mail.read(hostile.mail("essoufflée".encode(), b"text/plain; charset=" + charset))

    assert read.text == "essoufflée"
    assert [finding.code for finding in read.findings] == ["mail-charset-unknown"]


def test_a_mail_that_was_cut_off_is_reported() -> None:
    content = hostile.mail(b"--b\r\nContent-Type: text/plain\r\n\r\nhello", MIXED)

    assert [finding.code for finding in mail.read(content).findings] == ["mail-truncated"]


def test_a_mail_inside_a_mail_is_a_leaf() -> None:
    inner = hostile.part(b"message/rfc822", example("mail/01-outbound-referral.eml"))
    read = mail.read(hostile.mail(hostile.multipart([hostile.part(b"text/plain", b"fwd"), inner]), MIXED))

    assert read.kind is mail.MailKind.FREE_REPLY
    assert (read.archives, read.pdfs) == ((), ())
    assert read.text == "fwd"


def test_eight_bit_headers_of_careless_writers_are_read() -> None:
    content = hostile.mail(b"x", b"text/plain", "X-Name: Hélène".encode(), "X-Old: Hélène".encode("latin-1"))
    root = parse(content, LIMITS)

    assert (root.header("X-Name"), root.header("X-Old")) == ("Hélène", "Hélène")


@pytest.mark.parametrize(
    "disposition",
    [
        b'attachment; filename="a b.pdf"',
        b"attachment; filename*=utf-8''a%20b.pdf",
        b'attachment; filename*0=a; filename*1=" b.pdf"',
        b"attachment; filename*0*=utf-8''a%20; filename*1*=b.pdf",
        b'attachment;\r\n\tFILENAME = "a b.pdf"',
        b'attachment; filename="=?utf-8?q?a_b=2Epdf?="',
    ],
)
def test_every_spelling_of_a_file_name_is_read(disposition: bytes) -> None:
    content = hostile.mail(b"x", b"application/pdf", b"Content-Disposition: " + disposition)

    assert parse(content, LIMITS).filename == "a b.pdf"


def part_of(disposition: str) -> Part:
    return parse(b"Content-Disposition: " + disposition.encode("utf-8", "replace") + b"\r\n\r\n", LIMITS)


@given(st.text(max_size=200))
def test_no_parameter_makes_reading_fail(text: str) -> None:
    try:
        _ = part_of(f"attachment; {text}").filename
    except InputError as error:
        assert error.code.startswith("mail-")


HEADERS = st.sampled_from([b"Content-Type", b"Content-Transfer-Encoding", b"Subject", b"From", b"Date", b"Message-ID"])
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([
        b'multipart/mixed; boundary="b"', b"multipart/report; boundary=b", b"message/delivery-status",
        b"message/disposition-notification", b"message/rfc822", b"text/html", b"base64", b"=?utf-8?b?=?=",
        b"multipart/mixed; boundary*0*=b; boundary*x=1", b"text/plain; charset*=%FF''x",
    ]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(HEADERS, VALUES), max_size=8), st.binary(max_size=300))
def test_no_bytes_make_reading_fail_in_any_other_way(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    inner = head + b"\r\n" + body
    for content in (inner, hostile.mail(hostile.multipart([inner, inner]), MIXED), body):
        try:
            mail.read(content)
        except InputError as error:
            assert error.code.startswith("mail-")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 60_000), st.binary(min_size=1, max_size=3))
def test_a_real_receipt_with_damage_anywhere_never_fails_otherwise(place: int, damage: bytes) -> None:
    content = example("mail/07-mdn-error-older-grammar.eml")
    damaged = content[:place] + damage + content[place + len(damage) :]
    try:
        read = mail.read(damaged)
    except InputError as error:
        assert error.code.startswith("mail-")
    else:
        assert read.archives == () or read.kind is mail.MailKind.DOCUMENT


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "headers",
    [
        b"From: " + b'"\\' * 30_000,
        b"From: " + b"(" * 60_000,
        b"From: " + b"a@" * 30_000,
        b"Subject: " + b"?= " * 20_000,
        b"Subject: " + b"=?a?q?" * 10_000,
        b"References: " + b"<" * 60_000,
        b"Content-Disposition: a" + b';a="\\' * 12_000,
        b"Content-Disposition: a;" + b" " * 60_000,
    ],
)
def test_no_header_costs_more_than_its_length(headers: bytes) -> None:
    mail.read(headers + b"\r\n\r\nx")
