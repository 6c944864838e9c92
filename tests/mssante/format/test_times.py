from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mssante.format.times import (
    Precision,
    read_date,
    read_instant,
    read_ts,
    read_utc,
    write_date,
    write_ts,
    write_utc,
)

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30), timezones=ZONES).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(MOMENTS)
def test_a_moment_comes_back_with_its_offset(moment: datetime) -> None:
    back = read_instant(write_ts(moment))

    assert back == moment
    assert back.utcoffset() == moment.utcoffset()


@given(MOMENTS)
def test_xds_time_is_the_same_moment_in_utc(moment: datetime) -> None:
    back = read_utc(write_utc(moment))

    assert back == moment
    assert back.tzinfo is UTC


@given(st.dates())
def test_a_day_comes_back(day: date) -> None:
    assert read_date(write_date(day)) == day


def test_cda_local_time_becomes_utc_as_an_instant_not_digit_by_digit() -> None:
    midnight_in_paris = read_instant("20261101003000+0100")

    assert midnight_in_paris is not None
    assert write_utc(midnight_in_paris) == "20261031233000"


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("2026", Precision.YEAR),
        ("202611", Precision.MONTH),
        ("20261120", Precision.DAY),
        ("2026112009+0100", Precision.HOUR),
        ("202611200930+0100", Precision.MINUTE),
        ("20261120093000+0100", Precision.SECOND),
        ("20261120093000.25+0100", Precision.SECOND),
    ],
)
def test_a_time_keeps_how_far_it_goes(text: str, precision: Precision) -> None:
    timestamp = read_ts(text)

    assert timestamp is not None
    assert timestamp.precision == precision


@pytest.mark.parametrize(
    "text",
    [None, "", "20", "202613", "20260230", "20261120250000", "20261120093061", "20261120093000+9900",
     "20261120093000+1500", "20261120093000+0175", "20261120093", "2026-11-20", "２０２６", "00010101000000+0100",
     " 2026", "2026\n"],
)  # fmt: skip
def test_what_is_no_time_is_none_and_not_a_guess(text: str | None) -> None:
    assert read_ts(text) is None


def test_a_time_without_an_offset_names_no_moment() -> None:
    assert read_instant("20261120093000") is None


def test_a_month_is_no_day() -> None:
    assert read_date("195203") is None


def test_an_offset_has_no_place_in_xds_time() -> None:
    assert read_utc("20261120093000+0100") is None


@given(st.text(max_size=25))
def test_reading_never_fails(text: str) -> None:
    read_ts(text)
