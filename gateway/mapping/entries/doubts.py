"""What must not come out as a fact: statements that are wrong, or whose words deny what their code says.

Such a resource is left to words. Source: FHIR R4 4.0.1 (verificationStatus, modifierExtension); identity of the SNOMED
CT and IPS codes of absence: IPS "absent-unknown", SNOMED CT 716186003 and its children, 160245001.
"""

import re
from collections.abc import Mapping
from typing import Any

from gateway.fhir.format import systems
from gateway.mapping.source import Element

NOTHING_KNOWN: dict[str, frozenset[str]] = {
    systems.SNOMED_CT: frozenset({"716186003", "409137002", "429625007", "428607008", "160245001"}),
    systems.IPS_ABSENT: frozenset(
        {
            "no-known-problems",
            "no-known-allergies",
            "no-known-medication-allergies",
            "no-known-environmental-allergies",
            "no-known-food-allergies",
            "no-known-procedures",
            "no-known-immunizations",
            "no-known-devices",
        }
    ),
}
"""Codes that themselves say that there is nothing. CDA writes them with `negationInd` true, as the ANS models do."""
_DENIAL = re.compile(
    r"\W*(allergies?|intol[ée]rances?|ant[ée]c[ée]dents?)?( connue?s?)?\W*"
    r"(aucun|pas d|absence d['’e ]+\s*(allerg|ant[ée]c|intol)|n[ée]ant\b|ras\b|no (known|history)|nkda\b|non connu)",
    re.I,
)


def says_nothing_known(concept: Mapping[str, Any]) -> bool:
    """Whether the first coding of a CodeableConcept says that nothing is known: denying it in CDA does not turn it."""
    coding: Mapping[str, Any] = next(iter(concept.get("coding", ())), {})
    return coding.get("code") in NOTHING_KNOWN.get(coding.get("system", ""), ())


def is_nothing_known(concept: Element) -> bool:
    """The same of a concept of the source."""
    coding = concept.first("coding")
    return says_nothing_known({"coding": [{name: coding[name].peek() for name in ("system", "code")}]})


def is_denied_in_words(concept: Element) -> bool:
    """Whether the text begins by denying ("aucune allergie connue"): no entry may turn it into a fact."""
    return denies(concept["text"].peek())


def denies(text: object) -> bool:
    """Whether words begin by denying.

    >>> [denies(text) for text in ("Aucune allergie", "Allergies : néant", "Pas d'HTA", "Asthme sans gravité")]
    [True, True, True, False]
    """
    return bool(_DENIAL.match(str(text or "")))


def is_modified(resource: Element) -> bool:
    """Whether an extension changes the meaning: only words can tell it."""
    return resource["modifierExtension"].exists
