import hashlib
import io
import threading
import time
import zipfile
from base64 import b64decode
from email import message_from_bytes, policy
from email.message import EmailMessage

import pypdf
import pytest
from lxml import etree

from gateway.sandbox import partners
from gateway.sandbox.mail_client import Account, MailClient
from gateway.sandbox.operator import Operator
from gateway.sandbox.partner_mails import INS_DIFFERS, PATIENT_UNKNOWN, Failure
from gateway.sandbox.partner_reading import Unacceptable, open_archive
from gateway.sandbox.partners import Deed, Done, MailboxColleague, SoftwareColleague
from tests.sandbox.people import GATEWAY, LETTER, LETTER_ID, NOTE, PNEUMO, send

CDA = {"c": "urn:hl7-org:v3"}
RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
LETTER_DOCUMENT = "2.25.333315771953838407682353551676292572565"


def client(operator: Operator, address: str = PNEUMO) -> MailClient:
    return MailClient(Account.at(operator, address))


def inbox(operator: Operator, address: str = GATEWAY) -> list[EmailMessage]:
    return [message_from_bytes(mail.content, policy=policy.default) for mail in operator.mailbox(address).mails()]


def attachments(message: EmailMessage) -> dict[str, bytes]:
    return {part.get_filename() or "": part.get_content() for part in message.iter_attachments()}


def letter_archive() -> bytes:
    return attachments(message_from_bytes(LETTER, policy=policy.default))["IHE_XDM.zip"]


def repacked(archive: bytes, change: tuple[bytes, bytes], suffix: str) -> bytes:
    """The archive with one change of bytes in the file with this suffix."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(*change) if name.endswith(suffix) else content)
    return packed.getvalue()


def deeds(done: list[Done]) -> list[Deed]:
    return [one.deed for one in done]


# --- a colleague with only a mailbox


def test_a_mailbox_colleague_answers_in_words_in_the_thread(operator: Operator) -> None:
    send(operator, LETTER)
    done = MailboxColleague(client(operator), "Dr Karim TAZEROUT", answer="Je la vois lundi.").work()
    assert deeds(done) == [Deed.READ, Deed.REPLIED]
    (reply,) = inbox(operator)
    assert reply["In-Reply-To"] == reply["References"] == LETTER_ID
    assert reply["Subject"] == "Re: XDM/1.0/DDM+Lettre d'adressage VALLORGE MARCELINE 14/03/1952"
    assert reply.get_content().strip() == "Je la vois lundi."
    assert "Auto-Submitted" not in reply
    assert done[1].sent == reply["Message-ID"]


def test_the_reply_goes_to_reply_to_before_from(operator: Operator) -> None:
    aside = "secretariat@cpts-vesle.mssante.example"
    send(operator, LETTER.replace(b"Reply-To: passerelle@", b"Reply-To: secretariat@"))
    MailboxColleague(client(operator), "Dr Karim TAZEROUT").work()
    assert (len(inbox(operator)), len(inbox(operator, aside))) == (0, 1)


def test_a_read_mail_is_not_answered_again(operator: Operator) -> None:
    send(operator, LETTER)
    colleague = MailboxColleague(client(operator), "Dr Karim TAZEROUT")
    colleague.work()
    assert colleague.work() == []
    assert len(inbox(operator)) == 1


def test_reading_is_confirmed_only_where_it_was_asked_for(operator: Operator) -> None:
    send(operator, NOTE)
    send(operator, LETTER)
    done = MailboxColleague(client(operator), "Dr Karim TAZEROUT", answer=None, confirms_reading=True).work()
    assert deeds(done) == [Deed.READ, Deed.READ, Deed.CONFIRMED_READING]
    (receipt,) = inbox(operator)
    (fields,) = receipt.get_payload(1).get_payload()
    assert fields["Disposition"] == "manual-action/MDN-sent-manually; displayed"
    assert fields["Original-Message-ID"] == LETTER_ID


def test_an_absent_colleague_says_so_and_nothing_else(operator: Operator) -> None:
    send(operator, LETTER)
    absent = MailboxColleague(
        client(operator), "Dr Karim TAZEROUT", confirms_reading=True, away="Absent, faites le 15."
    )
    assert deeds(absent.work()) == [Deed.READ, Deed.SAID_AWAY]
    (answer,) = inbox(operator)
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["Return-Path"] == "<>"
    assert answer["Subject"].startswith("Réponse automatique : ")


@pytest.mark.parametrize("header", [b"Auto-Submitted: auto-replied", b"Content-Type: multipart/report; boundary=x"])
def test_automatic_mails_are_never_answered(operator: Operator, header: bytes) -> None:
    send(operator, header + b"\r\n" + NOTE)
    colleague = MailboxColleague(client(operator), "Dr Karim TAZEROUT", away="Absent.")
    assert deeds(colleague.work()) == [Deed.READ]
    assert inbox(operator) == []


# --- a colleague with software


def test_a_software_colleague_makes_a_full_round(operator: Operator) -> None:
    send(operator, LETTER)
    done = SoftwareColleague(client(operator)).work()
    assert deeds(done) == [Deed.READ, Deed.REPORTED_PROCESSED, Deed.ANSWERED_WITH_DOCUMENT]
    receipt, answer = inbox(operator)

    (fields,) = receipt.get_payload(1).get_payload()
    assert fields["Disposition"] == "automatic-action/MDN-sent-automatically; processed"
    assert fields["Original-Message-ID"] == LETTER_ID
    assert LETTER in receipt.get_payload(2).get_payload(0).as_bytes(policy=policy.SMTP.clone(refold_source="none"))

    assert answer["In-Reply-To"] == LETTER_ID
    assert answer["Subject"] == ("XDM/1.0/DDM+CR ou fiche de consultation ou de visite VALLORGE MARCELINE 14/03/1952")
    assert (answer["X-MSS-CODECDA"], answer["X-MSS-INS"], answer["X-MSS-NIL"]) == ("11488-4", "O", "DEV000001")
    assert answer["Disposition-Notification-To"] == PNEUMO


def test_the_answer_holds_a_right_archive_and_a_pdf_a(operator: Operator) -> None:
    send(operator, LETTER)
    SoftwareColleague(client(operator)).work()
    found = attachments(inbox(operator)[-1])
    ((pdf_name, pdf),) = [(name, content) for name, content in found.items() if name.endswith(".pdf")]
    assert pdf_name.endswith("_CR ou fiche de consultation ou de visite_VALLORGE_MARCELINE.pdf")
    assert b"<pdfaid:part>1</pdfaid:part>" in pdf
    assert "VALLORGE" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()

    with zipfile.ZipFile(io.BytesIO(found["IHE_XDM.zip"])) as archive:
        document = archive.read("IHE_XDM/SUBSET01/DOC00001.XML")
        metadata = etree.fromstring(archive.read("IHE_XDM/SUBSET01/METADATA.XML"))
    entry = metadata.find(".//r:ExtrinsicObject", RIM)
    slots = {slot.get("name"): slot.findtext(".//r:Value", namespaces=RIM) for slot in entry.findall("r:Slot", RIM)}
    assert slots["hash"] == hashlib.sha1(document).hexdigest()
    assert slots["size"] == str(len(document))
    cda = etree.fromstring(document)
    assert b64decode(cda.findtext(".//c:nonXMLBody/c:text", namespaces=CDA)) == pdf


def test_the_answer_points_at_the_letter_and_is_about_the_same_patient(operator: Operator) -> None:
    send(operator, LETTER)
    SoftwareColleague(client(operator)).work()
    answered = open_archive(attachments(inbox(operator)[-1])["IHE_XDM.zip"])
    letter = open_archive(letter_archive())
    assert answered.value("/*/c:inFulfillmentOf/c:order/c:id/@root") == LETTER_DOCUMENT
    assert answered.value("/*/c:code/@code") == "11488-4"
    patients = [etree.tostring(one.document.find("c:recordTarget", CDA), method="c14n") for one in (answered, letter)]
    assert patients[0].strip() == patients[1].strip()
    assert answered.value("/*/c:author//c:family/text()") == "TAZEROUT"
    recipient = "/*/c:informationRecipient/c:intendedRecipient/c:informationRecipient/c:name/c:family/text()"
    assert answered.value(recipient) == letter.value("/*/c:author//c:family/text()") == "BRASSENNE"


@pytest.mark.parametrize(
    ("failure", "disposition", "error"),
    [
        (PATIENT_UNKNOWN, "processed/error", "902^Identifiant de patient inconnu^applicationErrorCondition"),
        (INS_DIFFERS, "processed/error", "904^L'INS transmis ne correspond pas exactement^applicationErrorCondition"),
        (
            Failure("902", "Identifiant de patient inconnu", older_grammar=True),
            "processed/Error: 902^Identifiant de patient inconnu^applicationErrorCondition",
            None,
        ),
    ],
)
def test_a_software_that_refuses_says_so_in_either_grammar(
    operator: Operator, failure: Failure, disposition: str, error: str | None
) -> None:
    send(operator, LETTER)
    done = SoftwareColleague(client(operator), fails_with=failure).work()
    assert deeds(done) == [Deed.READ, Deed.REPORTED_FAILURE]
    (receipt,) = inbox(operator)
    (fields,) = receipt.get_payload(1).get_payload()
    assert " ".join(fields["Disposition"].split()).partition("; ")[2] == disposition
    assert fields["Error"] == error
    assert receipt["Subject"].startswith(f"[KO Intégration système !][{failure.code}] XDM/1.0/DDM+")


def test_no_automatic_receipt_where_another_than_the_sender_asks(operator: Operator) -> None:
    send(operator, LETTER.replace(b"Notification-To: passerelle@", b"Notification-To: secretariat@"))
    done = SoftwareColleague(client(operator), report=None).work()
    assert deeds(done) == [Deed.READ]


def test_a_mail_without_archive_is_only_read(operator: Operator) -> None:
    send(operator, NOTE)
    assert deeds(SoftwareColleague(client(operator)).work()) == [Deed.READ]


# --- what the software checks


def test_a_good_archive_is_opened() -> None:
    assert open_archive(letter_archive()).value("/*/c:id/@root") == LETTER_DOCUMENT


@pytest.mark.parametrize(
    ("change", "suffix", "code"),
    [
        ((b"VALLORGE", b"VALLORGI"), "DOC00001.XML", "906"),
        ((b'value="252035145404215^', b'value="138110810511719^'), "METADATA.XML", "904"),
        ((LETTER_DOCUMENT.encode(), b"2.25.1"), "METADATA.XML", "906"),
        ((b"<Value>DOC00001.XML", b"<Value>DOC00009.XML"), "METADATA.XML", "906"),
        ((b"<", b""), "METADATA.XML", "906"),
        ((b"<author>", b"<author nullFlavor='UNK'/><x>"), "DOC00001.XML", "906"),
        ((b"recordTarget>", b"recordTargets>"), "DOC00001.XML", "906"),
    ],
)
def test_an_archive_that_contradicts_itself_is_refused(change: tuple[bytes, bytes], suffix: str, code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        open_archive(repacked(letter_archive(), change, suffix))
    assert refused.value.code == code


def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(Unacceptable):
        open_archive(b"PK no")


# --- at work in the background


def test_waiting_ends_at_once_when_something_is_unread(operator: Operator) -> None:
    reader = client(operator)
    list(reader.unread())
    send(operator, NOTE)
    began = time.monotonic()
    reader.wait(5, threading.Event())
    assert time.monotonic() - began < 2
    reader.close()


def test_a_partner_in_its_thread_answers_comes_back_after_a_cut_and_stops_when_told(operator: Operator) -> None:
    told: list[Done] = []
    replied = threading.Event()

    def tell(done: Done) -> None:
        told.append(done)
        if done.deed is Deed.REPLIED:
            replied.set()

    stop = partners.start(MailboxColleague(client(operator), "Dr Karim TAZEROUT"), tell)
    for expected in (1, 2):
        replied.clear()
        operator.disconnect_all()
        send(operator, LETTER)
        assert replied.wait(5)
        assert len(inbox(operator)) == expected
    began = time.monotonic()
    stop()
    assert time.monotonic() - began < 2
    assert deeds(told) == [Deed.READ, Deed.REPLIED] * 2
