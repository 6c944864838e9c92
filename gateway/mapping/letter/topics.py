"""The clinical sections of a letter, in the order in which a doctor reads them.

Source: LOINC codes and titles of the CI-SIS sections; IHE PCC Referral Summary (which sections).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.mapping.letter import (
    allergy,
    condition,
    device,
    documents,
    encounter,
    immunization,
    medication,
    observation,
    procedure,
    referral,
)
from gateway.mapping.letter.draft import Teller
from gateway.mssante.format.letter import Block

REASON = ("Motif et question posée", "42349-1")
HISTORY = ("Histoire et contexte", "10164-2")
ALLERGIES = "48765-2"


@dataclass(frozen=True, slots=True)
class Topic:
    """One section: which resources belong to it and how they are told."""

    title: str
    code: str | None
    types: tuple[str, ...]
    blocks: Callable[[Sequence[Teller]], tuple[Block, ...]]
    takes: Callable[[Teller], bool] = lambda _: True

    def mine(self, tellers: Sequence[Teller]) -> list[Teller]:
        return [teller for teller in tellers if teller.type in self.types and self.takes(teller)]


def _observed(category: str) -> Callable[[Teller], bool]:
    return lambda teller: observation.category(teller) == category


TOPICS = (
    Topic(*HISTORY, ("Observation",), observation.history, _observed("history")),
    Topic("Consultation", "46240-8", ("Encounter",), encounter.blocks),
    Topic("Problèmes actifs", "11450-4", ("Condition",), condition.blocks, lambda t: not condition.is_past(t)),
    Topic("Antécédents", "11348-0", ("Condition",), condition.blocks, condition.is_past),
    Topic("Allergies et intolérances", ALLERGIES, ("AllergyIntolerance",), allergy.blocks),
    Topic("Traitements en cours", "10160-0", ("MedicationStatement", "MedicationRequest"), medication.blocks),
    Topic("Mode de vie", "29762-2", ("Observation",), observation.way_of_life, _observed("social-history")),
    Topic("Signes vitaux", "8716-3", ("Observation",), observation.vital_signs, _observed("vital-signs")),
    Topic("Résultats d'examens", "30954-2", ("Observation",), observation.results, _observed("result")),
    Topic("Actes réalisés", "47519-4", ("Procedure",), procedure.blocks),
    Topic("Vaccinations", "11369-6", ("Immunization",), immunization.blocks),
    Topic("Dispositifs médicaux", "46264-8", ("Device",), device.blocks),
    Topic("Actes et suivi demandés", "18776-5", ("ServiceRequest",), referral.requests),
    Topic("Documents joints", None, ("DocumentReference",), documents.blocks),
)
