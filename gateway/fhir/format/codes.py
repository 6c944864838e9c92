"""The codes of our own code systems (`codes.tsv`), with their words in both languages.

Source: docs/messages; the same codes are published as CodeSystem resources in `gateway/fhir/profiles`.
"""

from collections.abc import Mapping
from functools import cache

from gateway.fhir.format.systems import CANONICAL
from gateway.tables import read_table


@cache
def own_codes() -> Mapping[str, Mapping[str, str]]:
    """{system URL: {code: French display}}, for each code system of ours."""
    found: dict[str, dict[str, str]] = {}
    for row in read_table(__package__, "codes.tsv"):
        found.setdefault(f"{CANONICAL}/CodeSystem/{row['system']}", {})[row["code"]] = row["fr"]
    return found
