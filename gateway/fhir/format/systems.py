"""Every system, extension and profile URL that this room knows, by name. No URL of a system stands anywhere else here.

Source: docs/messages/referral-request.md; HL7 FHIR R4 4.0.1; HL7 France FR Core 2.1 and 2.2 (Patient, Practitioner,
Organization profiles); ANS Annuaire Santé IG 1.1 (identifiers, mailbox); ANS NOS/TRE terminology servers.
"""

from typing import Final

CANONICAL: Final = "https://cpts-gateway.example/fhir"
"""Base of everything that we publish ourselves."""

# --- our own -----------------------------------------------------------------------------------------------------

MESSAGE_EVENT: Final = f"{CANONICAL}/CodeSystem/message-event"
REFERRAL_CATEGORY: Final = f"{CANONICAL}/CodeSystem/referral-category"
REFERRAL_BUSINESS_STATUS: Final = f"{CANONICAL}/CodeSystem/referral-business-status"
ERROR: Final = f"{CANONICAL}/CodeSystem/error"
TASK_OUTPUT: Final = f"{CANONICAL}/CodeSystem/task-output"

# --- identifiers. Source: FR Core, FRCorePatientINSProfile, FRCorePractitionerProfile, FRCoreOrganizationProfile ---

INS_NIR: Final = "urn:oid:1.2.250.1.213.1.4.8"
"""Also the system of the billing number (NSS): only the type tells them apart."""
INS_NIA: Final = "urn:oid:1.2.250.1.213.1.4.9"
INS_NIR_TEST: Final = "urn:oid:1.2.250.1.213.1.4.10"
INS_NIR_DEMO: Final = "urn:oid:1.2.250.1.213.1.4.11"
INS_TYPES: Final = {
    INS_NIR: "INS-NIR",
    INS_NIA: "INS-NIA",
    INS_NIR_TEST: "INS-NIR-TEST",
    INS_NIR_DEMO: "INS-NIR-DEMO",
}
"""The type code that goes with each system of an INS."""
INS_TEST_SYSTEMS: Final = frozenset({INS_NIR_TEST, INS_NIR_DEMO})

PS_IDNAT: Final = "urn:oid:1.2.250.1.71.4.2.1"
RPPS: Final = "https://rpps.esante.gouv.fr"
STRUCT_IDNAT: Final = "urn:oid:1.2.250.1.71.4.2.2"
FINESS: Final = "https://finess.esante.gouv.fr"
SIRENE: Final = "https://sirene.fr"
URI: Final = "urn:ietf:rfc:3986"

IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
BILLING_NUMBER: Final = "NH"
LOCAL_PATIENT_ID: Final = "PI"
FR_IDENTIFIER_TYPE: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"

# --- identity. Source: FR Core 2.2, FRCorePatientINSProfile -------------------------------------------------------

BIRTH_GIVEN_NAMES: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name"
BIRTH_PLACE: Final = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
INSEE_CODE: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
IDENTITY_RELIABILITY: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
IDENTITY_STATUS: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status"
IDENTITY_STATUS_2_1: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445"
"""FR Core 2.1 mixes identity statuses with other codes in this system; accepted from others, never sent."""

# --- MSSanté mailboxes. Source: ANS Annuaire Santé IG, AsMailboxMSSProfile ----------------------------------------

EMAIL_TYPE: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type"
MAILBOX_KIND: Final = "https://mos.esante.gouv.fr/NOS/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie"
MAILBOX_METADATA: Final = (
    "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
)

# --- French terminologies. Source: ANS NOS ------------------------------------------------------------------------

SPECIALITY: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_A02-ProfessionSavFaire-CISIS/FHIR/TRE-A02-ProfessionSavFaire-CISIS"
)
FACILITY_TYPE: Final = "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"
PRACTICE_SETTING: Final = "https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice"
COMMUNE: Final = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
CIS: Final = "https://mos.esante.gouv.fr/NOS/TRE_CIS/FHIR/TRE-CIS"
"""Medicine codes of the French public base. The URL is not confirmed by a published value set."""

# --- international terminologies. Source: HL7 FHIR R4, terminologies-systems --------------------------------------

ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
ATC: Final = "http://www.whocc.no/atc"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
SNOMED_CT: Final = "http://snomed.info/sct"
TASK_CODE: Final = "http://hl7.org/fhir/CodeSystem/task-code"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
CONDITION_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CONDITION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/condition-category"
ALLERGY_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_CATEGORY: Final = "http://hl7.org/fhir/allergy-intolerance-category"
ALLERGY_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
IPS_ABSENT: Final = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
"""Source: HL7 International Patient Summary."""
OBSERVATION_INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
PARTICIPATION_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE_CLASS: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
DATA_ABSENT_REASON: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT_REASON_CODES: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
RESTFUL_SECURITY: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"

# --- operations that the CapabilityStatement declares. Source: FHIR R4 4.0.1, Messaging §2.5.3; our own -----------

PROCESS_MESSAGE_OPERATION: Final = "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message"
TIMELINE_OPERATION: Final = f"{CANONICAL}/OperationDefinition/timeline"

AUDIT_EVENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
"""Source: FHIR R4, AuditEvent.type."""
TRACE: Final = f"{CANONICAL}/CodeSystem/trace"
"""Ours: the codes of `gateway/trace.tsv`."""
DELIVERY_STATE: Final = f"{CANONICAL}/StructureDefinition/delivery-state"
"""Ours: extension on Task, what became of the mail."""
