"""The checks that only look: they pass on a right letter, and each defect is found by the check that is about it."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks import archive, document, mail
from conformance.verdicts import Failed
from tests.conformance.letters import MSSANTE, OUTBOUND, letter_of, mail_with, world_of

Looks = Callable[[Any], None]
RIGHT = letter_of()

STATIC: tuple[Looks, ...] = (
    mail.message_id_well_formed, mail.subject_by_the_rule, mail.header_bytes_are_ascii, mail.document_code_header,
    mail.product_header, mail.asks_for_integration_receipt, mail.one_archive_one_pdf, mail.pdf_is_the_embedded_one,
    mail.pdf_declares_pdf_a, mail.pdf_is_named_by_the_rule, mail.body_is_utf_8_text, archive.layout,
    archive.documents_by_uri, archive.hash_and_size, archive.unique_id, archive.times_in_utc, archive.one_patient,
    archive.source_patient, archive.set_holds_every_entry, archive.codes_of_the_document, archive.class_code,
    archive.format_code, archive.classifications_complete, archive.set_is_identified, archive.author_and_authenticator,
    document.shell, document.templates, document.version, document.type_of_document, document.times_have_offsets,
    document.ins_traits, document.legal_authenticator, document.event_and_encounter,
)  # fmt: skip
"""Those that need nothing but the mail: the fixture was written by hand, not by the gateway."""


@pytest.mark.parametrize("check", STATIC, ids=lambda check: check.__name__)
def test_a_right_letter_passes(check: Looks) -> None:
    check(world_of(RIGHT))


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("xdm-wrong-hash.zip", archive.hash_and_size),
        ("xdm-local-time.zip", archive.times_in_utc),
        ("xdm-patient-differs-from-cda.zip", archive.one_patient),
        ("xdm-two-patients.zip", archive.one_patient),
        ("xdm-uri-missing.zip", archive.documents_by_uri),
        ("xdm-no-metadata.zip", archive.layout),
        ("xdm-path-traversal.zip", archive.layout),
        ("xdm-format-code-level3-said-pdf.zip", archive.format_code),
    ],
)
def test_a_wrong_archive_is_found(name: str, check: Looks) -> None:
    with pytest.raises(Failed):
        check(world_of(letter_of(mail_with(MSSANTE / "invalid" / name))))


@pytest.mark.parametrize(
    ("right", "wrong", "check"),
    [
        (b"X-MSS-CODECDA: 96349-6", b"X-MSS-CODECDA: 11488-4", mail.document_code_header),
        (b"X-MSS-NIL: DEV000000\r\n", b"", mail.product_header),
        (b"X-MSS-INS: O", b"X-MSS-INS: N", mail.ins_header_with_ins),
        (b"Notification-To: passerelle", b"Notification-To: other", mail.asks_for_integration_receipt),
        (b"Subject: XDM/1.0/DDM+", b"Subject: ", mail.subject_by_the_rule),
        (b"VALLORGE MARCELINE 14/03/1952", b"VALLORGE MARCELINE", mail.subject_by_the_rule),
        (b"Message-ID: <", b"Message-ID: <a space ", mail.message_id_well_formed),
        (b"IHE_XDM.zip", b"IHE_XDN.zip", mail.one_archive_one_pdf),
        (b"Reply-To: passerelle", b"Reply-To: odile", mail.answers_come_to_the_gateway),
        (b"MIME-Version", "X-Accent: é\r\nMIME-Version".encode(), mail.header_bytes_are_ascii),
    ],
)
def test_a_wrong_header_is_found(right: bytes, wrong: bytes, check: Looks) -> None:
    assert right in OUTBOUND
    with pytest.raises(Failed):
        check(world_of(letter_of(OUTBOUND.replace(right, wrong))))
