"""The visit that the letter comes from: only what it says of the patient; date and place stand in the header.

Source: FHIR R4 4.0.1, Encounter.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import details, words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.sentences import joined
from gateway.mssante.format.letter import Block, Paragraph

_DETAILS = ("reasonCode", "reasonReference", "diagnosis", "hospitalization")
_UNUSUAL = frozenset({"cancelled", "entered-in-error", "planned"})


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """Nothing for a visit without clinical content."""
    told = (_visit(teller) for teller in tellers)
    return tuple(Paragraph(text) for text in told if text)


def _visit(teller: Teller) -> str:
    kind = joined(", ", words(teller, "type"))
    status = words(teller, "status") if teller["status"].peek() in _UNUSUAL else ""
    return joined(" — ", joined(", ", kind, status), details(teller, *_DETAILS))
