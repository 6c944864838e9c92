"""The header of the CDA, by the rules of the French minimal structure.

Source: CI-SIS, volet Structuration minimale de documents de santé.
"""

import re

from conformance.readers import Unreadable
from conformance.readers.cda import INS_ROOTS, PROFESSIONALS, STRUCTURES, Cda, instant
from conformance.verdicts import expect, expect_equal
from conformance.world import World

HL7_FRANCE, CI_SIS, UNSTRUCTURED = "2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.3.6.1.4.1.19376.1.2.20"
LETTER = ("96349-6", "2.16.840.1.113883.6.1")
_PATIENT = "c:recordTarget/c:patientRole/c:patient/"
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


def shell(world: World) -> None:
    document = world.letter().document
    expect_equal("realmCode", "FR", document.value("c:realmCode/@code"))
    expect_equal("typeId", "POCD_HD000040", document.value("c:typeId/@extension"))
    expect_equal("languageCode", "fr-FR", document.value("c:languageCode/@code"))
    confidentiality = document.values("c:confidentialityCode/@displayName")
    expect(bool(confidentiality), "confidentialityCode", "with displayName", "absent")
    expect(document.value("c:title/text()") != "", "title", "present", "absent")


def templates(world: World) -> None:
    document = world.letter().document
    found = document.values("c:templateId/@root")
    for root in (HL7_FRANCE, CI_SIS):
        expect(root in found, "templateId", root, found)
    expect(len(found) >= 3, "templateId", "a third one, of the document's model", found)
    expect_equal("unstructured model declared", document.is_level_1, UNSTRUCTURED in found)


def version(world: World) -> None:
    document = world.letter().document
    for path in ("c:id/@root", "c:setId/@root"):
        expect(_OID.fullmatch(document.value(path)) is not None, path, "an OID", document.value(path) or "absent")
    expect_equal("versionNumber", "1", document.value("c:versionNumber/@value"))


def type_of_document(world: World) -> None:
    document = world.letter().document
    found = (document.value("c:code/@code"), document.value("c:code/@codeSystem"))
    expect_equal("code", LETTER, found)
    expect(document.value("c:code/@displayName") != "", "code/@displayName", "present", "absent")


def times_have_offsets(world: World) -> None:
    document = world.letter().document
    for path in ("c:effectiveTime", "c:author/c:time", "c:legalAuthenticator/c:time"):
        instant(document.value(f"{path}/@value"), f"CDA {path}")


def ins_traits(world: World) -> None:
    document = world.letter().document
    if document.ins is None:
        raise Unreadable("CDA recordTarget", "no INS, though the message has a qualified one")
    for path in (
        "c:name/c:family[@qualifier='BR']/text()",
        "c:name/c:given[@qualifier='BR']/text()",
        "c:name/c:given[not(@qualifier)]/text()",
        "c:birthTime/@value",
        "c:administrativeGenderCode/@code",
        "c:birthplace/c:place/c:addr/c:county/text()",
    ):
        expect(document.value(_PATIENT + path) != "", "INS traits", path, "absent")
    qualifiers = set(document.values(_PATIENT + "c:name/*/@qualifier"))
    expect(qualifiers <= {"BR", "CL"}, "name/@qualifier", "BR or CL", qualifiers)


def patient_as_sent(world: World) -> None:
    letter = world.letter()
    document, referral = letter.document, letter.referral
    expect_equal("INS", referral.ins, document.ins)
    expect_equal("patient ids", referral.patient_ids, frozenset(extension for _, extension in document.patient_ids))
    family = document.value(_PATIENT + "c:name/c:family[@qualifier='BR']/text()")
    expect_equal("birth name", referral.birth_name["family"], family)
    born = document.value(_PATIENT + "c:birthTime/@value")[:8]
    expect_equal("birth date", referral.birth_date.replace("-", ""), born)
    roots = [root for root, _ in document.patient_ids if root in INS_ROOTS]
    expect(len(roots) <= 1, "INS authorities", "at most one", roots)


def author_is_the_requester(world: World) -> None:
    letter = world.letter()
    requester = letter.referral.person_of(letter.referral.one("Task")["requester"])
    author = "c:author/c:assignedAuthor/"
    expect_equal("author id", requester, _professional(letter.document, author))
    expect(letter.document.value(author + "c:code/@code") != "", "author code", "profession and speciality", "absent")
    expect(
        letter.document.value(author + "c:assignedPerson/c:name/c:family/text()") != "",
        "author family",
        "present",
        "absent",
    )


def legal_authenticator(world: World) -> None:
    document = world.letter().document
    expect_equal("signatureCode", "S", document.value("c:legalAuthenticator/c:signatureCode/@code"))
    found = _professional(document, "c:legalAuthenticator/c:assignedEntity/")
    expect_equal("legalAuthenticator id", _professional(document, "c:author/c:assignedAuthor/"), found)


def custodian(world: World) -> None:
    letter = world.letter()
    path = "c:custodian/c:assignedCustodian/c:representedCustodianOrganization/c:id"
    expect_equal("custodian id/@root", STRUCTURES, letter.document.value(f"{path}/@root"))
    structure = letter.referral.structure_of(letter.referral.one("Task")["requester"])
    expect_equal("custodian, the author's structure", structure, letter.document.value(f"{path}/@extension"))


def recipient_named(world: World) -> None:
    letter = world.letter()
    owner = letter.referral.person_of(letter.referral.one("Task")["owner"])
    found = letter.document.values(
        f"c:informationRecipient/c:intendedRecipient/c:id[@root='{PROFESSIONALS}']/@extension"
    )
    expect_equal("informationRecipient ids", [owner], found)
    telecoms = letter.document.values("c:informationRecipient//c:telecom/@value")
    boxes = [telecom for telecom in telecoms if "@" in telecom]
    expect(not boxes, "informationRecipient telecom", "no mailbox", f"{len(boxes)} mailboxes")


def event_and_encounter(world: World) -> None:
    document = world.letter().document
    for name, path in (
        ("serviceEvent low", "c:documentationOf/c:serviceEvent/c:effectiveTime/c:low/@value"),
        ("practice setting of the performer", "c:documentationOf//c:performer//c:standardIndustryClassCode/@code"),
        ("facility of the encounter", "c:componentOf//c:healthCareFacility/c:code/@code"),
    ):
        expect(document.value(path) != "", name, "present", "absent")


def order_named(world: World) -> None:
    letter = world.letter()
    found = letter.document.values("c:inFulfillmentOf/c:order/c:id/@extension")
    expect(letter.referral.request_id in found, "inFulfillmentOf/order/id", "ServiceRequest.identifier", found)


def _professional(document: Cda, at: str) -> str:
    return document.value(f"{at}c:id[@root='{PROFESSIONALS}']/@extension")
