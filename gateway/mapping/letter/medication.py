"""Treatments: statements and prescriptions in one table; what is stopped, suspended or in error in another.

Source: FHIR R4 4.0.1, MedicationStatement, MedicationRequest, Medication.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import choice_words, details, rest, words
from gateway.mapping.letter.dates import on
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.sentences import beginning, joined, table
from gateway.mssante.format.letter import Block, Paragraph

_CURRENT = frozenset({"active", "intended", "unknown", "draft", ""})
_SILENT = frozenset({"active"})
"""The table's own title says it."""
_OTHERS = "À ne pas donner, arrêtés, suspendus ou non pris :"
_DETAILS = {
    "MedicationStatement": ("reasonCode", "reasonReference", "statusReason", "informationSource", "note"),
    "MedicationRequest": (
        "reasonCode",
        "reasonReference",
        "statusReason",
        "priority",
        "dispenseRequest",
        "substitution",
        "note",
    ),
}


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """What the patient takes, then what he no longer takes, never mixed."""
    current = [teller for teller in tellers if _is_current(teller)]
    others = [teller for teller in tellers if not _is_current(teller)]
    taken = table(("Médicament", "Posologie", "Depuis"), [_row(t) for t in current], current)
    stopped: tuple[Block, ...] = (Paragraph(_OTHERS, strong=True),) if others else ()
    return (*taken, *stopped, *table(("Médicament", "Posologie", "Période"), [_row(t) for t in others], others))


def _is_current(teller: Teller) -> bool:
    return _status(teller) in _CURRENT and teller["doNotPerform"].peek() != "true"


def _status(teller: Teller) -> str:
    return teller["status"].peek() or ""


def _row(teller: Teller) -> tuple[str, str, str]:
    dosage = words(teller, "dosage") or words(teller, "dosageInstruction")
    return _medicine(teller), dosage, _since(teller)


def _medicine(teller: Teller) -> str:
    """The name; before it what turns its meaning round; after it what the columns do not hold."""
    status, intent = words(teller, "status"), words(teller, "intent")
    name = words(teller, "medicationCodeableConcept") or _referred(teller) or "Médicament non précisé"
    forbidden = "NE PAS DONNER : " if teller["doNotPerform"].peek() == "true" else ""
    if forbidden:
        teller.say(teller["doNotPerform"])
    shown = "" if _status(teller) in _SILENT else status
    return joined(" — ", forbidden + joined(", ", name, shown, intent), details(teller, *_DETAILS[teller.type]))


def _referred(teller: Teller) -> str:
    """A Medication of its own: its code, form and ingredients are told here, in its place."""
    reference = teller["medicationReference"]
    target = teller.draft.message.resolve(reference["reference"].peek(), teller.entry)
    if target is None:
        return words(teller, "medicationReference")
    medication = teller.draft.teller(target)
    display = teller.say(reference["display"])
    told = joined(" — ", words(medication, "code"), rest(medication, medication.root, "Medication"))
    return joined(" — ", told or "Médicament déjà cité", display if display and display not in told else "")


def _since(teller: Teller) -> str:
    written = teller.say(teller["authoredOn"])
    asserted = teller.say(teller["dateAsserted"])
    return joined(
        " ; ",
        beginning(choice_words(teller, "effective")),
        f"prescrit {on(written)}" if written else "",
        f"(déclaré {on(asserted)})" if asserted else "",
    )
