"""A person answers in words: passed on at once, word for word, to the software and to the requester's mailbox."""

import base64
from email.message import EmailMessage

from tests import mails
from tests.flows.bench import Bench
from tests.peers.gateways import OURS, REQUESTER, WITH_MAILBOX_ONLY
from tests.referrals import BORN_ABROAD, fresh

WORDS = "Bonjour,\n\nJe la vois lundi à 9 h — « à jeun ».\n"


def answered(bench: Bench, mail: bytes | None = None, case: str = "01-plain") -> str:
    task = bench.sent(fresh(case))
    bench.receive(mail or mails.plain_reply(bench.mail_id(task), WORDS))
    return task


def communications(bench: Bench, task: str) -> list[str]:
    outputs = bench.task(task)["output"]
    return [o["valueReference"]["reference"] for o in outputs if o["type"]["coding"][0]["code"] == "reply-text"]


def test_the_words_reach_the_software_unchanged_and_move_nothing(bench: Bench) -> None:
    task = answered(bench)
    (reference,) = communications(bench, task)
    communication = bench.get(reference)
    assert communication["payload"][0]["contentString"].split() == WORDS.split()
    assert communication["basedOn"] == [{"reference": f"Task/{task}"}]
    assert communication["sender"]["display"] == "karim.tazerout@medecin.mssante.example"
    assert communication["sent"].startswith("2026-11-22T10:00:00+01:00")
    assert bench.task(task)["businessStatus"]["coding"][0]["code"] in ("submitted", "delivered")


def test_the_requester_gets_the_words_by_mail(bench: Bench) -> None:
    before = len(bench.arrived(REQUESTER))
    answered(bench)
    (forwarded,) = bench.arrived(REQUESTER)[before:]
    body = mails.parsed(forwarded).get_body()
    assert body is not None
    assert "Je la vois lundi à 9 h" in body.get_content()
    assert mails.header(forwarded, "From").endswith(f"<{OURS}>")
    assert "Disposition-Notification-To" not in mails.parsed(forwarded)


def test_nobody_else_sees_the_words(bench: Bench) -> None:
    task = answered(bench)
    (reference,) = communications(bench, task)
    assert bench.stranger.get(f"/fhir/{reference}").status == 404
    assert bench.stranger.get("/fhir/Communication").json["total"] == 0


def test_two_replies_are_two_communications_in_order(bench: Bench) -> None:
    task = answered(bench)
    bench.receive(mails.plain_reply(bench.mail_id(task), "Finalement mardi."))
    first, second = (bench.get(reference)["payload"][0]["contentString"] for reference in communications(bench, task))
    assert "lundi" in first
    assert "mardi" in second


def test_a_reply_finds_its_thread_by_references_alone(bench: Bench) -> None:
    task = bench.sent(fresh())
    mail = mails.plain_reply(bench.mail_id(task), WORDS)
    others = f"References: <a@b.example> {bench.mail_id(task)} <c@d.example>".encode()
    bench.receive(mails.without_header(mail, "In-Reply-To").replace(b"Subject:", others + b"\r\nSubject:", 1))
    assert len(communications(bench, task)) == 1


def test_what_is_attached_to_the_words_is_passed_on_too(bench: Bench) -> None:
    task = bench.sent(fresh())
    mail = EmailMessage()
    for name, value in mails.parsed(mails.plain_reply(bench.mail_id(task), WORDS)).items():
        if name in ("From", "To", "Subject", "Message-ID", "Date", "In-Reply-To"):
            mail[name] = str(value)
    mail.set_content(WORDS)
    mail.add_attachment(b"%PDF-1.4 courrier", maintype="application", subtype="pdf", filename="courrier.pdf")
    bench.receive(mail.as_bytes())
    (reference,) = communications(bench, task)
    attached = [p["contentAttachment"] for p in bench.get(reference)["payload"] if "contentAttachment" in p]
    assert [(a["contentType"], a["title"]) for a in attached] == [("application/pdf", "courrier.pdf")]
    answer = bench.software.get(f"/fhir/{attached[0]['url']}", {"Accept": "application/pdf"})
    assert answer.body == b"%PDF-1.4 courrier"


def test_a_reply_of_a_picture_alone_has_no_empty_words(bench: Bench) -> None:
    task = bench.sent(fresh(BORN_ABROAD))
    head = (
        f"From: {WITH_MAILBOX_ONLY}\r\nMessage-ID: <photo-{task}@ch.example>\r\nIn-Reply-To: {bench.mail_id(task)}\r\n"
    )
    head += "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
    head += "Content-Disposition: attachment; filename=photo.png\r\n\r\n"
    bench.receive(head.encode() + base64.b64encode(b"\x89PNG picture"))
    (reference,) = communications(bench, task)
    assert all(payload.get("contentString", "x") for payload in bench.get(reference)["payload"])


def test_the_receipt_for_a_forwarded_reply_is_no_news_of_the_referral(bench: Bench) -> None:
    task = answered(bench)
    bench.read()
    version = bench.task(task)["meta"]["versionId"]
    bench.read()
    assert bench.task(task)["meta"]["versionId"] == version
    forwarded = [m for m in bench.gateway.store.query.thread(bench.message(task).id) if m.kind == "reply-forwarded"]
    assert [d.state.value for m in forwarded for d in m.deliveries] == ["delivered"]


def test_an_attachment_with_a_hostile_name_and_type_is_passed_on_tamed(bench: Bench) -> None:
    task, before = bench.sent(fresh()), len(bench.arrived(REQUESTER))
    part = b'Content-Type: te\xe9xt/x;\r\n name="a\x07b"\r\nContent-Transfer-Encoding: base64\r\n'
    part += b"Content-Disposition: attachment; filename*=utf-8''a%0D%0ABcc%3A%20x%40y.example\r\n\r\n"
    head = (
        f"From: a@medecin.mssante.example\r\nMessage-ID: <h-{task}@m.example>\r\nIn-Reply-To: {bench.mail_id(task)}\r\n"
    )
    body = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nMots.\r\n--b\r\n" + part
    bench.receive(head.encode() + body + base64.b64encode(b"contenu") + b"\r\n--b--\r\n")
    assert len(communications(bench, task)) == 1
    (forwarded,) = bench.arrived(REQUESTER)[before:]
    assert list(mails.attachments(forwarded).values()) == [b"contenu"]
    assert "Bcc" not in mails.parsed(forwarded)
