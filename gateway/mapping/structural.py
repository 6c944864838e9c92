"""Which leaves of a FHIR message are structural: they hold the message together and say nothing of the patient.

The list is `structural.tsv`: a pattern of element paths and the reason. `*` stands for one name, `**` for any depth.
Source: `docs/messages/referral-request.md`.
"""

import re
from functools import cache, lru_cache

from gateway.tables import read_table

_INDEX = re.compile(r"\[\d+\]")


def structural_rule(path: str) -> str | None:
    """The rule by which the leaf at `path` is structural, or None.

    >>> structural_rule("Bundle.entry[5].resource.subject.reference")
    'structural-reference'
    >>> structural_rule("Bundle.entry[5].resource.note[0].text") is None
    True
    """
    return _rule_of(_INDEX.sub("", path))


@cache
def _patterns() -> "tuple[re.Pattern[str], dict[str, str]]":
    """One regular expression for the whole table, each row a named group."""
    rows = read_table("gateway.mapping", "structural.tsv")
    names = {f"row{number}": row["rule"] for number, row in enumerate(rows)}
    parts = (f"(?P<row{number}>{_as_regex(row['pattern'])})" for number, row in enumerate(rows))
    return re.compile("|".join(parts)), names


def _as_regex(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*\*", r".+").replace(r"\*", r"[^.]+")


@lru_cache(4096)
def _rule_of(path: str) -> str | None:
    expression, names = _patterns()
    found = expression.fullmatch(path)
    return names[found.lastgroup] if found and found.lastgroup else None
