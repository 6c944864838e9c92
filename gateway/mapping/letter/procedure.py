"""Procedures done, with their date. One that was not done says so first.

Source: FHIR R4 4.0.1, Procedure; value set event-status.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import choice_words, details, words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.sentences import joined, table
from gateway.mssante.format.letter import Block

_WARNINGS = {"not-done": "NON RÉALISÉ : ", "entered-in-error": "SAISI PAR ERREUR, à ne pas retenir : "}
_DETAILS = ("statusReason", "bodySite", "outcome", "reasonCode", "reasonReference", "complication", "followUp", "note")


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    return table(("Date", "Acte"), [(choice_words(teller, "performed"), _act(teller)) for teller in tellers], tellers)


def _act(teller: Teller) -> str:
    warning = _WARNINGS.get(teller["status"].peek() or "", "")
    status = words(teller, "status")
    head = joined(", ", words(teller, "code") or "Acte sans intitulé", "" if warning else status)
    return joined(" — ", warning + head, details(teller, *_DETAILS))
