"""Dates in French, every digit kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping.letter.dates import french_date


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2016", "2016"),
        ("2026-07", "07/2026"),
        ("1952-03-14", "14/03/1952"),
        ("2026-11-20T09:31:00+01:00", "20/11/2026 à 09:31"),
        ("2026-07-20T09:31:00+02:00", "20/07/2026 à 09:31"),
        ("2026-07-20T09:31:00+01:00", "20/07/2026 à 09:31 (UTC+01:00)"),
        ("2026-03-29T00:59:59+01:00", "29/03/2026 à 00:59:59"),
        ("2026-03-29T03:00:00+02:00", "29/03/2026 à 03:00"),
        ("2026-10-25T02:30:00+02:00", "25/10/2026 à 02:30"),
        ("2026-11-20T08:31:05.250Z", "20/11/2026 à 08:31:05,250 (UTC)"),
        ("vers 2016", "vers 2016"),
        ("9999-99-99T99:99:99+01:00", "99/99/9999 à 99:99:99 (UTC+01:00)"),
    ],
)
def test_dates_are_told_the_french_way(text: str, words: str) -> None:
    assert french_date(text) == words


@given(st.datetimes().map(lambda d: d.isoformat(timespec="seconds") + "-05:00"))
def test_no_digit_of_a_date_is_lost(text: str) -> None:
    needed = text.replace("-05:00", "").removesuffix(":00")
    assert sorted(re.findall(r"\d", needed)) == sorted(re.findall(r"\d", french_date(text).partition(" (")[0]))
