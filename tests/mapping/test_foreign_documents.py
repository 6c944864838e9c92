"""Whatever CDA comes in, right or wrong: resources and a receipt that adds up, or a refusal of ours."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import GatewayError
from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.leaves import leaves
from gateway.mapping.catalog import document_to_fhir, type_of_document
from gateway.mapping.context import BENCH
from gateway.mapping.document_types import any_document, referral
from gateway.mapping.result import LossReport, Outcome
from gateway.mssante.format import cda
from gateway.mssante.format.cda import ClinicalDocument
from tests.referrals import FIXTURES

HL7 = "{urn:hl7-org:v3}"
EXAMPLES = [*(FIXTURES / "mssante" / "cda").glob("*.xml"), *(FIXTURES / "mssante" / "invalid").glob("cda-*.xml")]
NAMES = sorted(path.name for path in EXAMPLES)
assert len(NAMES) > 10
PATHS = {path.name: path for path in EXAMPLES}


@cache
def example(name: str) -> ClinicalDocument:
    return cda.read(PATHS[name].read_bytes())


def leaves_in(element: etree._Element) -> int:
    """A second counter: attributes and texts that are not blank, comments and instructions apart."""
    texts = [text for text in element.xpath(".//text()") if str(text).strip()]  # type: ignore[union-attr]
    return len(texts) + sum(len(each.attrib) for each in element.iter("*"))


def assert_adds_up(document: ClinicalDocument, receipt: LossReport) -> None:
    counts = receipt.as_json()["counts"]
    assert sum(counts[outcome.value] for outcome in Outcome) == counts["leaves"] == leaves_in(document.root)


def assert_is_consistent(bundle: Any) -> None:
    """No empty value, which FHIR does not know, and every reference leads to an entry."""
    assert list(empty_in(bundle, "Bundle")) == []
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    targets = [value for path, value in leaves(bundle, "Bundle") if path.endswith(".reference")]
    assert [target for target in targets if target not in urls] == []


def empty_in(value: Any, path: str) -> Iterator[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if value in (None, "", [], {}):
        yield path
    for name, member in members:
        yield from empty_in(member, f"{path}.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_each_example_becomes_a_document_bundle_whose_receipt_adds_up(name: str) -> None:
    document = example(name)
    done = any_document.to_fhir(document, BENCH)
    assert done.value["entry"][0]["resource"]["resourceType"] == "Composition"
    assert_is_consistent(done.value)
    assert_adds_up(document, done.loss)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_an_example_is_lost(name: str) -> None:
    assert [item.path for item in any_document.to_fhir(example(name), BENCH).loss.lost] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_chooses_by_the_documents_code(name: str) -> None:
    document = example(name)
    code = document.code.code if document.code else None
    done = document_to_fhir(document, BENCH, "00")
    assert done.value["type"] == ("message" if type_of_document(code) else "document")
    assert done.loss.source.sha256 == "00"


def test_a_referral_of_another_hand_becomes_a_message_of_ours() -> None:
    message = index_message(referral.to_fhir([example("level1-referral.xml")], BENCH).value)
    assert message.event[1] == "referral-request"
    assert [len(list(message.all(type_))) for type_ in ("Task", "ServiceRequest", "Patient")] == [1, 1, 1]


# --- what nobody would write -------------------------------------------------------------------------------------


def damaged(name: str, victim: int, how: str) -> ClinicalDocument:
    root = deepcopy(example(name).root)
    elements = [e for e in root.iter("*") if e is not root]
    element = elements[victim % len(elements)]
    parent = element.getparent()
    assert parent is not None
    if how == "removed":
        parent.remove(element)
    elif how == "doubled":
        parent.append(deepcopy(element))
    elif how == "emptied":
        element.clear()
    elif how == "without attributes":
        element.attrib.clear()
    elif how == "unknown":
        element.attrib.clear()
        element.set("nullFlavor", "UNK")
    elif how == "with strange values":
        for attribute in element.attrib:
            element.set(attribute, "\u2014 étrange \U0001f600")
    return ClinicalDocument(root)


HOW = ["removed", "doubled", "emptied", "without attributes", "unknown", "with strange values"]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 5000), st.sampled_from(HOW))
def test_a_damaged_document_is_read_or_refused_and_its_receipt_adds_up(name: str, victim: int, how: str) -> None:
    document = damaged(name, victim, how)
    for to_fhir in (any_document.to_fhir, lambda d, c: referral.to_fhir([d], c)):
        try:
            done = to_fhir(document, BENCH)
        except GatewayError:
            continue
        assert_adds_up(document, done.loss)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 5000), st.sampled_from(["removed", "emptied", "unknown"]))
def test_what_is_missing_leaves_no_empty_value_and_no_loose_reference(name: str, victim: int, how: str) -> None:
    try:
        done = any_document.to_fhir(damaged(name, victim, how), BENCH)
    except GatewayError:
        return
    assert_is_consistent(done.value)


def test_a_document_with_nothing_in_it_is_a_document() -> None:
    document = cda.read(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>')
    done = any_document.to_fhir(document, BENCH)
    assert done.loss.leaves == 0
    assert_is_consistent(done.value)


def test_comments_and_instructions_are_not_leaves() -> None:
    text = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><!-- c --><?pi x?><title>T<!-- d -->U</title></ClinicalDocument>'
    document = cda.read(text)
    assert_adds_up(document, any_document.to_fhir(document, BENCH).loss)


def test_the_same_document_gives_the_same_bundle() -> None:
    name = NAMES[0]
    assert any_document.to_fhir(example(name), BENCH).value == any_document.to_fhir(example(name), BENCH).value
