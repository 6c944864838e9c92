"""Answers that the colleague sends: a report, words, an absence notice; and those that must not be believed.

Source: MSSanté ECO.2.1.2 (the patient is the one of METADATA.XML), ECO.2.2.2; RFC 5322 3.6.4, RFC 3834, RFC 8098;
docs: referral, threads.
"""

from typing import Any

from conformance.peers.report import Twist
from conformance.peers.writing import Outgoing
from conformance.readers import fhir
from conformance.readers.fhir import Resource
from conformance.readers.mail import Mail
from conformance.verdicts import expect, expect_equal
from conformance.world import Letter, World

WORDS = "Bien reçu. Je vois votre patient mardi à 14 h 30 ; d'ici là, même traitement."
ABSENCE = "Je suis absent jusqu'au 30 et ne lis pas cette boîte. En cas d'urgence : 15."
FORMS = {"application/pdf", "text/xml", "application/fhir+json"}


def report_joined_by_thread(world: World) -> None:
    letter = world.own_letter()
    _answered(world, letter, world.colleague(letter).report(world.report(letter, Twist(names_order=False))))


def report_joined_by_order(world: World) -> None:
    letter = world.own_letter()
    _answered(world, letter, world.colleague(letter).report(world.report(letter), threaded=False))


def report_in_every_form(world: World) -> None:
    letter = world.own_letter()
    report = world.report(letter)
    reference = _answered(world, letter, world.colleague(letter).report(report))
    forms = {c["attachment"]["contentType"]: c["attachment"].get("url", "") for c in reference.get("content", [])}
    expect(forms.keys() >= FORMS, "DocumentReference.content", sorted(FORMS), sorted(forms))
    expect(
        world.practice.binary(forms["text/xml"]) == report.document, "the CDA", "the bytes as they came", "other bytes"
    )
    expect(
        world.practice.binary(forms["application/pdf"]) == report.pdf,
        "the PDF",
        "the bytes as they came",
        "other bytes",
    )


def report_asks_to_close(world: World) -> None:
    letter = world.own_letter()
    _answered(world, letter, world.colleague(letter).report(world.report(letter)))
    task = world.practice.read(f"Task/{letter.task_id}")
    expect_equal("Task.businessStatus", "interim-report", fhir.business_status(task))
    expect(task["status"] != "completed", "Task.status", "not completed by itself", task["status"])


def subject_is_not_trusted(world: World) -> None:
    letter = world.own_letter()
    misleading = world.colleague(letter).report(
        world.report(letter), subject="Compte rendu QUERBILLAC ANSELME 02/11/1938"
    )
    reference = _answered(world, letter, misleading)
    found = reference.get("subject", {}).get("identifier", {}).get("value")
    expect(
        found in letter.referral.patient_ids,
        "DocumentReference.subject",
        "the patient of METADATA.XML and CDA",
        "another",
    )


def metadata_against_document(world: World) -> None:
    letter = world.own_letter()
    _refused(world, letter, Twist(other_patient_in_metadata=True), "904")


def other_patient_in_the_thread(world: World) -> None:
    letter = world.own_letter()
    _refused(world, letter, Twist(other_patient=True), "904")


def wrong_hash_is_refused(world: World) -> None:
    letter = world.own_letter()
    _refused(world, letter, Twist(wrong_hash=True), "906")


def no_receipt_unless_asked(world: World) -> None:
    letter = world.own_letter()
    report = world.report(letter, Twist(wrong_hash=True))
    silent = world.colleague(letter).report(report, asks_receipt=False)
    world.mailbox.send(silent.content)
    _say_something(world, letter)
    world.mailbox.watch(world.target.quiet_seconds)
    receipts = [m for m in world.mailbox.mails if _is_about(m, silent)]
    expect(not receipts, "MDN where none was asked", 0, len(receipts))


def storing_is_not_integrating(world: World) -> None:
    letter = world.own_letter()
    mail = world.colleague(letter).report(world.report(letter))
    _answered(world, letter, mail)
    world.mailbox.watch(world.target.quiet_seconds)
    receipts = [m for m in world.mailbox.mails if _is_about(m, mail)]
    expect(not receipts, "MDN before the receiving software has acknowledged", 0, len(receipts))


def words_are_passed_on(world: World) -> None:
    letter = world.own_letter()
    task = _say_something(world, letter)
    communication: Any = world.practice.read(fhir.outputs(task, "reply-text")[0])
    text = " ".join(str(payload.get("contentString", "")) for payload in communication.get("payload", []))
    expect(WORDS in text, "Communication.payload", "the colleague's words", f"{len(text)} other characters")


def words_move_nothing(world: World) -> None:
    letter = world.own_letter()
    before = world.settled(letter)
    after = _say_something(world, letter)
    expect_equal("Task.status", before["status"], after["status"])
    expect_equal("Task.businessStatus", fhir.business_status(before), fhir.business_status(after))


def absence_is_not_answered(world: World) -> None:
    letter = world.own_letter()
    absence = world.colleague(letter).absence(ABSENCE)
    seen = len(world.mailbox.mails)
    world.mailbox.send(absence.content, null_sender=True)
    _say_something(world, letter)
    world.mailbox.watch(world.target.quiet_seconds)
    mails = [mail for mail in world.mailbox.mails[seen:] if not mail.archives]
    expect(not mails, "mails that answer an automatic mail", 0, len(mails))


def absence_is_no_reply(world: World) -> None:
    letter = world.own_letter()
    world.mailbox.send(world.colleague(letter).absence(ABSENCE).content, null_sender=True)
    task = _say_something(world, letter)
    expect_equal("replies that the Task shows", 1, len(fhir.outputs(task, "reply-text")))
    expect(task["status"] in ("requested", "received"), "Task.status", "still waiting for an answer", task["status"])


def _answered(world: World, letter: Letter, mail: Outgoing) -> Resource:
    """Send a report; the DocumentReference that the Task then shows."""
    world.mailbox.send(mail.content)
    task = world.practice.follow(letter.task_id, lambda t: bool(fhir.outputs(t, "answer")), "output answer")
    reference = fhir.outputs(task, "answer")[0]
    found = world.practice.read(reference)
    expect_equal("Task.output answer", "DocumentReference", found["resourceType"])
    return found


def _refused(world: World, letter: Letter, twist: Twist, code: str) -> None:
    """Send a report that cannot be trusted: no answer is shown, and the colleague, who asked, is told with the code."""
    mail = world.colleague(letter).report(world.report(letter, twist))
    world.mailbox.send(mail.content)
    receipt = world.mailbox.wait_for(lambda m: _is_about(m, mail), "a negative MDN, as the report asked for one")
    fields = receipt.disposition
    told = f"{fields['Disposition']} {fields['Error'] or ''}" if fields else ""
    expect("processed/error" in told.lower(), "MDN Disposition", "processed/error", told)
    expect(code in told, "MDN error code", code, told)
    task = world.practice.read(f"Task/{letter.task_id}")
    expect_equal("answers that the Task shows", 0, len(fhir.outputs(task, "answer")))


def _say_something(world: World, letter: Letter) -> Resource:
    """A free text, and the Task that shows it: what was sent before it has been read by then."""
    world.mailbox.send(world.colleague(letter).words(WORDS).content)

    def shows_it(task: Resource) -> bool:
        texts = (world.practice.read(reference) for reference in fhir.outputs(task, "reply-text"))
        return any(WORDS in str(p.get("contentString")) for text in texts for p in text.get("payload", []))

    return world.practice.follow(letter.task_id, shows_it, "output reply-text with the words")


def _is_about(mail: Mail, sent: Outgoing) -> bool:
    """Whether a mail is an MDN about one that we sent."""
    fields = mail.disposition
    return fields is not None and sent.message_id in str(fields["Original-Message-ID"])
