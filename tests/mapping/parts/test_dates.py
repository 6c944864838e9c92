"""FHIR dates and HL7 TS: the precision and the offset that the source gave, both ways."""

import doctest
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping.parts import dates

OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
INSTANTS = st.datetimes(datetime(1000, 1, 1), datetime(9998, 12, 31), timezones=OFFSETS)


def test_the_examples_in_the_words_of_the_module_are_true() -> None:
    assert doctest.testmod(dates).failed == 0
    assert doctest.testmod(dates).attempted > 1


@given(st.dates(), st.sampled_from([4, 7, 10]))
def test_a_date_comes_back_with_its_precision(day: date, length: int) -> None:
    value = day.isoformat()[:length]
    written = dates.to_cda(value)
    assert written == value.replace("-", "")
    assert dates.to_fhir(written) == value
    assert dates.keeps_precision(written)


@given(INSTANTS.map(lambda at: at.replace(microsecond=0)))
def test_an_instant_comes_back_with_its_offset(at: datetime) -> None:
    written = dates.to_cda(at.isoformat())
    assert written
    assert dates.to_fhir(written) == at.isoformat()


@given(INSTANTS, st.integers(1, 9))
def test_fractions_of_a_second_keep_their_digits(at: datetime, digits: int) -> None:
    fraction = f"{at.microsecond:06}".ljust(9, "0")[:digits]
    value = f"{at.replace(microsecond=0).isoformat()[:19]}.{fraction}+01:00"
    assert dates.to_fhir(dates.to_cda(value) or "") == value


@pytest.mark.parametrize(
    "value", ["", "hier", "2026-13-99T", "20261120", "2026-11-20T09:30", "2026-11-20T09:30:00", " 2026"]
)
def test_what_fhir_does_not_know_is_no_date(value: str) -> None:
    assert dates.to_cda(value) is None


@pytest.mark.parametrize("value", ["", "hier", "2026-11-20", "20261", "202611200930001", "20261120+1", "２０２６"])
def test_what_is_no_ts_is_nothing(value: str) -> None:
    assert dates.to_fhir(value) is None
    assert not dates.keeps_precision(value)


@pytest.mark.parametrize("value", ["202611200930", "2026112009", "2026112009+0100", "20261120093000"])
def test_a_time_without_offset_or_minutes_keeps_its_day_and_says_that_it_lost(value: str) -> None:
    assert dates.to_fhir(value) == "2026-11-20"
    assert not dates.keeps_precision(value)


@given(st.text(max_size=30))
def test_no_text_is_too_strange(text: str) -> None:
    for read in (dates.to_cda, dates.to_fhir):
        assert read(text) is None or isinstance(read(text), str)
