"""A mail that cannot be trusted is set aside with its code; it leaves no resource, and no other mail suffers."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.error_catalogue import CATALOGUE, describe
from gateway.flows.read_mailbox import ReadMailbox
from gateway.journal import Message
from gateway.model import Finding, Language, MailAddress
from gateway.mssante.adapters.imap import ImapInbox
from gateway.mssante.adapters.tls import client_context
from tests import mails
from tests.flows.bench import Bench, difference, running_bench
from tests.mails import DOCUMENT, METADATA, WITH_DOCUMENT, Files
from tests.peers.gateways import OURS, WITH_SOFTWARE
from tests.peers.operators import short_folder
from tests.referrals import FIXTURES, fresh

QUARANTINE = {
    "message", "message_key", "payload", "event", "work", "lane", "mail", "mail_place", "look_up"
}  # fmt: skip
"""What a mail that is set aside may leave in the journal; never a resource, and a delivery only for a receipt."""
INVALID_ARCHIVES = {
    "xdm-no-metadata": "xdm-no-metadata",
    "xdm-patient-differs-from-cda": "xdm-patient-differs",
    "xdm-two-patients": "xdm-two-patients",
    "xdm-bomb": "zip-bomb",
    "xdm-path-traversal": "zip-name-refused",
    "xdm-wrong-hash": "xdm-hash",
    "xdm-uri-missing": "xdm-uri-missing",
    "xdm-local-time": "xdm-local-time",
}


def answer_to(bench: Bench, task: str) -> bytes:
    """The colleague's consultation report: a good mail."""
    return mails.reply(WITH_DOCUMENT, bench.mail_id(task))


def assert_set_aside(bench: Bench, message: Message, code: str) -> None:
    assert message.kind == "quarantined-mail"
    assert bench.work_of(message.id) == [("parked", code)]
    assert bench.facts(message.id, "quarantined") == {"code": code}
    assert code in CATALOGUE
    said = {language: describe(Finding(code), language) for language in Language}
    assert said[Language.FRENCH] != said[Language.ENGLISH]


def assert_good_mail_passes(bench: Bench) -> None:
    task = bench.sent(fresh())
    bench.receive(answer_to(bench, task))
    assert bench.task(task)["businessStatus"]["coding"][0]["code"] == "interim-report"


def negative_receipts(bench: Bench, address: str = WITH_SOFTWARE) -> list[bytes]:
    return [
        mail for mail in bench.arrived(address) if b"disposition-notification" in mail and b"processed/error" in mail
    ]


def empty(files: Files) -> None:
    files.clear()


def without_metadata(files: Files) -> None:
    del files[METADATA]


def with_dtd(files: Files) -> None:
    declaration, _, rest = files[DOCUMENT].partition(b"?>")
    dtd = b'?>\n<!DOCTYPE ClinicalDocument [<!ENTITY who SYSTEM "file:///etc/passwd">]>'
    files[DOCUMENT] = declaration + dtd + rest


def about_another_ins(files: Files) -> None:
    """In the document only: METADATA.XML stays with the patient of before."""
    assert b"252035145404215" in files[DOCUMENT]
    files[DOCUMENT] = files[DOCUMENT].replace(b"252035145404215", b"279035121518989")


def about_another_patient(files: Files) -> None:
    """Everywhere, so that only the referral knows better."""
    for name in (DOCUMENT, METADATA):
        files[name] = files[name].replace(b"252035145404215", b"279035121518989").replace(b"V-104417", b"V-999999")


def broken_xml(files: Files) -> None:
    files[DOCUMENT] = files[DOCUMENT][:-40]


BAD_DOCUMENTS: Mapping[str, tuple[Callable[[Files], None], str]] = {
    "archive without anything": (empty, "xdm-no-metadata"),
    "archive without METADATA.XML": (without_metadata, "xdm-no-metadata"),
    "DTD in the CDA": (with_dtd, "xml-dtd-refused"),
    "CDA that ends in the middle": (broken_xml, "cda-unreadable"),
    "patient of METADATA is not that of the CDA": (about_another_ins, "xdm-patient-differs"),
    "patient of the reply is not that of the referral": (about_another_patient, "thread-patient-differs"),
}


@pytest.mark.parametrize("case", BAD_DOCUMENTS)
def test_a_reply_with_a_bad_document_is_set_aside_and_moves_nothing(bench: Bench, case: str) -> None:
    change, code = BAD_DOCUMENTS[case]
    task = bench.sent(fresh())
    bench.read()
    stands = bench.task(task)
    before = bench.rows()
    message = bench.receive(mails.with_changed_files(answer_to(bench, task), change))
    grown = difference(before, bench.rows())
    found = bench.work_of(message.id)[0][1] or ""
    assert found == code or (code == "cda-unreadable" and found in CATALOGUE), found
    assert_set_aside(bench, message, found)
    assert set(grown) <= QUARANTINE | {"delivery"}
    after = bench.task(task)
    assert (after["status"], after["businessStatus"], after.get("output")) == (
        stands["status"], stands["businessStatus"], stands.get("output"),
    )  # fmt: skip
    assert_good_mail_passes(bench)


@pytest.mark.parametrize("name", INVALID_ARCHIVES)
def test_each_invalid_archive_is_set_aside_with_its_code(bench: Bench, name: str) -> None:
    task = bench.sent(fresh())
    archive = (FIXTURES / "mssante" / "invalid" / f"{name}.zip").read_bytes()
    message = bench.receive(mails.with_archive(answer_to(bench, task), archive))
    assert_set_aside(bench, message, INVALID_ARCHIVES[name])
    assert bench.task(task)["businessStatus"]["coding"][0]["code"] != "interim-report"


def test_two_archives_in_one_mail_are_one_too_many(bench: Bench) -> None:
    task = bench.sent(fresh())
    mail = mails.parsed(answer_to(bench, task))
    archive = mails.attachments(answer_to(bench, task))["IHE_XDM.zip"]
    mail.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.zip")
    assert_set_aside(bench, bench.receive(mail.as_bytes()), "mail-archive-count")


def test_a_mail_that_announces_a_document_and_has_none_is_set_aside(bench: Bench) -> None:
    mail = mails.with_archive(mails.reply(WITH_DOCUMENT, "<never-sent@cpts-vesle.mssante.example>"), None)
    message = bench.receive(mail)
    assert_set_aside(bench, message, "mail-without-archive")
    assert_good_mail_passes(bench)


def test_a_reply_whose_document_was_lost_on_the_way_is_not_passed_on_as_words(bench: Bench) -> None:
    task = bench.sent(fresh())
    message = bench.receive(mails.with_archive(answer_to(bench, task), None))
    assert_set_aside(bench, message, "mail-without-archive")
    assert "reply-text-received" not in bench.trace(task)


def test_a_reply_to_nothing_we_sent_is_set_aside(bench: Bench) -> None:
    message = bench.receive(mails.reply("09-patient-free-text", "<never-sent@cpts-vesle.mssante.example>"))
    assert_set_aside(bench, message, "reply-without-thread")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\xfe", b"no header at all", b"From: a\r\n" * 300, b"Content-Type: multipart/mixed\r\n\r\nx"],
    ids=["nothing", "noise", "text", "too many headers", "multipart without parts"],
)
def test_what_is_hardly_a_mail_harms_nobody(bench: Bench, content: bytes) -> None:
    before = bench.rows()
    message = bench.receive(content)
    assert bench.work_of(message.id)[0][0] == "parked"
    assert set(difference(before, bench.rows())) <= QUARANTINE
    assert_good_mail_passes(bench)


# --- the negative receipt ----------------------------------------------------------------------------------------


def test_a_patient_who_differs_is_told_by_904_where_a_receipt_was_asked_for(bench: Bench) -> None:
    task = bench.sent(fresh())
    before = len(negative_receipts(bench))
    mail = mails.with_changed_files(answer_to(bench, task), about_another_ins)
    message = bench.receive(mail)
    assert_set_aside(bench, message, "xdm-patient-differs")
    receipt = negative_receipts(bench)[before:][0]
    (status,) = [p for p in mails.parsed(receipt).walk() if p.get_content_type() == "message/disposition-notification"]
    fields = status.get_payload()[0]  # type: ignore[index]
    assert fields["Original-Message-ID"] == mails.header(mail, "Message-ID")  # type: ignore[index]
    assert str(fields["Error"]).startswith("904^")  # type: ignore[index]
    assert mails.header(receipt, "Subject").startswith("[KO Intégration système !][904]")
    assert bench.facts(message.id, "quarantined")["code"] == "xdm-patient-differs"
    assert len(negative_receipts(bench)) == before + 1


def test_the_trace_of_the_receipt_says_its_code(bench: Bench) -> None:
    task = bench.sent(fresh())
    message = bench.receive(mails.with_changed_files(answer_to(bench, task), about_another_ins))
    (receipt,) = [m for m in bench.gateway.store.query.thread(message.id) if m.kind == "receipt-sent"]
    assert bench.facts(receipt.id, "receipt-sent") == {"code": "904"}


def test_a_partner_who_asked_for_no_receipt_gets_none(bench: Bench) -> None:
    task = bench.sent(fresh())
    before = len(bench.arrived(WITH_SOFTWARE))
    mail = mails.with_changed_files(answer_to(bench, task), about_another_ins)
    bench.receive(mails.without_header(mail, "Disposition-Notification-To"))
    assert len(bench.arrived(WITH_SOFTWARE)) == before


@pytest.mark.parametrize("wanted", ["quelquun@ailleurs.example", "helene.rouveyrac@ch-vesle.mssante.example"])
def test_a_receipt_never_goes_to_a_third_party(bench: Bench, wanted: str) -> None:
    """Not outside the trusted space, and not where the mail did not come from (RFC 8098 2.1)."""
    task = bench.sent(fresh())
    before = bench.rows()["delivery"]
    mail = mails.with_changed_files(answer_to(bench, task), about_another_ins)
    asked = b"Disposition-Notification-To: " + wanted.encode()
    mail = mails.without_header(mail, "Disposition-Notification-To").replace(b"Subject:", asked + b"\r\nSubject:", 1)
    assert mails.header(mail, "Disposition-Notification-To") == wanted
    bench.receive(mail, return_path=wanted if "ailleurs" in wanted else WITH_SOFTWARE)
    assert bench.rows()["delivery"] == before


def test_a_negative_receipt_is_sent_by_nobody_that_could_be_answered(bench: Bench) -> None:
    task = bench.sent(fresh())
    before = len(negative_receipts(bench))
    bench.receive(mails.with_changed_files(answer_to(bench, task), without_metadata))
    receipt = negative_receipts(bench)[before:][0]
    assert mails.header(receipt, "Auto-Submitted") == "auto-replied"
    assert "Disposition-Notification-To" not in mails.parsed(receipt)
    assert mails.header(receipt, "Return-Path") == "<>"  # RFC 8098 §3: an MDN has the null reverse-path


# --- receipts and automatic mails --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["02-dsn-success", "03-dsn-failure", "04-mdn-processed", "06-mdn-error-new-grammar", "08-ko-ordinary-mail"]
)
def test_a_receipt_for_a_mail_that_we_did_not_send_settles_nothing(bench: Bench, name: str) -> None:
    task = bench.sent(fresh())
    bench.read()
    before, rows = bench.state(task), bench.rows()
    message = bench.receive(mails.reply(name, "<never-sent@cpts-vesle.mssante.example>"))
    assert bench.work_of(message.id) == [("parked", "receipt-unknown-original")]
    assert bench.state(task) == before
    assert set(difference(rows, bench.rows())) <= QUARANTINE


def test_an_absence_is_noted_and_moves_nothing(bench: Bench) -> None:
    task = bench.sent(fresh())
    bench.read()
    state, stands = bench.state(task), bench.task(task)
    message = bench.receive(mails.reply("10-out-of-office", bench.mail_id(task)), return_path="")
    assert message.kind == "auto-reply"
    assert bench.work_of(message.id) == [("done", None)]
    assert bench.state(task) == state
    assert bench.task(task) == stands
    assert bench.trace(task)[-1] == "auto-reply-received"


def test_the_same_mail_twice_is_read_once(bench: Bench) -> None:
    task = bench.sent(fresh())
    mail = answer_to(bench, task)
    bench.receive(mail)
    before = bench.rows()
    bench.operator.mailbox(OURS).deliver(b"Return-Path: <karim.tazerout@medecin.mssante.example>\r\n" + mail)
    bench.read()
    assert set(difference(before, bench.rows())) <= {"mail_place"}


# --- the mailbox -------------------------------------------------------------------------------------------------


def flags(bench: Bench) -> list[frozenset[str]]:
    return [frozenset(mail.flags) for mail in bench.operator.mailbox(OURS).mails()]


def test_what_is_done_is_flagged_and_what_waits_for_a_person_is_not(bench: Bench) -> None:
    task = bench.sent(fresh())
    bench.receive(answer_to(bench, task))
    assert "$CptsDone" in flags(bench)[-1]
    bench.receive(mails.reply("09-patient-free-text", "<never-sent@cpts-vesle.mssante.example>"))
    assert "$CptsDone" not in flags(bench)[-1]


def test_an_oversized_mail_is_set_aside_by_its_headers_alone(bench: Bench) -> None:
    task = bench.sent(fresh())
    bench.read()
    mail = mails.parsed(mails.reply("01-reply-with-document", bench.mail_id(task)))
    mail.add_attachment(os.urandom(200_000), maintype="application", subtype="octet-stream", filename="gros.bin")
    bench.operator.mailbox(OURS).deliver(mail.as_bytes())
    before = {m.id for m in bench.inward()}
    read_once(with_limit(bench, 100_000))
    bench.work()
    (message,) = [m for m in bench.inward() if m.id not in before]
    assert_set_aside(bench, message, "mail-oversized")
    assert bench.task(task)["businessStatus"]["coding"][0]["code"] != "interim-report"
    assert_good_mail_passes(bench)


def test_an_oversized_plain_reply_is_not_taken_for_an_empty_one(bench: Bench) -> None:
    task = bench.sent(fresh())
    bench.read()
    text = b"Bonjour.\r\n" * 30_000
    head = f"From: a@medecin.mssante.example\r\nIn-Reply-To: {bench.mail_id(task)}\r\nMessage-ID: <g@m.example>\r\n\r\n"
    bench.operator.mailbox(OURS).deliver(head.encode() + text)
    before = {m.id for m in bench.inward()}
    read_once(with_limit(bench, 100_000))
    bench.work()
    (message,) = [m for m in bench.inward() if m.id not in before]
    assert_set_aside(bench, message, "mail-oversized")
    assert "reply-text-received" not in bench.trace(task)


def read_once(reader: ReadMailbox) -> None:
    reader.once()
    reader.inbox.close()


def with_limit(bench: Bench, max_mail_bytes: int) -> ReadMailbox:
    """The reader of our mailbox, with a smaller limit."""
    operator, (reader,) = bench.operator, bench.gateway.readers
    credentials = operator.certificate_for(OURS)
    context = client_context(operator.ca_path, credentials.certificate, credentials.key)
    inbox = ImapInbox(
        MailAddress(OURS), operator.host, operator.imap_port, context, OURS, None, max_mail_bytes=max_mail_bytes
    )
    return replace(reader, inbox=inbox)


# --- our own trouble is not the partner's fault -----------------------------------------------------------------


@pytest.mark.parametrize("name", [WITH_DOCUMENT, "a plain reply"])
def test_while_the_trusted_list_is_stale_mails_wait_and_none_is_refused(name: str) -> None:
    with short_folder() as folder, running_bench(folder) as bench:
        task = bench.sent(fresh())
        _age(bench.operator.trusted_domains_path, days=30)
        assert bench.post(fresh()).status == 503  # nobody can be addressed now: the software may come back
        if name == WITH_DOCUMENT:
            mail = mails.with_changed_files(answer_to(bench, task), about_another_ins)
        else:
            mail = mails.plain_reply(bench.mail_id(task), "Je la vois lundi.")
        message = bench.receive(mail)
        assert bench.work_of(message.id) == [("todo", "trusted-list-stale")]
        assert message.kind == "mail"
        _age(bench.operator.trusted_domains_path, days=0)
        bench.clock.move(minutes=1)
        bench.work()
        if name == WITH_DOCUMENT:
            assert_set_aside(bench, bench.message(message.id), "xdm-patient-differs")
            assert len(negative_receipts(bench)) == 1
        else:
            assert bench.message(message.id).kind == "reply-text"


def _age(path: Path, days: int) -> None:
    at = time.time() - days * 24 * 3600
    os.utime(path, (at, at))
