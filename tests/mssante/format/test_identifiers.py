import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mssante.format.identifiers import ins_key_is_right, luhn_is_right

NUMBERS = st.from_regex(r"[12][0-9]{4}([0-9]{2}|2[AB])[0-9]{6}", fullmatch=True).filter(str.isascii)


@pytest.mark.parametrize("ins", ["252035145404215", "138110810511719", "261072A00406313", "155119935007789"])
def test_right_keys_are_right_corsica_and_abroad_included(ins: str) -> None:
    assert ins_key_is_right(ins)


@pytest.mark.parametrize(
    "ins", ["253097812634581", "288091234567823", "261072B00406313", "", "2520351454042", "2" * 16]
)
def test_wrong_keys_and_shapes_are_wrong(ins: str) -> None:
    assert not ins_key_is_right(ins)


@given(NUMBERS)
def test_exactly_one_of_the_97_keys_is_right(number: str) -> None:
    assert sum(ins_key_is_right(f"{number}{key:02}") for key in range(100)) == 1


@given(st.from_regex(r"[0-9]{10}", fullmatch=True).filter(str.isascii))
def test_exactly_one_luhn_digit_is_right(digits: str) -> None:
    assert sum(luhn_is_right(f"{digits}{digit}") for digit in range(10)) == 1


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(ins_key_is_right(text), bool)
    assert isinstance(luhn_is_right(text), bool)
