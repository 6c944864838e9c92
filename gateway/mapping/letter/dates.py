"""FHIR dates and times in French: 14/03/1952, 07/2026, 20/11/2026 à 09:31.

Every digit that the sender gave stays readable. The offset is told only where it is not the one of metropolitan France.
Source: FHIR R4 4.0.1 §2.24 (date, dateTime, instant); directive 2000/84/CE (summer time).
"""

import re
from datetime import UTC, datetime, timedelta

_DATE_TIME = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d)(?::(\d\d(?:\.\d+)?))?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


def french_date(text: str) -> str:
    """A FHIR date, dateTime or instant in French; any other text unchanged.

    >>> french_date("2026-11-20T09:31:00+01:00"), french_date("2026-07"), french_date("vers Noël")
    ('20/11/2026 à 09:31', '07/2026', 'vers Noël')
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return text
    year, month, day, clock, seconds, offset = found.groups()
    date = "/".join(part for part in (day, month, year) if part)
    return f"{date} à {_clock(clock, seconds)}{_zone(text, offset)}" if clock else date


def is_date(text: str) -> bool:
    """True for a FHIR date with at least a month, or a date with time."""
    return len(text) > 4 and _DATE_TIME.fullmatch(text) is not None


def french_time(text: str) -> str:
    """A FHIR time without needless seconds.

    >>> french_time("08:00:00")
    '08:00'
    """
    clock, _, seconds = text[:5], text[5:6], text[6:]
    return _clock(clock, seconds)


def on(date: str) -> str:
    """The date with its preposition: `le 12/11/2026`, `en 07/2026`."""
    return f"le {french_date(date)}" if len(date) >= 10 else f"en {french_date(date)}"


def period(start: str | None, end: str | None) -> str:
    """A period in words.

    >>> period("2018-02", None), period("2011", "2012"), period(None, "2026-12-20")
    ('depuis 02/2018', 'de 2011 à 2012', "jusqu'au 20/12/2026")
    """
    if start and end:
        whole = len(start) >= 10
        return f"{'du' if whole else 'de'} {french_date(start)} {'au' if len(end) >= 10 else 'à'} {french_date(end)}"
    if start:
        return f"depuis {'le ' if len(start) >= 10 else ''}{french_date(start)}"
    if end:
        return f"jusqu'{'au' if len(end) >= 10 else 'en'} {french_date(end)}"
    return ""


def _clock(clock: str, seconds: str | None) -> str:
    return clock if not seconds or not seconds.strip("0.") else f"{clock}:{seconds.replace('.', ',')}"


def _zone(text: str, offset: str | None) -> str:
    if offset is None:
        return ""
    if offset in ("Z", "+00:00", "-00:00"):
        return " (UTC)"
    return "" if offset == _paris_offset(text) else f" (UTC{offset})"


def _paris_offset(text: str) -> str | None:
    """The legal offset in metropolitan France at that instant; None where the text is no real instant."""
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
        summer = _last_sunday(instant.year, 3) <= instant < _last_sunday(instant.year, 10)
    except (ValueError, OverflowError):
        return None
    return "+02:00" if summer else "+01:00"


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
