"""The closed lists of clinical codes in both worlds: `clinical_codes.tsv`, read from either side."""

from dataclasses import dataclass
from functools import cache

from gateway.tables import read_table


@dataclass(frozen=True, slots=True)
class Pair:
    """One code in both worlds."""

    fhir: str
    code: str
    oid: str
    display: str
    also: bool
    """The FHIR code travels as a translation beside a wider CDA code."""


@cache
def pairs(list_name: str) -> tuple[Pair, ...]:
    """The rows of one list, in order."""
    rows = read_table(__package__ or "", "clinical_codes.tsv")
    return tuple(
        Pair(row["fhir"], row["code"], row["oid"], row["display"], row["also"] == "yes")
        for row in rows
        if row["list"] == list_name
    )


def by_fhir(list_name: str, code: str | None) -> Pair | None:
    """How to write a FHIR code; None where CDA has nothing for it.

    >>> by_fhir("reaction-severity", "mild").display
    'léger'
    """
    return next((pair for pair in pairs(list_name) if pair.fhir == code), None)


def by_code(list_name: str, codes: tuple[str | None, ...]) -> Pair | None:
    """What CDA codes mean: those of the translations first, then the code itself; None where unknown.

    >>> by_code("condition-certainty", ("provisional", "unconfirmed")).fhir
    'provisional'
    """
    rows = pairs(list_name)
    also = (p for c in codes[:-1] for p in rows if p.also and p.fhir == c)
    own = (p for p in rows if p.code == codes[-1])
    return next(also, None) or next(own, None)
