"""The IHE XDM archive: its layout, and METADATA.XML against the document that it describes.

Source: IHE ITI TF-3 4.2; CI-SIS volet Échange de documents de santé; ANS, volet Transmission d'un document CDA.
"""

import re
from datetime import UTC
from hashlib import sha1

from conformance.readers import xdm
from conformance.readers.cda import INS_ROOTS, instant
from conformance.readers.xml import elements, value, values
from conformance.verdicts import expect, expect_equal
from conformance.world import World

_SUBSET = re.compile(r"IHE_XDM/SUBSET\d\d")
_SHORT_NAME = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9]{1,3})?")
_UTC = re.compile(r"\d{14}")
_XCN = re.compile(r"[^^]+\^[^^]+\^[^^]*(\^[^^]*){5}\^&[0-9.]+&ISO\^D(\^[^^]*){2}\^(IDNPS|EI)")
ONCE = {
    "class": xdm.CLASS_CODE,
    "type": xdm.TYPE_CODE,
    "format": xdm.FORMAT_CODE,
    "healthcareFacilityType": xdm.FACILITY,
    "practiceSetting": xdm.SETTING,
}
CLASS_OF = {"96349-6": "10"}
"""ASS_X04, for the one document type of this slice."""
LEVEL_1_PDF, UNLISTED_MODEL = "urn:ihe:iti:xds-sd:pdf:2008", "urn:asipSante:modelesHorsProfils:2011"


def layout(world: World) -> None:
    archive = world.letter().archive
    expect(_SUBSET.fullmatch(archive.folder) is not None, "METADATA.XML lies in", "IHE_XDM/SUBSETnn", archive.folder)
    for name in ("INDEX.HTM", "README.TXT"):
        expect(name in archive.files, "root of the archive", name, "absent")
    long = [part for name in archive.files for part in name.split("/") if not _SHORT_NAME.fullmatch(part)]
    expect(not long, "names", "upper case, 8.3 (ISO 9660)", long)


def documents_by_uri(world: World) -> None:
    archive = world.letter().archive
    described = {f"{archive.folder}/{entry.slot('URI')}" for entry in archive.entries}
    lying = {name for name in archive.files if name.startswith(f"{archive.folder}/")}
    expect_equal("files in the subset", described | {f"{archive.folder}/METADATA.XML"}, lying)


def hash_and_size(world: World) -> None:
    archive = world.letter().archive
    content = archive.file(archive.entry)
    digest = sha1(content, usedforsecurity=False).hexdigest()
    expect_equal("DocumentEntry.hash", digest, archive.entry.slot("hash").lower())
    expect_equal("DocumentEntry.size", str(len(content)), archive.entry.slot("size"))


def unique_id(world: World) -> None:
    archive = world.letter().archive
    expect_equal("DocumentEntry.uniqueId", archive.document.value("c:id/@root"), archive.entry.external(xdm.UNIQUE_ID))
    expect_equal("CDA id/@extension", "", archive.document.value("c:id/@extension"))


def times_in_utc(world: World) -> None:
    archive = world.letter().archive
    low = "c:documentationOf[1]/c:serviceEvent/c:effectiveTime/c:low/@value"
    for slot, path in (("creationTime", "c:effectiveTime/@value"), ("serviceStartTime", low)):
        meant = instant(archive.document.value(path), f"CDA {path}").astimezone(UTC)
        expect_equal(f"DocumentEntry.{slot}", f"{meant:%Y%m%d%H%M%S}", archive.entry.slot(slot))
    submitted = archive.submission_set.slot("submissionTime")
    expect(_UTC.fullmatch(submitted) is not None, "SubmissionSet.submissionTime", "AAAAMMJJhhmmss", submitted)


def one_patient(world: World) -> None:
    archive = world.letter().archive
    of_entry = archive.entry.external(xdm.PATIENT_ID)
    expect_equal("SubmissionSet.patientId", of_entry, archive.submission_set.external(xdm.SET_PATIENT_ID))
    number, _, authority = of_entry.partition("^^^&")
    root, _, type = authority.partition("&ISO^")
    expect((root, number) in archive.document.patient_ids, "DocumentEntry.patientId", "an id of the CDA", "another")
    expect_equal("type of DocumentEntry.patientId", "NH" if root in INS_ROOTS else "PI", type)
    if archive.document.ins:
        expect(root in INS_ROOTS, "DocumentEntry.patientId", "the INS, where the document has one", root)


def source_patient(world: World) -> None:
    archive = world.letter().archive
    patient = "c:recordTarget/c:patientRole/c:patient/"
    told = archive.entry.slots("sourcePatientInfo")
    family = archive.document.value(patient + "c:name/c:family[@qualifier='BR']/text()")
    born = archive.document.value(patient + "c:birthTime/@value")[:8]
    gender = archive.document.value(patient + "c:administrativeGenderCode/@code")
    for start in (f"PID-5|{family}^", f"PID-7|{born}", f"PID-8|{gender}"):
        expect(any(line.startswith(start) for line in told), "sourcePatientInfo", start[:6], "absent or another value")
    expect(archive.entry.slot("sourcePatientId") != "", "sourcePatientId", "present", "absent")


def set_holds_every_entry(world: World) -> None:
    archive = world.letter().archive
    members = elements(archive.metadata, "//r:Association[contains(@associationType, 'HasMember')]")
    expect_equal(
        "HasMember targets", sorted(e.id for e in archive.entries), sorted(m.get("targetObject", "") for m in members)
    )
    expect_equal("HasMember sources", {archive.submission_set.id}, {m.get("sourceObject") for m in members})
    original = values(
        archive.metadata, "//r:Association/r:Slot[@name='SubmissionSetStatus']/r:ValueList/r:Value/text()"
    )
    expect_equal("SubmissionSetStatus", ["Original"] * len(members), original)


def codes_of_the_document(world: World) -> None:
    archive = world.letter().archive
    entry, document = archive.entry, archive.document
    for name, scheme, path in (
        ("typeCode", xdm.TYPE_CODE, "c:code/@code"),
        ("healthcareFacilityTypeCode", xdm.FACILITY, "c:componentOf//c:healthCareFacility/c:code/@code"),
        ("practiceSettingCode", xdm.SETTING, "c:documentationOf[1]//c:standardIndustryClassCode/@code"),
    ):
        expect_equal(f"DocumentEntry.{name}, as in the CDA", document.value(path), entry.code(scheme))
    masks = [c.get("nodeRepresentation") for c in entry.classifications(xdm.CONFIDENTIALITY)]
    expect(document.value("c:confidentialityCode/@code") in masks, "confidentialityCode", "the CDA's code", masks)


def class_code(world: World) -> None:
    entry = world.letter().archive.entry
    expect_equal("DocumentEntry.classCode", CLASS_OF.get(entry.code(xdm.TYPE_CODE)), entry.code(xdm.CLASS_CODE))


def format_code(world: World) -> None:
    archive = world.letter().archive
    wanted = LEVEL_1_PDF if archive.document.is_level_1 else UNLISTED_MODEL
    expect_equal("DocumentEntry.formatCode", wanted, archive.entry.code(xdm.FORMAT_CODE))


def classifications_complete(world: World) -> None:
    entry = world.letter().archive.entry
    for name, scheme in ONCE.items():
        found = entry.classifications(scheme)
        expect_equal(f"DocumentEntry.{name}Code", 1, len(found))
        system = value(found[0], "r:Slot[@name='codingScheme']/r:ValueList/r:Value/text()")
        expect(system != "", f"{name}Code", "codingScheme", "absent")
        label = value(found[0], "r:Name/r:LocalizedString/@value")
        expect(label != "", f"{name}Code", "Name/LocalizedString", "absent")


def set_is_identified(world: World) -> None:
    submission = world.letter().archive.submission_set
    for name, scheme in (("sourceId", xdm.SET_SOURCE_ID), ("uniqueId", xdm.SET_UNIQUE_ID)):
        found = submission.external(scheme)
        expect(
            re.fullmatch(r"[0-9]+(\.[0-9]+)+", found) is not None, f"SubmissionSet.{name}", "an OID", found or "absent"
        )


def author_and_authenticator(world: World) -> None:
    archive = world.letter().archive
    authors = archive.entry.classifications(xdm.AUTHOR)
    expect(bool(authors), "DocumentEntry.author", "at least one", "none")
    person = value(authors[0], "r:Slot[@name='authorPerson']//r:Value/text()")
    for name, found in (("authorPerson", person), ("legalAuthenticator", archive.entry.slot("legalAuthenticator"))):
        shape = re.sub(r"[^^&|]+", "…", found)
        expect(_XCN.fullmatch(found) is not None, name, "id^NOM^Prénom^^^^^^&OID&ISO^D^^^IDNPS", shape or "absent")
    author = archive.document.value("c:author/c:assignedAuthor/c:id/@extension")
    expect_equal("authorPerson id, as in the CDA", author, person.partition("^")[0])
