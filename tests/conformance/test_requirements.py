"""Obligations, checks, words and wrong gateways are in step."""

import pytest

from conformance.checks import CHECKS
from conformance.requirements import FILES, Requirement, requirements
from conformance.words import all_words
from conformance.wrong import WRONGS, Kind
from conformance.wrong.proxies import DEFECTS as PROXIES
from tests.conformance.sabotaged.defects import DEFECTS as SABOTAGED

NAMES = {check.name for check in CHECKS}


@pytest.mark.parametrize("row", requirements(), ids=lambda row: row.id)
def test_an_obligation_is_tested_or_says_why_not(row: Requirement) -> None:
    assert bool(row.tested_by) != bool(row.not_tested_because)
    assert set(row.tested_by) <= NAMES
    assert row.level in ("SHALL", "SHOULD", "MAY")
    assert row.role == "gateway"
    assert row.source
    assert row.text.endswith(".")


def test_ids_are_unique_and_count_up_in_each_file() -> None:
    ids = [row.id for row in requirements()]
    assert len(ids) == len(set(ids))
    for prefix in ("FHIR", "MAIL", "XDM", "CDA", "IN"):
        mine = [i for i in ids if i.startswith(f"{prefix}-")]
        assert mine == [f"{prefix}-{number:02}" for number in range(1, len(mine) + 1)]
    assert len(FILES) == 5


def test_every_check_tests_an_obligation() -> None:
    assert {check for row in requirements() for check in row.tested_by} == NAMES


def test_check_names_are_unique() -> None:
    assert len(NAMES) == len(CHECKS)


def test_no_check_is_there_twice_under_two_names() -> None:
    assert len({check.run for check in CHECKS}) == len(CHECKS)


def test_every_check_has_its_words_in_both_languages() -> None:
    words = all_words()
    assert set(words) == NAMES
    assert [w.check for w in words.values() if not all((w.fr, w.en, w.mend_fr, w.mend_en))] == []


def test_a_wrong_gateway_names_the_check_that_catches_it() -> None:
    assert {wrong.caught_by for wrong in WRONGS} <= NAMES


def test_every_wrong_gateway_is_made_and_none_is_made_for_nothing() -> None:
    assert {w.name for w in WRONGS if w.kind is Kind.PROXY} == set(PROXIES)
    assert {w.name for w in WRONGS if w.kind is Kind.PROCESS} == set(SABOTAGED) - {"none"}
