"""Dates are compared as far as both go, and as instants where both have a time."""

import pytest

from gateway.fhir.format.dates import is_before


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [
        ("2026-11-19", "2026-11-20", True),
        ("2026-11-20", "2026-11-20", False),
        ("2026", "2026-11-20", False),
        ("2025", "2026-11-20", True),
        ("2026-11-20", "2026-11-20T09:00:00Z", False),
        ("2026-11-19", "2026-11-20T09:00:00Z", True),
        ("2026-11-20T09:30:00+01:00", "2026-11-20T09:00:00Z", True),
        ("2026-11-20T09:00:00Z", "2026-11-20T09:30:00+01:00", False),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", True),
        ("", "2026", False),
        ("2026", "", False),
    ],
)
def test_only_what_is_surely_before_is_before(one: str, other: str, before: bool) -> None:
    assert is_before(one, other) is before
