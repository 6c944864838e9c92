"""Check digits: right ones pass, and no single change of a digit passes for right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.format.identifiers import ins_key_is_right, is_ins, luhn_is_right

departments = st.from_regex(r"\A(\d\d|2A|2B)\Z").filter(str.isascii)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@given(digits(5), departments, digits(6))
def test_exactly_one_key_goes_with_a_number(start: str, department: str, end: str) -> None:
    number = start + department + end
    right = [key for key in range(100) if ins_key_is_right(f"{number}{key:02}")]
    assert len(right) == 1 and 1 <= right[0] <= 97


@pytest.mark.parametrize("value", ["255081416802538", "252035145404215"])
def test_published_examples_have_a_right_key(value: str) -> None:
    assert ins_key_is_right(value)


def test_corsican_departments_count_as_19_and_18() -> None:
    for letters, number in (("2A", "19"), ("2B", "18")):
        key = next(f"{k:02}" for k in range(100) if ins_key_is_right(f"25506{number}004123{k:02}"))
        assert ins_key_is_right(f"25506{letters}004123{key}")


@pytest.mark.parametrize(
    "value", ["", "25208", "2520351454042150", "25203514540421X", "٢52035145404215", " 52035145404215"]
)
def test_what_is_not_15_characters_of_an_ins_is_none(value: str) -> None:
    assert not is_ins(value) and not ins_key_is_right(value)


@given(digits(10), st.integers(0, 10), st.integers(1, 9))
def test_luhn_finds_every_single_wrong_digit(start: str, place: int, shift: int) -> None:
    number = next(f"{start}{d}" for d in range(10) if luhn_is_right(f"{start}{d}"))
    wrong = str((int(number[place]) + shift) % 10)
    assert not luhn_is_right(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("value", ["", "x", "1 2", "٣"])
def test_luhn_is_for_digits_only(value: str) -> None:
    assert not luhn_is_right(value)
