"""What a header of others says goes where it belongs, or is told in words: never claimed and dropped."""

import re
from typing import Any

import pytest

from gateway.mapping.catalog import document_to_fhir
from gateway.mapping.context import BENCH
from gateway.mapping.result import Outcome
from gateway.mssante.format import cda
from tests.mssante.format.examples import example

LETTER = "cda/level1-referral.xml"
REPLY = "cda/consultation-reply-level1.xml"


class Read:
    """A fixture with one passage exchanged, as FHIR."""

    def __init__(self, name: str, old: str = "", new: str = "") -> None:
        content = example(name).decode()
        assert old in content
        mapped = document_to_fhir(cda.read(content.replace(old, new, 1).encode()), BENCH, "")
        self.resources: list[dict[str, Any]] = [entry["resource"] for entry in mapped.value["entry"]]
        self.loss = mapped.loss

    def one(self, kind: str) -> dict[str, Any]:
        (found,) = [resource for resource in self.resources if resource["resourceType"] == kind]
        return found

    def outcomes(self, pattern: str) -> set[str]:
        return {str(item.outcome) for item in self.loss.items if re.search(pattern, item.path)}

    @property
    def words(self) -> str:
        sections = [s for r in self.resources if r["resourceType"] == "Composition" for s in r.get("section", ())]
        return "\n".join(section["text"]["div"] for section in sections if "text" in section)


def test_a_plain_letter_leaves_nothing_to_words() -> None:
    read = Read(LETTER)
    assert read.words == ""
    assert read.loss.count(Outcome.NARRATIVE) == 0
    assert read.loss.lost == ()


def test_the_signature_at_another_time_is_kept() -> None:
    signed = re.search(r"<legalAuthenticator>\s*<time value=\"[^\"]+\"/>", example(REPLY).decode())
    assert signed
    read = Read(REPLY, signed[0], '<legalAuthenticator><time value="20261201101500+0100"/>')
    (attester,) = read.one("Composition")["attester"]
    assert attester["time"] == "2026-12-01T10:15:00+01:00"
    assert "party" in attester


def test_a_time_without_zone_keeps_its_day_and_is_told_whole() -> None:
    signed = re.search(r"<legalAuthenticator>\s*<time value=\"[^\"]+\"/>", example(REPLY).decode())
    assert signed
    read = Read(REPLY, signed[0], '<legalAuthenticator><time value="202612011015"/>')
    assert read.one("Composition")["attester"][0]["time"] == "2026-12-01"
    assert "202612011015" in read.words


@pytest.mark.parametrize(("code", "relation"), [("RPLC", "replaces"), ("APND", "appends"), ("XFRM", "transforms")])
def test_an_addendum_does_not_come_out_as_a_replacement(code: str, relation: str) -> None:
    related = (
        f'<relatedDocument typeCode="{code}"><parentDocument><id root="1.2.3.4"/></parentDocument></relatedDocument>'
    )
    read = Read(REPLY, "<documentationOf>", f"{related}<documentationOf>")
    expected = {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3.4"}
    assert read.one("Composition")["relatesTo"] == [{"code": relation, "targetIdentifier": expected}]
    assert read.one("DocumentReference")["relatesTo"] == [{"code": relation, "target": {"identifier": expected}}]


def test_an_emergency_number_is_not_called_a_mobile_one() -> None:
    telecom = '<telecom value="tel:0600000000" use="EC"/>'
    read = Read(REPLY, "<patient>", f"{telecom}<patient>")
    assert {"system": "phone", "value": "0600000000"} in read.one("Patient")["telecom"]
    assert "EC" in read.words


def test_what_a_participant_was_is_kept_with_the_member_of_the_team() -> None:
    participant = (
        '<participant typeCode="IND"><associatedEntity classCode="NOK"><associatedPerson><name><family>ORMESSY'
        "</family></name></associatedPerson></associatedEntity></participant>"
    )
    read = Read(REPLY, "<documentationOf>", f"{participant}<documentationOf>")
    members = [m for r in read.resources if r["resourceType"] == "CareTeam" for m in r["participant"]]
    codes = {coding["code"] for member in members for role in member["role"] for coding in role["coding"]}
    assert {"IND", "NOK"} <= codes
    assert read.outcomes(r"participant\[\d\]/@typeCode") == {"structured"}


def test_software_that_wrote_a_document_is_a_device_and_no_person() -> None:
    author = (
        '<author><time value="20261120093000+0100"/><assignedAuthor><id root="1.2.3" extension="LGC"/>'
        "<assignedAuthoringDevice><manufacturerModelName>M</manufacturerModelName><softwareName>Logiciel</softwareName>"
        "</assignedAuthoringDevice></assignedAuthor></author>"
    )
    read = Read(LETTER, "<custodian>", f"{author}<custodian>")
    device = read.one("Device")
    assert device["deviceName"] == [{"name": "Logiciel", "type": "user-friendly-name"}]
    assert device["modelNumber"] == "M"
    header = read.one("MessageHeader")
    assert header["author"] == header["sender"]
    assert not any("LGC" in str(r) for r in read.resources if r["resourceType"] == "Practitioner")


def test_the_context_of_the_document_names_orders_setting_and_structure() -> None:
    context = Read(REPLY).one("DocumentReference")["context"]
    assert context["facilityType"]["coding"]
    assert context["practiceSetting"]["coding"]
    assert [related["identifier"] for related in context["related"] if "identifier" in related]


def test_another_version_or_an_unknown_sex_is_told_in_words() -> None:
    assert Read(REPLY, '<versionNumber value="1"/>', '<versionNumber value="7"/>').outcomes("versionNumber") == {
        "narrative"
    }
    read = Read(REPLY, 'administrativeGenderCode code="', 'administrativeGenderCode code="X')
    assert "gender" not in read.one("Patient")
    assert "narrative" in read.outcomes("administrativeGenderCode")
