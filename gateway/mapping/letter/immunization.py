"""Vaccinations, with date, dose and lot. One that was not given says so first.

Source: FHIR R4 4.0.1, Immunization; value set immunization-status.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import choice_words, details, words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.sentences import joined, table
from gateway.mssante.format.letter import Block

_WARNINGS = {"not-done": "NON RÉALISÉE : ", "entered-in-error": "SAISIE PAR ERREUR, à ne pas retenir : "}
_DETAILS = ("statusReason", "protocolApplied", "lotNumber", "doseQuantity", "route", "site", "reaction", "note")


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """A table; the date first."""
    rows = [(choice_words(teller, "occurrence"), _vaccine(teller)) for teller in tellers]
    return table(("Date", "Vaccin"), rows, tellers)


def _vaccine(teller: Teller) -> str:
    warning = _WARNINGS.get(teller["status"].peek() or "", "")
    status = words(teller, "status")
    head = joined(", ", words(teller, "vaccineCode") or "Vaccin sans intitulé", "" if warning else status)
    return joined(" — ", warning + head, details(teller, *_DETAILS))
