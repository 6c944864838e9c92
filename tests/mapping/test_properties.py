"""The properties of whole documents, on a hundred generated messages; `make properties` asks many more."""

import random
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from gateway.fhir.format.bundle import read_message
from gateway.fhir.format.reading import write_json
from tests.mapping.properties import (
    FORMS,
    PROPERTIES,
    SABOTAGES,
    not_returned,
    sabotaged,
    survives_document,
    survives_message,
    travel,
)
from tests.mapping.strategies import bundles, message_of
from tests.referrals import CASES, bundle_of

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SOME = settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
FEW = settings(SOME, max_examples=15)


@pytest.mark.parametrize("form", FORMS)
@SOME
@given(bundle=bundles())
def test_every_property_holds_of_a_generated_message(form: str, bundle: dict[str, Any]) -> None:
    trip = travel(message_of(bundle), form)
    assert {name: breaches for name, check in PROPERTIES.items() if (breaches := check(trip))} == {}


@FEW
@given(bundle=bundles())
def test_a_generated_message_passes_the_door(bundle: dict[str, Any]) -> None:
    assert read_message(write_json(bundle)).event[1] == "referral-request"


@cache
def documents_of(case: str, form: str) -> tuple[bytes, ...]:
    return tuple(done.content for done in travel(message_of(bundle_of(case)), form).documents)


DOCUMENTS = [(case, form) for case in CASES for form in FORMS]


@SOME
@given(st.sampled_from(DOCUMENTS), st.randoms(use_true_random=False))
def test_a_broken_document_is_read_or_refused_by_us(document: tuple[str, str], chance: random.Random) -> None:
    assert survives_document(documents_of(*document)[0], chance) == []


@SOME
@given(st.sampled_from(CASES), st.randoms(use_true_random=False))
def test_a_broken_message_is_mapped_or_refused_by_us(case: str, chance: random.Random) -> None:
    assert survives_message(bundle_of(case), chance) == []


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotaged_part_is_caught(name: str) -> None:
    """A harness that cannot fail proves nothing."""
    limits = settings(SOME, max_examples=800, derandomize=True, database=None, phases=[Phase.generate])
    with sabotaged(name):
        find(bundles(), lambda bundle: bool(not_returned(travel(message_of(bundle), "level-3"))), settings=limits)
