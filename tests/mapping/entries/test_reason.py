"""The reason of a referral and what is asked: there and back through a whole letter."""

from typing import Any

import pytest
from lxml import etree

from gateway.fhir.format import systems
from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.reading import parse_json
from gateway.mapping.context import BENCH
from gateway.mapping.document_types import referral
from gateway.mapping.packing import finish_written
from gateway.mssante.format import cda
from tests.mapping.entries.worked import CDA
from tests.referrals import content_of

Json = dict[str, Any]
NAMES = {"h": "urn:hl7-org:v3"}
REASON = "//h:section[h:code/@code='42349-1']"
CODED = "1.3.6.1.4.1.19376.1.5.3.1.3.2"


def letter(case: str, **members: object) -> etree._Element:
    """The level 3 letter of a fixture whose ServiceRequest has other members; None takes one away."""
    bundle: Json = dict(parse_json(content_of(case)))
    request = request_of(bundle)
    request.update(members)
    for name in [name for name, value in members.items() if value is None]:
        del request[name]
    written = referral.to_cda(index_message(bundle), BENCH, form="level-3")
    assert written.loss.lost == ()
    return finish_written(written.value, b"%PDF-1.4")[0].document.root


def found(root: etree._Element, path: str) -> list[str]:
    result = root.xpath(path, namespaces=NAMES)
    assert isinstance(result, list)
    return [str(item) for item in result]


def returned(root: etree._Element) -> Json:
    document = cda.read(etree.tostring(root))
    return dict(referral.to_fhir([document], BENCH).value)


def request_of(bundle: Json) -> Json:
    """What the Task is about."""
    focus = part(bundle, "Task")["focus"]["reference"]
    return next(dict_of(entry) for entry in bundle["entry"] if entry["fullUrl"] == focus)


def part(bundle: Json, type_: str) -> Json:
    return next(dict_of(entry) for entry in bundle["entry"] if dict_of(entry)["resourceType"] == type_)


def dict_of(entry: Json) -> Json:
    resource: Json = entry["resource"]
    return resource


def test_reason_problem_and_question_come_back_each_in_its_place() -> None:
    sent = request_of(dict(parse_json(content_of("02-rich"))))
    back = returned(letter("02-rich"))
    request = request_of(back)
    assert (request["reasonCode"], request["code"]) == (sent["reasonCode"], sent["code"])
    (problem,) = (reference["reference"] for reference in request["reasonReference"])
    condition = next(dict_of(entry) for entry in back["entry"] if entry["fullUrl"] == problem)
    assert condition["code"]["coding"][0]["code"] == "J44.9"


def test_no_resource_and_no_reference_remains_of_what_the_request_says() -> None:
    back = returned(letter("02-rich"))
    urls = {entry["fullUrl"] for entry in back["entry"]}
    sections = part(back, "Composition")["section"]
    assert {e["reference"] for section in sections for e in section.get("entry", ())} <= urls
    questions = [dict_of(e) for e in back["entry"] if dict_of(e)["resourceType"] == "Observation"]
    assert not any(c["code"] == "ORG-064" for o in questions for c in o["code"].get("coding", ()))


def test_the_coded_section_needs_a_problem_and_a_question() -> None:
    template = f"{REASON}/h:templateId/@root"
    assert CODED in found(letter("02-rich"), template)
    assert CODED not in found(letter("02-rich", code=None), template)
    assert CODED not in found(letter("01-plain"), template)


def test_a_question_in_words_is_a_string() -> None:
    root = letter("01-plain", code={"text": "Avis sur le traitement"})
    assert found(root, f"{REASON}/h:entry/h:observation/h:value/text()") == ["Avis sur le traitement"]
    assert request_of(returned(root))["code"] == {"text": "Avis sur le traitement"}


@pytest.mark.parametrize("reason", [{"text": "Aucun symptôme, contrôle annuel"}, {"coding": [{"code": "R06.0"}]}])
def test_a_reason_that_denies_itself_or_has_no_system_stays_in_words(reason: Json) -> None:
    assert found(letter("01-plain", reasonCode=[reason], code=None), f"{REASON}/h:entry") == []


def test_a_request_that_forbids_has_no_coded_reason() -> None:
    assert found(letter("01-plain", doNotPerform=True), f"{REASON}/h:entry") == []


def test_the_reason_of_another_software_is_a_problem_of_the_patient() -> None:
    back = returned(etree.parse(CDA / "referral-level3.xml").getroot())
    request = request_of(back)
    assert "reasonCode" not in request
    urls = [reference["reference"] for reference in request["reasonReference"]]
    codes = [dict_of(entry)["code"] for entry in back["entry"] if entry["fullUrl"] in urls]
    assert (systems.ICD_10, "R06.0") in [(c["coding"][0]["system"], c["coding"][0]["code"]) for c in codes]


def test_what_is_no_problem_in_the_section_of_the_reason_is_read_as_well() -> None:
    """An allergy has categories too, which are bare codes."""
    root = letter("02-rich")
    sections = root.xpath(f"{REASON}|//h:section[h:code/@code='48765-2']", namespaces=NAMES)
    assert isinstance(sections, list)
    reason, allergies = sorted(sections, key=lambda section: "42349-1" not in etree.tostring(section).decode())
    reason.append(allergies[-1])
    back = returned(root)
    urls = {entry["fullUrl"] for entry in back["entry"] if dict_of(entry)["resourceType"] == "AllergyIntolerance"}
    assert urls & {reference["reference"] for reference in request_of(back)["reasonReference"]}
