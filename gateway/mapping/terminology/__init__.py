"""Pairs of code systems and the displays of French value sets: the only place where OIDs and URIs meet."""

from functools import cache

from gateway.tables import read_table

URN_OID = "urn:oid:"


@cache
def _systems() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    rows = read_table(__name__, "systems.tsv")
    return (
        {row["uri"]: row["oid"] for row in rows},
        {row["oid"]: row["uri"] for row in rows},
        {row["uri"]: row["short"] for row in rows},
    )


def oid_of(uri: str) -> str | None:
    """The OID of a FHIR system, or None where no pair is known.

    >>> oid_of("http://loinc.org"), oid_of("urn:oid:1.2.3"), oid_of("http://nobody.example")
    ('2.16.840.1.113883.6.1', '1.2.3', None)
    """
    return uri.removeprefix(URN_OID) if uri.startswith(URN_OID) else _systems()[0].get(uri)


def uri_of(oid: str) -> str:
    """The FHIR system of an OID: its paired URI, else `urn:oid:…`."""
    return _systems()[1].get(oid, URN_OID + oid)


def short_name(uri: str) -> str | None:
    """What people call a code system ("CIM-10"), or None."""
    return _systems()[2].get(uri)


@cache
def _displays(table: str) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["oid"], row["display"]) for row in read_table(__name__, f"{table}.tsv")}


def display_of(table: str, code: str) -> str | None:
    """The display of `code` in a value set table (`specialties`, `facility_types`, `practice_settings`, …)."""
    known = _displays(table).get(code)
    return known[1] if known else None


def oid_in(table: str, code: str) -> str | None:
    """The OID of the code system that `code` has in a value set table."""
    known = _displays(table).get(code)
    return known[0] if known else None
