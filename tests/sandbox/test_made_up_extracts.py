"""The made-up extracts: the same seed gives the same bytes, and nobody in them could be real."""

from io import StringIO
from itertools import islice

import pytest

from gateway.registry.csv_columns import is_address, is_rpps, is_structure_id
from gateway.registry.extract_file import COLUMNS, column_words
from gateway.sandbox.made_up_extracts import ACTIVITY, MAILBOX, columns, people, write_activity, write_mailboxes


def written(extract: str, rows: int, seed: int = 1) -> str:
    out = StringIO()
    (write_activity if extract == ACTIVITY else write_mailboxes)(out, rows, seed)
    return out.getvalue()


def cells(extract: str, rows: int, column: str) -> list[str]:
    header, *lines = [line.split("|") for line in written(extract, rows).splitlines()]
    return [line[header.index(column)] for line in lines]


@pytest.mark.parametrize("extract", [ACTIVITY, MAILBOX])
def test_the_same_seed_gives_the_same_bytes(extract: str) -> None:
    assert written(extract, 500) == written(extract, 500)
    assert written(extract, 500) != written(extract, 500, seed=2)


@pytest.mark.parametrize("extract", [ACTIVITY, MAILBOX])
@pytest.mark.parametrize("rows", [0, 1, 777])
def test_it_has_as_many_lines_as_asked_for(extract: str, rows: int) -> None:
    assert written(extract, rows).count("\n") == rows + 1


def test_a_larger_extract_begins_like_a_smaller_one() -> None:
    assert written(ACTIVITY, 300).startswith(written(ACTIVITY, 200))


@pytest.mark.parametrize(("extract", "count"), [(ACTIVITY, 56), (MAILBOX, 31)])
def test_the_columns_are_those_that_the_importer_reads(extract: str, count: int) -> None:
    """Two files of the same list: the sandbox knows nothing of the gateway."""
    assert len(columns(extract)) == count
    assert [column_words(name) for name in columns(extract)] == [column_words(name) for name in COLUMNS[extract]]


def test_numbers_are_made_up_with_right_keys() -> None:
    numbers = cells(ACTIVITY, 2000, "Identifiant PP")
    assert all(is_rpps(number) and number.startswith("997") for number in numbers)
    places = cells(ACTIVITY, 2000, "Numéro FINESS site")
    assert all(is_structure_id("1" + place) and place.startswith("99") for place in places)


def test_mailboxes_are_in_a_domain_that_cannot_exist() -> None:
    addresses = cells(MAILBOX, 2000, "Adresse BAL")
    assert all(is_address(address) and address.endswith(".mssante.example") for address in addresses)


def test_names_have_what_people_mistype() -> None:
    names = {person.family for person in islice(people(1), 2000)}
    assert any(name.startswith("de la ") for name in names)
    assert any("-" in name for name in names)
    assert any("'" in name for name in names)
    assert any("é" in name for name in names)
    assert len(names) > 1000
