"""Times as CDA and XDS spell them.

CDA writes local time with its offset (`20261120093000+0100`); XDS metadata is always UTC without one
(`20261120083000`). Both may stop early, so a time carries its precision. What cannot be read is None, never a guess.

Source: HL7 v3 data type TS; IHE ITI TF-3 §4.2.3.1.7 (DTM).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntEnum
from typing import Final

_TS: Final = re.compile(
    r"(?P<date>[0-9]{4}(?:[0-9]{2}){0,2})(?P<time>(?<=[0-9]{8})(?:[0-9]{2}){1,3})?"
    r"(?P<fraction>(?<=[0-9]{14})\.[0-9]{1,6})?(?P<offset>[+-][0-9]{4})?"
)
_MAX_OFFSET_MINUTES: Final = 14 * 60


class Precision(IntEnum):
    """How far a time goes; the value is the number of digits."""

    YEAR = 4
    MONTH = 6
    DAY = 8
    HOUR = 10
    MINUTE = 12
    SECOND = 14


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time with its precision. `start` is the first moment that it may mean; aware only if an offset was given."""

    start: datetime
    precision: Precision

    @property
    def instant(self) -> datetime | None:
        """The moment, where an offset makes it one."""
        return self.start if self.start.tzinfo else None

    @property
    def day(self) -> date | None:
        """The calendar day in the writer's own place."""
        return self.start.date() if self.precision >= Precision.DAY else None


def read_ts(text: str | None) -> Timestamp | None:
    """A CDA time (`@value` of TS), or None if it is not one.

    >>> read_ts("20261120093000+0100").start.isoformat()
    '2026-11-20T09:30:00+01:00'
    """
    match = _TS.fullmatch(text or "")
    if match is None:
        return None
    digits, offset = match["date"] + (match["time"] or ""), match["offset"]
    padded = digits + "00000101000000"[len(digits) :]
    microseconds = int((match["fraction"] or ".0")[1:].ljust(6, "0"))
    try:
        moment = datetime(*_numbers(padded), microseconds, _zone(offset))
        if moment.tzinfo:
            moment.astimezone(UTC)  # a moment outside of the calendar is no moment
    except (ValueError, OverflowError):
        return None
    return Timestamp(moment, Precision(len(digits)))


def read_instant(text: str | None) -> datetime | None:
    """The aware moment that a CDA time names, or None where the offset is missing."""
    timestamp = read_ts(text)
    return timestamp.instant if timestamp else None


def read_date(text: str | None) -> date | None:
    """The day of a CDA time: a birth date."""
    timestamp = read_ts(text)
    return timestamp.day if timestamp else None


def write_ts(moment: datetime) -> str:
    """An aware moment to the second, with its own offset, for CDA."""
    minutes = round((moment.utcoffset() or timedelta()) / timedelta(minutes=1))
    local = moment.astimezone(timezone(timedelta(minutes=minutes)))
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"{_digits(local)}{sign}{hours:02}{rest:02}"


def write_date(day: date) -> str:
    """`AAAAMMJJ`."""
    return f"{day.year:04}{day.month:02}{day.day:02}"


def write_utc(moment: datetime) -> str:
    """An aware moment to the second, converted to UTC, for XDS metadata."""
    return _digits(moment.astimezone(UTC))


def read_utc(text: str | None) -> datetime | None:
    """The moment of an XDS time, or None. An offset is not allowed there."""
    timestamp = read_ts(text)
    return timestamp.start.replace(tzinfo=UTC) if timestamp and timestamp.start.tzinfo is None else None


def _numbers(digits: str) -> tuple[int, int, int, int, int, int]:
    year, month, day, hour, minute, second = (int(digits[a:b]) for a, b in _SLICES)
    return year, month, day, hour, minute, second


_SLICES: Final = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))


def _zone(offset: str | None) -> timezone | None:
    if not offset:
        return None
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    if int(offset[3:]) > 59 or minutes > _MAX_OFFSET_MINUTES:
        raise ValueError(offset)
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _digits(moment: datetime) -> str:
    return write_date(moment) + f"{moment.hour:02}{moment.minute:02}{moment.second:02}"
