"""The mail that the colleague receives: headers, attachments, texts.

Source: MSSanté, Référentiel socle clients, ECO.2.1.1 to ECO.2.4.3; RFC 5322; RFC 8098.
"""

import re
import unicodedata

from conformance.readers.cda import INS_ROOTS
from conformance.verdicts import expect, expect_equal
from conformance.world import Letter, World

MARKER = "XDM/1.0/DDM+"
LABEL_LENGTH = 40
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_PDF_NAME = re.compile(r"\d{8}_[^_]{1,40}_[^_]+_[^_]+(_[^_]+)?\.pdf")


def letter_arrives(world: World) -> None:
    letter = world.letter()
    partner = world.target.partner
    expect_equal("To", partner.address.lower(), letter.mail.address("To").lower())
    expect_equal("From", partner.gateway_address.lower(), letter.mail.address("From").lower())
    for name in ("Message-ID", "Date"):
        expect(letter.mail.header(name) is not None, name, "present", "absent")


def message_id_well_formed(world: World) -> None:
    message_id = world.letter().mail.message_id
    expect(_MESSAGE_ID.fullmatch(message_id) is not None, "Message-ID", "<left@right>", message_id)
    mails = [mail.message_id for mail in world.mailbox.mails if mail.archives]
    expect_equal("Message-IDs that are unique", len(mails), len(set(mails)))


def subject_by_the_rule(world: World) -> None:
    letter = world.letter()
    subject = letter.mail.header("Subject") or ""
    label = letter.document.value("c:code/@displayName")[:LABEL_LENGTH].strip()
    expect_equal("Subject", f"{MARKER}{label} {_patient(letter)}", subject)


def header_bytes_are_ascii(world: World) -> None:
    headers = world.letter().mail.raw_headers
    wrong = [byte for byte in headers if byte > 126]
    expect(not wrong, "headers", "ASCII, words by RFC 2047", f"{len(wrong)} bytes above 126")
    longest = max(map(len, headers.splitlines()))
    expect(longest <= 998, "longest header line", "at most 998 bytes", longest)


def document_code_header(world: World) -> None:
    letter = world.letter()
    expect_equal("X-MSS-CODECDA", letter.document.value("c:code/@code"), letter.mail.header("X-MSS-CODECDA"))


def ins_header_with_ins(world: World) -> None:
    letter = world.letter()
    told = "O" if letter.document.ins and letter.referral.ins else "N"
    expect_equal("X-MSS-INS, as the document has it", told, letter.mail.header("X-MSS-INS"))
    expect_equal("INS in the document", letter.referral.ins, letter.document.ins)


def without_ins_none_is_shown(world: World) -> None:
    letter = world.post_letter(world.referral_without_ins())
    expect_equal("X-MSS-INS", "N", letter.mail.header("X-MSS-INS"))
    archive = letter.archive
    shown = [root for root in INS_ROOTS for content in archive.files.values() if root.encode() in content]
    expect(not shown, "archive", "no INS authority anywhere", shown)


def product_header(world: World) -> None:
    expect(bool(world.letter().mail.header("X-MSS-NIL")), "X-MSS-NIL", "the product's reference number", "absent")


def asks_for_integration_receipt(world: World) -> None:
    letter = world.letter()
    gateway = world.target.partner.gateway_address.lower()
    expect_equal("Disposition-Notification-To", gateway, letter.mail.address("Disposition-Notification-To").lower())
    returned = letter.mail.address("Return-Path").lower()
    expect(returned in ("", gateway), "Return-Path", f"{gateway}, else no automatic receipt", returned)


def answers_come_to_the_gateway(world: World) -> None:
    letter = world.letter()
    to = letter.mail.address("Reply-To") or letter.mail.address("From")
    expect_equal("where an answer goes", world.target.partner.gateway_address.lower(), to.lower())


def one_archive_one_pdf(world: World) -> None:
    mail = world.letter().mail
    expect_equal("IHE_XDM.zip", 1, len(mail.archives))
    expect_equal("media type of the archive", "application/zip", mail.archives[0].media_type)
    expect_equal("PDF beside the archive", 1, len(mail.pdfs))


def pdf_is_the_embedded_one(world: World) -> None:
    letter = world.letter()
    embedded = letter.document.pdf
    expect(embedded is not None, "CDA", "an embedded PDF", "none")
    same = [pdf.content for pdf in letter.mail.pdfs] == [embedded]
    expect(same, "PDF beside the archive", "byte for byte the PDF in the CDA", "other bytes")


def pdf_declares_pdf_a(world: World) -> None:
    content = world.letter().mail.pdfs[0].content if world.letter().mail.pdfs else b""
    expect(content.startswith(b"%PDF-"), "PDF beside the archive", "%PDF-", content[:5])
    part = re.search(rb"pdfaid:part(?:>|=[\"'])\s*(\d)", content)
    expect_equal("XMP pdfaid:part", "1", part[1].decode() if part else "absent")


def pdf_is_named_by_the_rule(world: World) -> None:
    letter = world.letter()
    name = letter.mail.pdfs[0].name if letter.mail.pdfs else ""
    expect(_PDF_NAME.fullmatch(name) is not None, "file name", "AAAAMMJJ_type_NOM_prénom.pdf", name)
    day = letter.document.value("c:documentationOf[1]/c:serviceEvent/c:effectiveTime/c:low/@value")[:8]
    expect_equal("day in the file name", day, name[:8])


def body_is_utf_8_text(world: World) -> None:
    body = world.letter().mail.body
    expect(body is not None, "mail", "a text/plain body", "none")
    charset = str(body.get_param("charset", "us-ascii")).lower() if body else ""
    expect(charset in ("utf-8", "us-ascii"), "charset of the body", "UTF-8", charset)


def _patient(letter: Letter) -> str:
    """Birth name in capitals, first given name, birth date; no accents."""
    patient = "c:recordTarget/c:patientRole/c:patient/"
    family = letter.document.value(patient + "c:name/c:family[@qualifier='BR']/text()")
    given = letter.document.value(patient + "c:name/c:given[@qualifier='BR']/text()")
    born = letter.document.value(patient + "c:birthTime/@value")
    return f"{_plain(family).upper()} {_plain(given)} {born[6:8]}/{born[4:6]}/{born[:4]}"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
