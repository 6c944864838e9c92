"""Door to door: a referral travels for real, is answered, and the answer comes back; also by Postfix and Dovecot.

What lies in the colleague's mailbox is judged by the standard library, lxml and pypdf only: nothing of ours reads it.
"""

import hashlib
import io
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pypdf
import pytest
from lxml import etree

from gateway.sandbox.partner_mails import PATIENT_UNKNOWN
from gateway.sandbox.partners import Deed, MailboxColleague, SoftwareColleague
from tests import mails
from tests.mails import DOCUMENT, METADATA
from tests.peers import dovecot, postfix
from tests.peers.gateways import OURS, REQUESTER, WITH_MAILBOX_ONLY, WITH_SOFTWARE
from tests.peers.operators import short_folder
from tests.peers.patience import patiently
from tests.peers.world import Post, World, debian_post, embedded_post, running_world
from tests.referrals import BORN_ABROAD, fresh, only

CDA = {"c": "urn:hl7-org:v3"}
RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
INS_TEST, LOCAL = "1.2.250.1.213.1.4.10", "2.25.169295107882699555596475073178307019618"
ABSENT = dovecot.ABSENT or postfix.ABSENT
OPERATORS = [
    pytest.param(embedded_post, id="embedded"),
    pytest.param(
        debian_post,
        id="postfix-dovecot",
        marks=[pytest.mark.real_server, pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")],
    ),
]


@pytest.fixture(scope="module", params=OPERATORS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    operator: AbstractContextManager[Post] = request.param()
    with operator as post, short_folder() as folder, running_world(post, folder) as running:
        yield running


def business(task: Any) -> str:
    return str(task["businessStatus"]["coding"][0]["code"])


def mail_state(task: Any) -> str:
    return next((str(e["valueCode"]) for e in task.get("extension", [])), "")


def outputs(task: Any, code: str) -> list[str]:
    given = task.get("output", [])
    return [o["valueReference"]["reference"] for o in given if o["type"]["coding"][0]["code"] == code]


def values(tree: etree._Element, path: str, namespaces: Mapping[str, str] = CDA) -> list[str]:
    found = tree.xpath(path, namespaces=dict(namespaces))
    assert isinstance(found, list)
    return [str(value) for value in found]


# --- out ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sent(world: World) -> tuple[str, bytes, Any]:
    """A referral that has arrived: its Task's id, its mail as it lies in the mailbox, and the message."""
    content = fresh()
    task = world.practice.accepted(content)
    return task, world.letter_to(WITH_SOFTWARE, task), json.loads(content)


def test_the_mail_in_the_colleagues_box_is_a_clinical_mail(sent: tuple[str, bytes, Any]) -> None:
    mail = sent[1]
    assert mails.header(mail, "Subject") == "XDM/1.0/DDM+Lettre d'adressage VALLORGE MARCELINE 14/03/1952"
    assert mails.header(mail, "To") == WITH_SOFTWARE
    assert mails.header(mail, "From").endswith(f"<{OURS}>")
    assert [mails.header(mail, n) for n in ("Reply-To", "Disposition-Notification-To")] == [OURS, OURS]
    assert [mails.header(mail, f"X-MSS-{n}") for n in ("CODECDA", "INS", "NIL")] == ["96349-6", "O", "DEV000000"]
    assert all(line.isascii() and len(line) < 999 for line in mail.split(b"\r\n"))
    body = mails.parsed(mail).get_body()
    assert body is not None
    assert "Odile BRASSENNE" in body.get_content()


def test_it_carries_an_archive_and_a_pdf_and_nothing_else(sent: tuple[str, bytes, Any]) -> None:
    names = list(mails.attachments(sent[1]))
    assert names == ["IHE_XDM.zip", "20261120_Lettre d'adressage_VALLORGE_MARCELINE.pdf"]
    archive = mails.unzipped(mails.attachments(sent[1])["IHE_XDM.zip"])
    assert list(archive) == ["INDEX.HTM", "README.TXT", METADATA, DOCUMENT]


def test_the_metadata_describe_the_document_to_the_byte(sent: tuple[str, bytes, Any]) -> None:
    archive = mails.unzipped(mails.attachments(sent[1])["IHE_XDM.zip"])
    metadata, document = etree.fromstring(archive[METADATA]), archive[DOCUMENT]

    def slot(name: str) -> list[str]:
        return values(metadata, f"//r:ExtrinsicObject/r:Slot[@name='{name}']//r:Value/text()", RIM)

    assert slot("hash") == [hashlib.sha1(document).hexdigest()]
    assert slot("size") == [str(len(document))]
    assert slot("URI") == ["DOC00001.XML"]
    assert slot("creationTime") == ["20261120083000"]  # UTC
    ids = values(
        metadata, "//r:ExternalIdentifier[r:Name/r:LocalizedString/@value='XDSDocumentEntry.uniqueId']/@value", RIM
    )
    assert ids == values(etree.fromstring(document), "/c:ClinicalDocument/c:id/@root")


def test_the_document_is_about_the_patient_and_from_her_doctor(sent: tuple[str, bytes, Any]) -> None:
    document = etree.fromstring(mails.unzipped(mails.attachments(sent[1])["IHE_XDM.zip"])[DOCUMENT])
    role = "/c:ClinicalDocument/c:recordTarget/c:patientRole"
    ids = zip(values(document, f"{role}/c:id/@root"), values(document, f"{role}/c:id/@extension"), strict=True)
    assert dict(ids) == {INS_TEST: "252035145404215", LOCAL: "V-104417"}
    name = f"{role}/c:patient/c:name"
    assert values(document, f"{name}/c:family[@qualifier='BR']/text()") == ["VALLORGE"]
    assert values(document, f"{name}/c:family[@qualifier='CL']/text()") == ["DESTREMAU"]
    assert values(document, f"{role}/c:patient/c:birthTime/@value") == ["19520314"]
    assert values(document, f"{role}/c:patient/c:administrativeGenderCode/@code") == ["F"]
    author = "/c:ClinicalDocument/c:author/c:assignedAuthor"
    assert values(document, f"{author}/c:id/@extension") == ["899700001011"]
    recipient = "/c:ClinicalDocument/c:informationRecipient/c:intendedRecipient"
    assert values(document, f"{recipient}/c:informationRecipient/c:name/c:family/text()") == ["TAZEROUT"]
    orders = values(document, "//c:inFulfillmentOf/c:order/c:id/@extension")
    assert orders == [only(sent[2], part)["identifier"][0]["value"] for part in ("Task", "ServiceRequest")]


def test_the_pdf_can_be_read_and_the_document_holds_the_very_same(sent: tuple[str, bytes, Any]) -> None:
    pdf = mails.attachments(sent[1])["20261120_Lettre d'adressage_VALLORGE_MARCELINE.pdf"]
    text = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
    for words in ("VALLORGE", "Dyspnée d'effort croissante depuis juillet", "Dr Odile BRASSENNE"):
        assert words in text
    document = etree.fromstring(mails.unzipped(mails.attachments(sent[1])["IHE_XDM.zip"])[DOCUMENT])
    assert "R06.0" in text or "R06.0" in values(document, "//c:structuredBody//@code")
    held = [v for v in values(document, "//*[@representation='B64']/text()") if v.strip()]
    assert [hashlib.sha256(b64decode(v)).digest() for v in held] == [hashlib.sha256(pdf).digest()]


def test_the_operators_receipt_makes_it_delivered(world: World, sent: tuple[str, bytes, Any]) -> None:
    task = world.practice.follow(sent[0], lambda t: mail_state(t) in ("delivered", "read", "integrated"))
    assert task["status"] == "received"


# --- back --------------------------------------------------------------------------------------------------------


def test_a_plain_reply_reaches_the_requester_only(world: World) -> None:
    task = world.practice.accepted(fresh(BORN_ABROAD))
    world.letter_to(WITH_MAILBOX_ONLY, task)
    words = "Je vois votre patiente jeudi ; merci d'apporter les radios."
    colleague = MailboxColleague(
        world.post.client(WITH_MAILBOX_ONLY), "Dr Sven ALBRECHTSEN", answer=words, confirms_reading=True
    )
    done = colleague.work()
    colleague.close()
    assert [one.deed for one in done] == [Deed.READ, Deed.CONFIRMED_READING, Deed.REPLIED]
    found = world.practice.follow(task, lambda t: bool(outputs(t, "reply-text")) and mail_state(t) == "read")
    (reference,) = outputs(found, "reply-text")
    communication = world.practice.get(reference).json()
    assert communication["payload"][0]["contentString"].strip() == words
    assert business(found) == "delivered"  # words move nothing
    assert [software.get(reference).status_code for software in (world.other, world.nobody)] == [404, 401]
    forwarded = patiently(
        lambda: [m for m in world.post.arrived(REQUESTER) if words.encode()[:30] in m], lambda found: bool(found)
    )
    assert mails.header(forwarded[0], "From").endswith(f"<{OURS}>")


def test_a_structured_reply_is_joined_to_its_referral(world: World) -> None:
    task = world.practice.accepted(fresh())
    world.letter_to(WITH_SOFTWARE, task)
    colleague = SoftwareColleague(world.post.client(WITH_SOFTWARE))
    deeds = [one.deed for one in colleague.work()]
    colleague.close()
    assert Deed.REPORTED_FAILURE not in deeds
    assert Deed.ANSWERED_WITH_DOCUMENT in deeds
    found = world.practice.follow(task, lambda t: business(t) == "interim-report" and mail_state(t) == "integrated")
    assert found["status"] == "in-progress"
    (reference,) = outputs(found, "answer")
    document = world.practice.get(reference).json()
    assert document["context"]["related"] == [{"reference": f"Task/{task}"}]
    assert document["subject"]["identifier"]["value"] == "V-104417"
    assert_three_forms(world, document)
    assert world.other.get(reference).status_code == 404
    assert world.practice.get("DocumentReference").json()["total"] >= 1
    assert world.other.get("DocumentReference").json()["total"] == 0


def assert_three_forms(world: World, document: Any) -> None:
    """PDF, CDA and FHIR, each a Binary that only the requester can read."""
    forms = {c["attachment"]["contentType"]: c["attachment"]["url"] for c in document["content"]}
    assert set(forms) == {"application/pdf", "text/xml", "application/fhir+json"}
    pdf, xml, bundle = (world.practice.get(url, Accept="*/*").content for url in forms.values())
    assert "spirométrie" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    cda = etree.fromstring(xml)
    assert values(cda, "/c:ClinicalDocument/c:code/@code") == ["11488-4"]
    assert [b64decode(v) for v in values(cda, "//*[@representation='B64']/text()")] == [pdf]
    resources = [entry["resource"]["resourceType"] for entry in json.loads(bundle)["entry"]]
    assert resources[0] == "Composition"
    assert {"Patient", "PractitionerRole", "DocumentReference"} <= set(resources)
    assert [world.other.get(url).status_code for url in forms.values()] == [404, 404, 404]


def test_a_colleague_whose_software_refuses_is_told_with_his_code(world: World) -> None:
    task = world.practice.accepted(fresh())
    world.letter_to(WITH_SOFTWARE, task)
    colleague = SoftwareColleague(world.post.client(WITH_SOFTWARE), fails_with=PATIENT_UNKNOWN)
    colleague.work()
    colleague.close()
    found = world.practice.follow(task, lambda t: mail_state(t) == "rejected-by-software")
    assert (found["status"], business(found)) == ("failed", "delivery-failed")
    assert found["statusReason"]["text"]


def test_an_absence_changes_nothing(world: World) -> None:
    task = world.practice.accepted(fresh(BORN_ABROAD))
    world.letter_to(WITH_MAILBOX_ONLY, task)
    colleague = MailboxColleague(world.post.client(WITH_MAILBOX_ONLY), "Dr ALBRECHTSEN", away="Je suis absent.")
    colleague.work()
    colleague.close()
    codes = patiently(lambda: timeline(world, task), lambda found: "auto-reply-received" in found)
    assert "reply-text-received" not in codes
    assert outputs(world.practice.task(task), "reply-text") == []


# --- who may see and send what -----------------------------------------------------------------------------------


def test_the_same_message_twice_is_one_letter(world: World) -> None:
    content = fresh()
    first, second = world.practice.post(content), world.practice.post(content)
    assert first.content == second.content
    task = first.json()["entry"][2]["resource"]["id"]
    world.letter_to(WITH_SOFTWARE, task)
    world.practice.follow(task, lambda t: mail_state(t) == "delivered")
    (message_id,) = world.delivery_ids(task)
    held = [m for m in world.post.arrived(WITH_SOFTWARE) if mails.header(m, "Message-ID") == message_id]
    assert len(held) == 1


def test_the_same_id_with_another_content_is_refused(world: World) -> None:
    content = fresh()
    world.practice.accepted(content)
    other = json.loads(content)
    only(other, "ServiceRequest")["note"] = [{"text": "Autre chose."}]
    answer = world.practice.post(json.dumps(other).encode())
    assert answer.status_code == 422
    issue = answer.json()["entry"][1]["resource"]["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "id-reused"


def test_somebody_elses_token_sees_nothing_and_may_not_speak_for_us(world: World, sent: tuple[str, bytes, Any]) -> None:
    for path in (f"Task/{sent[0]}", f"Task/{sent[0]}/$timeline"):
        assert world.other.get(path).status_code == 404
    assert world.other.get("Task").json()["total"] == 0
    assert world.other.post(fresh()).status_code == 403
    assert world.nobody.post(fresh()).status_code == 401


def timeline(world: World, task: str) -> list[str]:
    entries = world.practice.get(f"Task/{task}/$timeline").json()["entry"]
    return [entry["resource"]["subtype"][0]["code"] for entry in entries]


def test_the_timeline_tells_the_whole_story_in_order(world: World) -> None:
    task = world.practice.accepted(fresh())
    world.letter_to(WITH_SOFTWARE, task)
    world.practice.follow(task, lambda t: mail_state(t) == "delivered")
    colleague = SoftwareColleague(world.post.client(WITH_SOFTWARE))
    colleague.work()
    colleague.close()
    world.practice.follow(task, lambda t: business(t) == "interim-report" and mail_state(t) == "integrated")
    bundle = world.practice.get(f"Task/{task}/$timeline").json()
    events = [entry["resource"] for entry in bundle["entry"]]
    assert [e["recorded"] for e in events] == sorted(e["recorded"] for e in events)
    codes = [e["subtype"][0]["code"] for e in events]
    story = ["accepted", "addressed", "prepared", "sent", "delivered", "integrated", "reply-received"]
    assert [code for code in codes if code in story] == story
    assert all(e["outcomeDesc"] and "?" not in e["outcomeDesc"] for e in events)
    told = json.dumps(events, ensure_ascii=False)
    for secret in ("VALLORGE", "DESTREMAU", "252035145404215", "V-104417", "Dyspnée"):
        assert secret not in told
