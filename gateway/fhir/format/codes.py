"""The codes of our own code systems (`codes.tsv`), and the CodeSystem resources that publish them.

Source: docs/messages; FHIR R4 4.0.1, CodeSystem.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from gateway.error_catalogue import CATALOGUE
from gateway.fhir.format.systems import CANONICAL
from gateway.tables import read_table

_TITLES = {
    "message-event": "Événements de message",
    "referral-category": "Catégories de demande d'adressage",
    "referral-business-status": "États d'une demande d'adressage",
    "task-output": "Résultats d'une tâche d'adressage",
    "error": "Catalogue des erreurs",
}


@cache
def own_codes() -> Mapping[str, Mapping[str, str]]:
    """{system URL: {code: French display}}, for each code system of ours in `codes.tsv`."""
    found: dict[str, dict[str, str]] = {}
    for row in read_table(__package__, "codes.tsv"):
        found.setdefault(f"{CANONICAL}/CodeSystem/{row['system']}", {})[row["code"]] = row["fr"]
    return found


def code_systems(version: str) -> tuple[dict[str, Any], ...]:
    """The code systems of `codes.tsv` as resources."""
    rows = read_table(__package__, "codes.tsv")
    names = dict.fromkeys(row["system"] for row in rows)
    return tuple(_code_system(n, version, [_concept(r) for r in rows if r["system"] == n]) for n in names)


def error_code_system(version: str) -> dict[str, Any]:
    """The error catalogue as a CodeSystem: the codes of `details.coding` in our OperationOutcomes."""
    concepts = [_concept({"code": entry.code, "fr": entry.fr, "en": entry.en}) for entry in CATALOGUE.values()]
    return _code_system("error", version, concepts)


def _code_system(name: str, version: str, concepts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": f"{CANONICAL}/CodeSystem/{name}",
        "version": version,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "title": _TITLES[name],
        "status": "active",
        "language": "fr",
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }


def _concept(row: Mapping[str, str]) -> dict[str, Any]:
    english = {"language": "en", "value": row["en"]}
    return {"code": row["code"], "display": row["fr"], "designation": [english]}
