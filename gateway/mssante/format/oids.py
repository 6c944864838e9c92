"""Every OID, URN and UUID scheme of the MSSanté room, by the standard's name.

Source: ANS, Structuration minimale des documents de santé (header, §3 of the CI-SIS content frame); ANS, Volet
Transmission d'un document CDA (metadata); IHE ITI TF-3 §4.2 (XDS scheme UUIDs); IHE ITI TF-1 §16 (XDM).
"""

from typing import Final

from gateway.model import Oid

# --- namespaces. Source: HL7 CDA R2; OASIS ebXML RegRep 3.0; W3C XInclude, XSLT -----------------------------------

HL7_V3: Final = "urn:hl7-org:v3"
EBXML_LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
EBXML_RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
XINCLUDE: Final = "http://www.w3.org/2001/XInclude"
XSLT: Final = "http://www.w3.org/1999/XSL/Transform"

# --- identifiers of people and structures. Source: ANS, Annexe INS; ANS, Annexe Sources des données personnes -----

INS_NIR: Final = Oid("1.2.250.1.213.1.4.8")
INS_NIA: Final = Oid("1.2.250.1.213.1.4.9")
INS_NIR_TEST: Final = Oid("1.2.250.1.213.1.4.10")
INS_NIR_DEMO: Final = Oid("1.2.250.1.213.1.4.11")
INS: Final = frozenset({INS_NIR, INS_NIA, INS_NIR_TEST, INS_NIR_DEMO})
"""An id under one of these brings the whole block of identity traits with it."""
INS_NOT_FOR_PRODUCTION: Final = frozenset({INS_NIR_TEST, INS_NIR_DEMO})

PS_ID_NAT: Final = Oid("1.2.250.1.71.4.2.1")
"""Professionals: "8" + RPPS, "0" + ADELI, "3" + FINESS/internal …"""
STRUCT_ID_NAT: Final = Oid("1.2.250.1.71.4.2.2")
"""Structures: "1" + FINESS, "2" + SIREN, "3" + SIRET …"""
DMP_HOST: Final = Oid("1.2.250.1.213.4.1")

# --- code systems ----------------------------------------------------------------------------------------------

LOINC: Final = Oid("2.16.840.1.113883.6.1")
SNOMED_CT: Final = Oid("2.16.840.1.113883.6.96")
CONFIDENTIALITY: Final = Oid("2.16.840.1.113883.5.25")
ADMINISTRATIVE_GENDER: Final = Oid("2.16.840.1.113883.5.1")
ACT_CODE: Final = Oid("2.16.840.1.113883.5.4")
IHE_ACT_CODE: Final = Oid("1.3.6.1.4.1.19376.1.5.3.2")
TA_ASIP: Final = Oid("1.2.250.1.213.1.1.4.322")
"""The terminology of the French models themselves."""
UCUM: Final = Oid("2.16.840.1.113883.6.8")
CIS: Final = Oid("1.2.250.1.213.2.3.1")
EDQM: Final = Oid("0.4.0.127.0.16.1.1.2.1")
ROUTE_OF_ADMINISTRATION: Final = Oid("2.16.840.1.113883.5.112")
PARTICIPATION_FUNCTION: Final = Oid("2.16.840.1.113883.5.88")
TRE_A02_PROFESSION: Final = Oid("1.2.250.1.213.1.1.4.5")
TRE_A01_PRACTICE_SETTING: Final = Oid("1.2.250.1.213.1.1.4.9")
TRE_R02_FACILITY_TYPE: Final = Oid("1.2.250.1.71.4.2.4")
TRE_A03_CLASS_CODE: Final = Oid("1.2.250.1.213.1.1.4.1")
TRE_A06_FORMAT_CODE: Final = Oid("1.2.250.1.213.1.1.4.2.282")
IHE_FORMAT_CODE: Final = Oid("1.3.6.1.4.1.19376.1.2.3")
TRE_A07_MASK: Final = Oid("1.2.250.1.213.1.1.4.13")
"""MASQUE_PS, INVISIBLE_PATIENT …: values of metadata, never of a CDA."""
TRE_R209_CONTENT_TYPE: Final = Oid("1.2.250.1.213.2.2")

# --- CDA templates. Source: ANS, Structuration minimale; IHE PCC TF-2; IHE ITI XDS-SD ----------------------------

CDA_TYPE_ID: Final = Oid("2.16.840.1.113883.1.3")
CDA_TYPE_ID_EXTENSION: Final = "POCD_HD000040"
TEMPLATE_HL7_FRANCE: Final = Oid("2.16.840.1.113883.2.8.2.1")
TEMPLATE_CI_SIS: Final = Oid("1.2.250.1.213.1.1.1.1")
TEMPLATE_SCANNED_DOCUMENT: Final = Oid("1.3.6.1.4.1.19376.1.2.20")
TEMPLATE_MEDICAL_DOCUMENT: Final = Oid("1.3.6.1.4.1.19376.1.5.3.1.1.1")
TEMPLATE_MEDICAL_SUMMARY: Final = Oid("1.3.6.1.4.1.19376.1.5.3.1.1.2")
TEMPLATE_REFERRAL_SUMMARY: Final = Oid("1.3.6.1.4.1.19376.1.5.3.1.1.3")
TEMPLATE_PDF_COPY_SECTION: Final = Oid("1.2.250.1.213.1.1.2.243")
TEMPLATE_DISCHARGE_MEDICATIONS_SECTION: Final = Oid("1.3.6.1.4.1.19376.1.5.3.1.3.22")
TEMPLATE_VITAL_SIGNS: Final = Oid("1.3.6.1.4.1.19376.1.5.3.1.4.13.1")

# --- templates of clinical statements. Source: HL7 CCD; IHE PCC TF-2; ANS, Modèles de contenus CDA (FR-…) ---------
# Parents first. A statement is recognised by its last two: the international one and the French one.

_CCD: Final = "2.16.840.1.113883.10.20.1"
_PCC: Final = "1.3.6.1.4.1.19376.1.5.3.1.4"
_FR: Final = "1.2.250.1.213.1.1.3"

TEMPLATES_PROBLEM_CONCERN: Final = (Oid(f"{_CCD}.27"), Oid(f"{_PCC}.5.1"), Oid(f"{_PCC}.5.2"), Oid(f"{_FR}.39"))
TEMPLATES_ALLERGY_CONCERN: Final = (Oid(f"{_CCD}.27"), Oid(f"{_PCC}.5.1"), Oid(f"{_PCC}.5.3"), Oid(f"{_FR}.40"))
TEMPLATES_PROBLEM: Final = (Oid(f"{_CCD}.28"), Oid(f"{_PCC}.5"), Oid(f"{_FR}.37"))
TEMPLATES_ALLERGY: Final = (
    Oid(f"{_CCD}.18"),
    Oid(f"{_CCD}.28"),
    Oid(f"{_PCC}.5"),
    Oid(f"{_PCC}.6"),
    Oid(f"{_FR}.41"),
)
TEMPLATES_REACTION: Final = (Oid(f"{_CCD}.54"), *TEMPLATES_PROBLEM)
TEMPLATES_SEVERITY: Final = (Oid(f"{_CCD}.55"), Oid(f"{_PCC}.1"), Oid(f"{_FR}.29"))
TEMPLATES_PROBLEM_STATUS: Final = (Oid(f"{_CCD}.50"), Oid(f"{_CCD}.57"), Oid(f"{_PCC}.1.1"), Oid(f"{_FR}.30"))
TEMPLATES_CERTAINTY: Final = (Oid(f"{_FR}.171"),)
TEMPLATES_CRITICALITY: Final = (Oid(f"{_FR}.172"),)
TEMPLATES_COMMENT: Final = (Oid(f"{_CCD}.40"), Oid(f"{_PCC}.2"), Oid(f"{_FR}.32"))
TEMPLATES_PROCEDURE: Final = (Oid(f"{_CCD}.29"), Oid(f"{_PCC}.19"), Oid(f"{_FR}.62"))
TEMPLATES_PLANNED_PROCEDURE: Final = (Oid(f"{_CCD}.25"), Oid(f"{_PCC}.19"), Oid(f"{_FR}.62"))
TEMPLATES_IMMUNIZATION: Final = (Oid(f"{_CCD}.24"), Oid(f"{_PCC}.12"), Oid(f"{_FR}.45"))
TEMPLATES_IMMUNIZATION_RANK: Final = (Oid(f"{_CCD}.46"), Oid(f"{_FR}.82"))
TEMPLATES_DEVICE: Final = (Oid(f"{_CCD}.34"), Oid(f"{_FR}.20"))
TEMPLATES_MEDICATION: Final = (Oid(f"{_CCD}.24"), Oid(f"{_PCC}.7.1"), Oid(f"{_PCC}.7"), Oid(f"{_FR}.42"))
"""With one dosage ("normal dosing")."""
TEMPLATES_PRODUCT: Final = (Oid(f"{_CCD}.53"), Oid(f"{_PCC}.7.2"), Oid(f"{_FR}.43"))
TEMPLATES_INTERNAL_REFERENCE: Final = (Oid(f"{_PCC}.4.1"), Oid(f"{_FR}.36"))
TEMPLATES_PATIENT_INSTRUCTION: Final = (Oid(f"{_CCD}.49"), Oid(f"{_PCC}.3"), Oid(f"{_FR}.33"))
TEMPLATES_VITAL_SIGNS: Final = (Oid(f"{_CCD}.32"), Oid(f"{_CCD}.35"), Oid(f"{_PCC}.13.1"), Oid(f"{_FR}.49"))
TEMPLATES_VITAL_SIGN: Final = (Oid(f"{_CCD}.31"), Oid(f"{_PCC}.13"), Oid(f"{_PCC}.13.2"), Oid(f"{_FR}.50"))
TEMPLATES_SIMPLE_OBSERVATION: Final = (Oid(f"{_PCC}.13"), Oid(f"{_FR}.48"))

DEVICE_IDENTIFIER: Final = Oid("2.16.840.1.113883.3.3719")
"""Unique device identifiers (UDI), as text for people."""

# --- XDS. Source: IHE ITI TF-3 §4.2.3 --------------------------------------------------------------------------

STABLE_DOCUMENT: Final = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
SUBMISSION_SET_NODE: Final = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
FOLDER_NODE: Final = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"
STATUS_APPROVED: Final = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
HAS_MEMBER: Final = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
REFERENCE_ID_LIST: Final = "urn:ihe:iti:xds:2013:referenceIdList"
REFERENCE_ID_ORDER: Final = "urn:ihe:iti:xds:2013:order"

ENTRY_AUTHOR: Final = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
ENTRY_CLASS_CODE: Final = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
ENTRY_TYPE_CODE: Final = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
ENTRY_FORMAT_CODE: Final = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
ENTRY_FACILITY_TYPE: Final = "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
ENTRY_PRACTICE_SETTING: Final = "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"
ENTRY_CONFIDENTIALITY: Final = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
ENTRY_EVENT_CODE: Final = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
ENTRY_PATIENT_ID: Final = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
ENTRY_UNIQUE_ID: Final = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"

SET_AUTHOR: Final = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
SET_CONTENT_TYPE: Final = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
SET_PATIENT_ID: Final = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
SET_SOURCE_ID: Final = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
SET_UNIQUE_ID: Final = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"

# --- format codes. Source: ANS, ASS_A11; JDV_J10 ---------------------------------------------------------------

FORMAT_PDF: Final = "urn:ihe:iti:xds-sd:pdf:2008"
FORMAT_UNLISTED_MODEL: Final = "urn:asipSante:modelesHorsProfils:2011"

# Entries of the section "Copie du document". Source: ANS CI-SIS (FR-Document-attache, FR-Simple-Observation).
TEMPLATE_ATTACHED_DOCUMENT: Final = Oid("1.2.250.1.213.1.1.3.18")
TEMPLATE_ATTACHED_DOCUMENT_TYPE: Final = Oid("1.2.250.1.213.1.1.3.48.18")
TEMPLATE_SIMPLE_OBSERVATION: Final = Oid("1.2.250.1.213.1.1.3.48")
TEMPLATE_IHE_SIMPLE_OBSERVATION: Final = Oid("1.3.6.1.4.1.19376.1.5.3.1.4.13")
