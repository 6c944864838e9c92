"""Allergies and intolerances: one strong line each, always a section, "non renseigné" where nothing was transmitted.

Source: FHIR R4 4.0.1, AllergyIntolerance; SNOMED CT 716186003 (no known allergy) and its children.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import choice_words, details, words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.sentences import beginning, capital, code_of, joined
from gateway.mapping.source import Element
from gateway.mssante.format.letter import Block, Paragraph

NOT_TOLD = "Allergies : non renseigné (aucune information transmise ; ne vaut pas absence d'allergie)."

_NONE_KNOWN = {
    "716186003": "AUCUNE ALLERGIE CONNUE",
    "409137002": "AUCUNE ALLERGIE MÉDICAMENTEUSE CONNUE",
    "429625007": "AUCUNE ALLERGIE ALIMENTAIRE CONNUE",
    "428607008": "AUCUNE ALLERGIE ENVIRONNEMENTALE CONNUE",
}
_WARNINGS = {
    "refuted": "ALLERGIE ÉCARTÉE (réfutée) : ",
    "entered-in-error": "SAISIE PAR ERREUR, à ne pas retenir : ",
}
_DETAILS = ("recordedDate", "asserter", "lastOccurrence", "note")


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """One strong paragraph per allergy; one that is ruled out is not strong, and begins with its warning."""
    return tuple(_paragraph(teller) for teller in tellers)


def _paragraph(teller: Teller) -> Paragraph:
    certainty = code_of(teller, "verificationStatus")
    warning = _WARNINGS.get(certainty, "")
    states = joined(
        ", ", words(teller, "verificationStatus"), words(teller, "clinicalStatus"), words(teller, "criticality")
    )
    kind = joined(" ", words(teller, "type"), words(teller, "category"))
    head = joined(", ", _agent(teller), kind, states)
    reactions = " / ".join(_reaction(teller, item) for item in teller.root.each("reaction"))
    onset = beginning(choice_words(teller, "onset"))
    tail = joined(" ; ", f"depuis {onset}" if onset else "", details(teller, *_DETAILS))
    text = joined(" — ", warning + joined(" : ", head, reactions), tail)
    return Paragraph(text, strong=not warning, tells=teller.entry.path)


def _agent(teller: Teller) -> str:
    known = _NONE_KNOWN.get(code_of(teller, "code"))
    told = words(teller, "code")
    if known:
        return known if told.upper() == known else f"{known} ({told})"
    return capital(told) or "Agent non précisé"


def _reaction(teller: Teller, element: Element) -> str:
    """`éruption cutanée (modérée)`; the substance first where the reaction names one."""
    place = "AllergyIntolerance.reaction"
    what = joined(" : ", words(teller, "substance", element, place), words(teller, "manifestation", element, place))
    how = joined(", ", words(teller, "severity", element, place), choice_words(teller, "onset", element, place))
    more = joined(" ; ", *(words(teller, name, element, place) for name in ("description", "exposureRoute", "note")))
    told = what or "réaction"
    return joined(" ; ", f"{told} ({how})" if how else told, more)
