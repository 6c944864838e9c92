"""There and back: what the receipt calls structured returns; nothing else appears but what a rule filled."""

import re
from functools import cache
from typing import Any

import pytest

from gateway.fhir.format.compare import compare
from gateway.fhir.format.reading import parse_json
from gateway.mapping.carried import RELATIONS, carried
from gateway.mapping.context import BENCH
from gateway.mapping.convert import Conversion, convert
from gateway.mapping.kinds import Kind
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from tests.referrals import CASES, content_of

FORMS = ("level-1", "level-3")

FILLED = {
    "05-particles-apostrophes": {"Practitioner.identifier[1]"},  # the RPPS inside the idNat_PS
    "06-born-abroad": {"ServiceRequest.encounter", "Encounter"},  # CDA requires one: from the registry
    "07-no-ins": {"Patient.name[0].extension"},  # the list of all given names, from the first
}
"""Fixture → what a CDA requires, the message lacked, and a rule of the receipt supplied."""
HEADER_TYPES = {*RELATIONS, "Practitioner", "Organization"} - {"Composition"}
"""A structured body comes back with sections and entries of its own; the header owes the same at every level."""


@cache
def mailed(case: str, form: str) -> Conversion:
    return convert(content_of(case), Kind.MAIL, BENCH, TypstRenderer().render, form)


@cache
def returned(case: str, form: str) -> Conversion:
    return convert(mailed(case, form).contents[0], Kind.FHIR_MESSAGE, BENCH, TypstRenderer().render)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_what_was_structured_comes_back_from_the_mail(case: str, form: str) -> None:
    sent = carried(parse_json(content_of(case)), BENCH, form)
    back = carried(parse_json(returned(case, form).contents[0]), BENCH, form)
    differences = compare(sent, back)
    assert [d.path for d in differences if d.kind != "added"] == []
    added = {_place(back, d.path) for d in differences}
    if form == "level-3":
        added = {place for place in added if place.partition(".")[0] in HEADER_TYPES} - {"ServiceRequest.code"}
    assert added == FILLED.get(case, set())


def _place(bundle: dict[str, Any], path: str) -> str:
    """`Practitioner.identifier[1]` of `Bundle.entry[9].resource.identifier[1]`."""
    found = re.match(r"Bundle\.entry\[(\d+)\](?:\.resource)?(.*)", path)
    assert found, path
    return str(bundle["entry"][int(found[1])]["resource"]["resourceType"]) + found[2]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_every_filled_value_is_on_the_receipt(case: str, form: str) -> None:
    filled = {item.rule for item in mailed(case, form).losses[0].items if item.outcome == "filled"}
    expected = {
        "05-particles-apostrophes": set(),
        "06-born-abroad": {"encounter-time-unknown"},
        "07-no-ins": {"patient-given-names-from-first"},
    }
    assert expected.get(case, set()) <= filled


@pytest.mark.parametrize("case", CASES)
def test_a_second_trip_changes_nothing_any_more(case: str) -> None:
    """Whatever a CDA requires is there after the first."""
    first = returned(case, "level-1").contents[0]
    again = convert(first, Kind.CDA, BENCH, TypstRenderer().render).contents[0]
    second = convert(again, Kind.FHIR_MESSAGE, BENCH, TypstRenderer().render).contents[0]
    sent, back = (carried(parse_json(content), BENCH) for content in (first, second))
    added = {(d.kind, _place(back, d.path)) for d in compare(sent, back)}
    assert added <= {("added", "Encounter.class.display")}  # of a class that was filled without one


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_the_way_back_loses_nothing_either(case: str, form: str) -> None:
    assert [item.path for loss in returned(case, form).losses for item in loss.lost] == []
