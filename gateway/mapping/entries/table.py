"""The table of entry parts: explicit, in the order in which they are tried."""

from gateway.mapping.entries import (
    allergy,
    device,
    immunization,
    medication,
    observation,
    problem,
    procedure,
    vital_signs,
)
from gateway.mapping.entries.entry import EntryPart

ENTRY_PARTS: tuple[EntryPart, ...] = (
    allergy.PART,  # before problem: an allergy observation wears the template of a problem as well
    problem.PART,
    procedure.DONE,
    procedure.PLANNED,
    immunization.PART,
    device.PART,
    vital_signs.PART,
    observation.PART,
    medication.PART,
)
