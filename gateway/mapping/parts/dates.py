"""FHIR date, dateTime and instant ↔ HL7 TS, with the precision and the offset that the source gave.

Source: FHIR R4 §2.24 (dateTime); HL7 V3 TS (YYYYMMDDhhmmss.UUUU[+|-ZZzz]).
A time without an offset does not exist in FHIR; one that comes from a CDA keeps its day, and says so with an issue.
"""

import re
from datetime import date

_FHIR = re.compile(
    r"(?P<y>\d{4})(?:-(?P<m>\d\d)(?:-(?P<d>\d\d)"
    r"(?:T(?P<h>\d\d):(?P<n>\d\d):(?P<s>\d\d)(?P<f>\.\d+)?(?P<z>Z|[+-]\d\d:\d\d))?)?)?",
    re.ASCII,
)
_TS = re.compile(
    r"(?P<y>\d{4})(?:(?P<m>\d\d)(?:(?P<d>\d\d)"
    r"(?:(?P<h>\d\d)(?:(?P<n>\d\d)(?:(?P<s>\d\d)(?P<f>\.\d+)?)?)?)?)?)?(?P<z>[+-]\d{4})?",
    re.ASCII,
)


def to_cda(value: str) -> str | None:
    """A FHIR date or dateTime as TS; None when it is neither.

    >>> to_cda("2026-11-20T09:30:00+01:00"), to_cda("2018-03"), to_cda("2026-11-20T08:30:00.120Z")
    ('20261120093000+0100', '201803', '20261120083000.120+0000')
    """
    found = _FHIR.fullmatch(value)
    if not found:
        return None
    part = found.groupdict("")
    zone = "+0000" if part["z"] == "Z" else part["z"].replace(":", "")
    return "".join(part[name] for name in "ymdhnsf") + zone


def to_fhir(value: str) -> str | None:
    """A TS as FHIR date or dateTime, its precision kept; None when it is not a TS of the calendar.

    A time without zone, or with hours but no minutes, keeps only its day: nothing is invented.

    >>> to_fhir("20261120093000+0100"), to_fhir("201803"), to_fhir("202611200930"), to_fhir("20261131")
    ('2026-11-20T09:30:00+01:00', '2018-03', '2026-11-20', None)
    """
    found = _TS.fullmatch(value)
    if not found or not _exists(found):
        return None
    part = found.groupdict("")
    day = "-".join(part[name] for name in "ymd" if part[name])
    if not part["n"] or not part["z"]:
        return day
    zone = f"{part['z'][:3]}:{part['z'][3:]}"
    return f"{day}T{part['h']}:{part['n']}:{part['s'] or '00'}{part['f']}{zone}"


def _exists(found: re.Match[str]) -> bool:
    """Whether the calendar and the clock have it."""
    try:
        date(int(found["y"]), int(found["m"] or 1), int(found["d"] or 1))
    except ValueError:
        return False
    hour, minute, second = (int(found[name] or 0) for name in "hns")
    zone = found["z"] or "+0000"
    return hour < 24 and minute < 60 and second <= 60 and int(zone[1:3]) <= 14 and int(zone[3:]) < 60


def keeps_precision(value: str) -> bool:
    """Whether `to_fhir` leaves nothing of this TS behind (seconds that were not given become 00).

    >>> keeps_precision("202611200930+0100"), keeps_precision("202611200930"), keeps_precision("2026")
    (True, False, True)
    """
    found = _TS.fullmatch(value)
    whole = found and ((found["n"] and found["z"]) or not (found["h"] or found["z"]))
    return bool(whole) and to_fhir(value) is not None


def comes_back(value: str) -> bool:
    """Whether a TS carries all of a FHIR date or dateTime. `Z` comes back as `+00:00`: the same instant.

    >>> comes_back("2026-11-20T08:30:00Z"), comes_back("2026-11"), comes_back("hier")
    (True, True, False)
    """
    written = to_cda(value)
    return written is not None and to_fhir(written) in (value, value.replace("Z", "+00:00"))
