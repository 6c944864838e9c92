"""From drafts to what travels: one archive and one mail per recipient, the same each time."""

import io
from datetime import UTC, datetime

import pypdf

from gateway.fhir.format.bundle import index_message
from gateway.mapping.context import BENCH
from gateway.mapping.document_types.referral import to_cda
from gateway.mapping.packing import Finished, archive, finish_written, mail_of
from gateway.model import MailAddress, MailMessageId, Oid, Sender
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.format import cda
from tests import mails
from tests.referrals import bundle_of

SENDER = Sender("t", "CPTS Vesle", MailAddress("nous@cpts.example"), Oid("2.25.1"), "DEV000000")
ONE, TWO = MailAddress("un@medecin.example"), MailAddress("deux@medecin.example")
AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def finished(case: str = "04-attachments") -> tuple[Finished, ...]:
    done = to_cda(index_message(bundle_of(case)), BENCH)
    return finish_written(done.value, TypstRenderer().render(done.value.letter, BENCH.at))


def mail_to(address: MailAddress, documents: tuple[Finished, ...]) -> bytes:
    zipped = archive(documents, BENCH, SENDER, address)
    return mail_of(documents, zipped, AT, SENDER, address, MailMessageId("<1@cpts.example>"))


def test_packing_twice_gives_the_same_bytes() -> None:
    assert mail_to(ONE, finished()) == mail_to(ONE, finished())


def test_each_recipient_has_a_submission_of_his_own_around_the_same_documents() -> None:
    documents = finished()
    one, two = (mails.unzipped(mails.attachments(mail_to(box, documents))["IHE_XDM.zip"]) for box in (ONE, TWO))
    assert {name for name in one if one[name] != two[name]} == {mails.METADATA}


def test_each_document_holds_the_pdf_that_lies_beside_it() -> None:
    documents = finished()
    beside = [content for name, content in mails.attachments(mail_to(ONE, documents)).items() if name.endswith(".pdf")]
    assert [cda.embedded_pdf(document.document) for document in documents] == beside
    assert all(pypdf.PdfReader(io.BytesIO(pdf)).pages for pdf in beside)


def test_file_names_differ_and_the_codes_are_announced_in_their_order() -> None:
    documents = finished()
    mail = mail_to(ONE, documents)
    names = list(mails.attachments(mail))
    assert len(names) == len(set(names)) == len(documents) + 1
    codes = [document.document.code.code for document in documents if document.document.code]
    assert mails.header(mail, "X-MSS-CODECDA").split(",") == codes


def test_the_date_of_the_mail_is_the_one_in_paris() -> None:
    assert mails.header(mail_to(ONE, finished("01-plain")), "Date") == "Mon, 23 Nov 2026 00:30:00 +0100"


def test_a_letter_without_a_qualified_ins_does_not_announce_one() -> None:
    assert mails.header(mail_to(ONE, finished("07-no-ins")), "X-MSS-INS") == "N"
    assert mails.header(mail_to(ONE, finished("01-plain")), "X-MSS-INS") == "O"
