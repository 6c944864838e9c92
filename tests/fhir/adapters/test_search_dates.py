"""`ge` and `gt`: a date is an interval."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.adapters.search_dates import lower_bound


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ("ge2026", "2025-12-31T23:00:00+00:00"),
        ("gt2026", "2026-12-31T23:00:00+00:00"),
        ("ge2026-12", "2026-11-30T23:00:00+00:00"),
        ("gt2026-12", "2026-12-31T23:00:00+00:00"),
        ("gt2026-03-28", "2026-03-28T23:00:00+00:00"),
        ("gt2026-03-29", "2026-03-29T22:00:00+00:00"),  # the day when the clocks go forward has 23 hours
        ("ge2026-07-01T10:00", "2026-07-01T08:00:00+00:00"),
        ("gt2026-07-01T10:00Z", "2026-07-01T10:01:00+00:00"),
        ("ge2026-07-01T10:00:00+02:00", "2026-07-01T08:00:00+00:00"),
        ("gt2026-07-01T10:00:00Z", "2026-07-01T10:00:01+00:00"),
        ("ge2026-07-01T10:00:00.12Z", "2026-07-01T10:00:00.120000+00:00"),
        ("gt2026-07-01T10:00:00.123Z", "2026-07-01T10:00:00.124000+00:00"),
    ],
)
def test_the_first_instant_that_matches(value: str, first: str) -> None:
    bound = lower_bound(value)
    assert bound is not None
    assert bound.isoformat() == first


@pytest.mark.parametrize(
    "value",
    ["", "2026", "le2026", "ge", "ge26", "ge2026-13", "ge2026-02-30", "ge2026-1-1", "ge2026-01-01T25:00Z", "ge0000",
     "gt9999", "gt9999-12-31", "ge2026-01-01T10:00:00+99:00", "ge٢٠٢٦", "ge2026 ", "ge2026-01-01T10"],
)  # fmt: skip
def test_what_is_no_lower_bound_is_none(value: str) -> None:
    assert lower_bound(value) is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))
def test_ge_lets_the_instant_through_and_gt_does_not(at: datetime) -> None:
    instant = at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
    text = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert lower_bound(f"ge{text}") == instant
    assert lower_bound(f"gt{text}") == instant + timedelta(milliseconds=1)
