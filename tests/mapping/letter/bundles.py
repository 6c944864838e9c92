"""A made-up referral that uses as many forms of FHIR as the letter must tell."""

import base64
import io
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image

from gateway.fhir.format.bundle import Message, index_message
from gateway.mapping.letter import write_letter
from gateway.mapping.result import Ledger
from gateway.mssante.format.letter import Bullets, Letter, Paragraph, Picture, Table

AT = datetime(2026, 11, 20, 8, 31, tzinfo=UTC)
FIXTURES = Path(__file__).parents[3] / "fixtures" / "referral-request"
ICD, LOINC, UCUM = "http://hl7.org/fhir/sid/icd-10", "http://loinc.org", "http://unitsofmeasure.org"
TERMS = "http://terminology.hl7.org/CodeSystem"


def letter_of(bundle: dict[str, Any], ledger: Ledger | None = None) -> Letter:
    return write_letter(
        index_message(bundle),
        ledger if ledger is not None else Ledger(),
        document_id="2.25.1",
        written_at=AT,
        how_to_answer="Pour répondre, répondez à ce message.",
    )


def fixture(name: str) -> dict[str, Any]:
    content = (FIXTURES / name / "input.json").read_bytes()
    return json.loads(content, parse_float=Decimal)  # type: ignore[no-any-return]


def message_of(bundle: dict[str, Any]) -> Message:
    return index_message(bundle)


def texts_of(letter: Letter) -> Iterator[str]:
    """Every text that is printed in the body of a letter."""
    for section in letter.sections:
        yield section.title
        for block in section.blocks:
            match block:
                case Paragraph(text=text):
                    yield text
                case Bullets(items=items):
                    yield from items
                case Table(head=head, rows=rows):
                    yield from (*head, *(cell for row in rows for cell in row))
                case Picture(caption=caption):
                    yield caption


def body_of(letter: Letter) -> str:
    return "\n".join(texts_of(letter))


def coded(system: str, code: str, display: str | None = None, text: str | None = None) -> dict[str, Any]:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def amount(value: str, unit: str, code: str | None = None) -> dict[str, Any]:
    return {"value": Decimal(value), "unit": unit} | ({"system": UCUM, "code": code} if code else {})


def png(mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, (8, 8), (200, 30, 30, 90)[: len(mode)]).save(written, "PNG")
    return written.getvalue()


def add(bundle: dict[str, Any], *resources: dict[str, Any]) -> dict[str, Any]:
    """The same bundle with further resources about the patient."""
    changed = deepcopy(bundle)
    for resource in resources:
        number = len(changed["entry"])
        url = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
        changed["entry"].append({"fullUrl": url, "resource": resource})
    return changed


def only(*resources: dict[str, Any]) -> dict[str, Any]:
    """A plain referral with these resources."""
    return add(fixture("01-plain"), *resources)


CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "clinicalStatus": coded(f"{TERMS}/condition-clinical", "active"),
    "verificationStatus": coded(f"{TERMS}/condition-ver-status", "provisional"),
    "severity": coded("http://snomed.info/sct", "24484000", "sévère"),
    "code": coded(ICD, "J44.9", "Maladie pulmonaire obstructive chronique", "BPCO probable"),
    "bodySite": [coded("http://snomed.info/sct", "39607008", "poumon")],
    "onsetAge": {"value": Decimal("54"), "unit": "an", "system": UCUM, "code": "a"},
    "stage": [{"summary": {"text": "GOLD II"}, "type": {"text": "spirométrique"}}],
    "evidence": [{"code": [{"text": "VEMS abaissé"}]}],
    "note": [{"authorString": "Dr Simone VAREUIL", "time": "2026-11-02T10:05:00+01:00", "text": "À revoir."}],
    "extension": [
        {
            "url": "https://editeur.example/fhir/StructureDefinition/contexte-local",
            "extension": [
                {"url": "tabac", "valueQuantity": amount("35", "paquets-années")},
                {"url": "depuis", "valueDate": "1984-05"},
                {"url": "sevré", "valueBoolean": True},
                {"url": "part", "valueRatio": {"numerator": amount("1", "mg"), "denominator": amount("5", "mL")}},
            ],
        }
    ],
}
ALLERGY: dict[str, Any] = {
    "resourceType": "AllergyIntolerance",
    "clinicalStatus": coded(f"{TERMS}/allergyintolerance-clinical", "active"),
    "verificationStatus": coded(f"{TERMS}/allergyintolerance-verification", "unconfirmed"),
    "type": "allergy",
    "category": ["medication", "biologic"],
    "criticality": "high",
    "code": {"text": "Céfaclor"},
    "onsetDateTime": "1998-04",
    "lastOccurrence": "2003-06-11",
    "note": [{"text": "Adrénaline donnée."}],
    "reaction": [
        {
            "substance": {"text": "Céfaclor sirop"},
            "manifestation": [{"text": "Urticaire"}, {"text": "Œdème"}],
            "description": "En moins d'une heure.",
            "onset": "2003-06-11T08:00:00+02:00",
            "severity": "severe",
            "exposureRoute": {"text": "orale"},
        }
    ],
}
STATEMENT: dict[str, Any] = {
    "resourceType": "MedicationStatement",
    "contained": [
        {
            "resourceType": "Medication",
            "id": "m1",
            "code": coded("http://www.whocc.no/atc", "C09AA05", "ramipril", "RAMIPRIL 2,5 mg"),
            "form": {"text": "comprimé sécable"},
            "ingredient": [
                {"itemCodeableConcept": {"text": "ramipril"}, "strength": {"numerator": amount("2.50", "mg")}}
            ],
            "batch": {"lotNumber": "LOT-77", "expirationDate": "2027-03-31"},
        }
    ],
    "status": "on-hold",
    "statusReason": [{"text": "toux"}],
    "medicationReference": {"reference": "#m1"},
    "effectivePeriod": {"start": "2016", "end": "2026-10-03"},
    "dateAsserted": "2026-11-20",
    "reasonCode": [{"text": "Tension"}],
    "dosage": [
        {
            "sequence": 2,
            "text": "Demi-dose le matin",
            "patientInstruction": "Avec un verre d'eau",
            "additionalInstruction": [{"text": "Surveiller la kaliémie"}],
            "timing": {
                "event": ["2026-11-21"],
                "repeat": {
                    "boundsRange": {"low": amount("5", "jours"), "high": amount("7", "jours")},
                    "count": 10,
                    "countMax": 14,
                    "duration": Decimal("30"),
                    "durationUnit": "min",
                    "frequency": 2,
                    "frequencyMax": 3,
                    "period": Decimal("4"),
                    "periodMax": Decimal("6"),
                    "periodUnit": "h",
                    "dayOfWeek": ["mon", "thu"],
                    "timeOfDay": ["08:00:00", "20:30:15"],
                    "when": ["ACM"],
                    "offset": 30,
                },
                "code": coded(f"{TERMS}/v3-GTSAbbreviation", "BID"),
            },
            "asNeededCodeableConcept": {"text": "céphalées"},
            "site": {"text": "bouche"},
            "route": {"text": "Voie orale"},
            "method": {"text": "avaler"},
            "doseAndRate": [
                {
                    "type": coded(f"{TERMS}/dose-rate-type", "ordered"),
                    "doseRange": {"low": amount("0.5", "comprimé"), "high": amount("1", "comprimé")},
                    "rateRatio": {"numerator": amount("5", "mL"), "denominator": amount("1", "h")},
                }
            ],
            "maxDosePerPeriod": {"numerator": amount("8", "bouffée"), "denominator": amount("1", "jour")},
            "maxDosePerAdministration": amount("2", "mg"),
            "maxDosePerLifetime": amount("900", "mg"),
        }
    ],
}
REQUEST: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "plan",
    "doNotPerform": True,
    "priority": "urgent",
    "medicationCodeableConcept": {"text": "Ibuprofène"},
    "authoredOn": "2026-11-20T11:00:00Z",
    "dispenseRequest": {"numberOfRepeatsAllowed": 3, "quantity": amount("28", "comprimé")},
    "substitution": {"allowedBoolean": False},
}
PRESSURE: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "preliminary",
    "category": [coded(f"{TERMS}/observation-category", "vital-signs", "Signes vitaux")],
    "code": coded(LOINC, "85354-9", "Pression artérielle"),
    "effectiveDateTime": "2026-11-20T09:10:00.250+01:00",
    "component": [
        {"code": coded(LOINC, "8480-6", "systolique"), "valueQuantity": amount("138", "mmHg", "mm[Hg]")},
        {"code": coded(LOINC, "8462-4", "diastolique"), "valueQuantity": amount("82", "mmHg", "mm[Hg]")},
    ],
}
RESULT: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "amended",
    "category": [coded(f"{TERMS}/observation-category", "laboratory")],
    "code": coded(LOINC, "2276-4", "Ferritine"),
    "effectiveDateTime": "2026-11-13T07:45:00+05:30",
    "issued": "2026-11-14T18:00:00Z",
    "valueQuantity": {"comparator": "<", **amount("0.050", "mg/L", "mg/L")},
    "interpretation": [coded(f"{TERMS}/v3-ObservationInterpretation", "LL")],
    "note": [{"text": "Tube hémolysé."}],
    "referenceRange": [
        {
            "low": amount("15", "µg/L"),
            "high": amount("150", "µg/L"),
            "appliesTo": [{"text": "femme"}],
            "text": "selon le cycle",
        }
    ],
    "component": [
        {
            "code": {"text": "index"},
            "valueSampledData": {
                "origin": amount("0", "mV"),
                "period": Decimal("10"),
                "dimensions": 1,
                "data": "1 2 3",
            },
        },
        {
            "code": {"text": "autre"},
            "dataAbsentReason": coded(f"{TERMS}/data-absent-reason", "not-performed"),
        },
    ],
}
TOBACCO: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "category": [coded(f"{TERMS}/observation-category", "social-history")],
    "code": {"text": "Tabac"},
    "valueCodeableConcept": {"text": "arrêté"},
    "effectivePeriod": {"end": "2019-09"},
}
PROCEDURE: dict[str, Any] = {
    "resourceType": "Procedure",
    "status": "not-done",
    "statusReason": {"text": "refus"},
    "code": {"text": "Coloscopie"},
    "performedString": "prévue au printemps",
    "followUp": [{"text": "à reproposer"}],
}
IMMUNIZATION: dict[str, Any] = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {"text": "Grippe 2026"},
    "occurrenceDateTime": "2026-10-21",
    "primarySource": True,
    "lotNumber": "FLU-9",
    "doseQuantity": amount("0.5", "mL"),
    "protocolApplied": [{"doseNumberPositiveInt": 1, "seriesDosesString": "une"}],
}
DEVICE: dict[str, Any] = {
    "resourceType": "Device",
    "status": "active",
    "deviceName": [{"name": "Stimulateur Rythmo", "type": "user-friendly-name"}],
    "manufacturer": "Cardiame",
    "serialNumber": "SN-123",
    "udiCarrier": [{"deviceIdentifier": "01234", "carrierHRF": "(01)01234"}],
    "type": {"text": "stimulateur cardiaque"},
    "safety": [{"text": "IRM sous condition"}],
}
FURTHER: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "code": {"text": "Spirométrie"},
    "occurrenceTiming": {"repeat": {"frequency": 1, "period": Decimal("1"), "periodUnit": "mo"}},
    "asNeededBoolean": False,
    "note": [{"text": "avec réversibilité"}],
}


def rich_bundle() -> dict[str, Any]:
    """All of the above in one message, with a patient who has contacts, a photograph and a language."""
    bundle = only(
        *(CONDITION, ALLERGY, STATEMENT, REQUEST, PRESSURE, RESULT, TOBACCO, PROCEDURE),
        *(IMMUNIZATION, DEVICE, FURTHER),
        _document("image/png", "Cicatrice", png()),
        _document("text/plain", "Note", "Tension contrôlée.\n\nRien d'autre.".encode()),
    )
    patient = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    patient["contact"] = [
        {
            "relationship": [coded(f"{TERMS}/v3-RoleCode", "MTH")],
            "name": {"family": "Ozanne", "given": ["Mireille"]},
            "telecom": [{"system": "phone", "value": "0600000007", "use": "mobile"}],
            "gender": "female",
        }
    ]
    patient["communication"] = [{"language": coded("urn:ietf:bcp:47", "uk"), "preferred": True}]
    patient["maritalStatus"] = coded(f"{TERMS}/v3-MaritalStatus", "W")
    patient["_birthDate"] = {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                "valueDateTime": "1952-03-14T04:05:06Z",
            }
        ]
    }
    return bundle


def _document(content_type: str, title: str, content: bytes) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": coded(LOINC, "11488-4", "CR de consultation"),
        "description": f"Au sujet de {title}",
        "content": [
            {
                "attachment": {
                    "contentType": content_type,
                    "title": title,
                    "creation": "2026-11-20",
                    "data": base64.b64encode(content).decode(),
                }
            }
        ],
    }
