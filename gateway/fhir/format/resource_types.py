"""The resource types that we take in a message. Any other is refused by name rather than carried unread.

Source: docs/messages/referral-request.md, and the types that our own answers and later messages hold.
"""

from typing import Final

RESOURCE_TYPES: Final = frozenset(
    {
        "AllergyIntolerance",
        "Appointment",
        "AuditEvent",
        "Binary",
        "CarePlan",
        "CareTeam",
        "Communication",
        "Composition",
        "Condition",
        "Consent",
        "Device",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "Goal",
        "Immunization",
        "MedicationRequest",
        "MedicationStatement",
        "MessageHeader",
        "Observation",
        "OperationOutcome",
        "Organization",
        "Parameters",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "Provenance",
        "ServiceRequest",
        "Task",
    }
)
