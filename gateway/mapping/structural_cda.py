"""Which leaves of a CDA are structural: they frame the document and say nothing of the patient.

The list is `structural_cda.tsv`: a pattern of element paths without positions, and the reason.
"""

import re
from fnmatch import translate
from functools import cache, lru_cache

from gateway.tables import read_table

_POSITION = re.compile(r"\[\d+\]")


def cda_structural_rule(path: str) -> str | None:
    """The rule by which the leaf at `path` is structural, or None.

    >>> cda_structural_rule("ClinicalDocument/templateId[2]/@root")
    'structural-template'
    """
    return _rule_of(_POSITION.sub("", path))


@lru_cache(4096)
def _rule_of(path: str) -> str | None:
    return next((rule for expression, rule in _patterns() if expression.fullmatch(path)), None)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = read_table("gateway.mapping", "structural_cda.tsv")
    return tuple((re.compile(translate(row["pattern"])), row["rule"]) for row in rows)
