"""Conditions: active problems (their title says "actifs") and the past. What is refuted or in error says so first.

Source: FHIR R4 4.0.1, Condition; value sets condition-clinical, condition-ver-status.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import choice_words, details, words
from gateway.mapping.letter.dates import on
from gateway.mapping.letter.draft import Teller, choice
from gateway.mapping.letter.sentences import beginning, code_of, joined, table
from gateway.mssante.format.letter import Block

_PAST = frozenset({"inactive", "remission", "resolved"})
_WARNINGS = {"refuted": "ÉCARTÉ (réfuté) : ", "entered-in-error": "SAISI PAR ERREUR, à ne pas retenir : "}
_DETAILS = ("severity", "bodySite", "stage", "evidence", "asserter", "note")


def is_past(teller: Teller) -> bool:
    """Whether a condition belongs among the antecedents. One that nobody says is over is a problem of today."""
    return code_of(teller, "clinicalStatus") in _PAST


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """One table: since when, and the problem."""
    return table(("Depuis", "Problème"), [_row(teller) for teller in tellers], tellers)


def _row(teller: Teller) -> tuple[str, str]:
    certainty = code_of(teller, "verificationStatus")
    state = words(teller, "clinicalStatus")
    states = joined(", ", words(teller, "verificationStatus"), "" if state == "actif" else state)
    name = words(teller, "code") or "Problème sans intitulé"
    text = f"{_WARNINGS.get(certainty, '')}{name}"
    return _when(teller), joined(" — ", joined(", ", text, states), details(teller, *_DETAILS))


def _age_or_date(teller: Teller, name: str) -> str:
    found, _ = choice(teller.root, name)
    told = choice_words(teller, name)
    return f"l'âge de {told}" if found.endswith("Range") else told


def _when(teller: Teller) -> str:
    """`2016`, `2011 à 2012`, or when it was recorded where nothing else is known."""
    start, end = beginning(_age_or_date(teller, "onset")), _age_or_date(teller, "abatement")
    fin = f"fin : {end}" if end else ""
    recorded = teller.say(teller["recordedDate"])
    return joined(" ; ", start, fin, f"(noté {on(recorded)})" if recorded else "")
