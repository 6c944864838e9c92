"""`ge` and `gt` on `_lastUpdated`, as the first instant that matches.

A FHIR date stands for the whole interval that its precision leaves open: `gt2026-01-31` begins on 1 February. A value
without a time zone is read in the gateway's own, Europe/Paris.

Source: FHIR R4 4.0.1, Search §3.1.1.4.4 (prefixes), §3.1.1.4.7 (date).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
_FORM = re.compile(
    r"(?P<prefix>ge|gt)(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6})\d*)?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)


def lower_bound(value: str) -> datetime | None:
    """The first instant, in UTC, that `ge…` or `gt…` lets through; None where the value is not of that form.

    >>> lower_bound("gt2026-01-31T08:00:00Z").isoformat()
    '2026-01-31T08:00:01+00:00'
    """
    match = _FORM.fullmatch(value)
    if match is None:
        return None
    try:
        start = _start(match)
        return (start if match["prefix"] == "ge" else _after(match)(start)).astimezone(UTC)
    except (ValueError, OverflowError):  # 31 February, year 0 or 9999, offset of 99 hours
        return None


def _start(match: re.Match[str]) -> datetime:
    numbers = [int(match[name] or first) for name, first in
               (("year", 1), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))]  # fmt: skip
    year, month, day, hour, minute, second = numbers
    microsecond = int((match["fraction"] or "").ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, microsecond, _zone(match["zone"]))


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return ZONE
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo


def _after(match: re.Match[str]) -> Callable[[datetime], datetime]:
    """The step to the end of the interval: one unit of the smallest part that was given."""
    if match["fraction"]:
        return lambda start: start + timedelta(microseconds=10 ** (6 - len(match["fraction"])))
    steps: tuple[tuple[str, Callable[[datetime], datetime]], ...] = (
        ("second", lambda start: start + timedelta(seconds=1)),
        ("minute", lambda start: start + timedelta(minutes=1)),
        ("day", lambda start: start + timedelta(days=1)),
        ("month", _next_month),
    )
    return next((step for name, step in steps if match[name]), lambda start: start.replace(year=start.year + 1))


def _next_month(start: datetime) -> datetime:
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
