"""The messages that the suite sends: a sample of the target's own content with new ids, and with one defect on purpose.

Source: FHIR R4 messaging 3.4.1 (ids), docs/messages/referral-request.md (where each thing stands).
"""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from conformance.readers import fhir
from conformance.readers.cda import PROFESSIONALS, STRUCTURES
from conformance.readers.fhir import Resource

_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INS_SYSTEM = re.compile(r"urn:oid:1\.2\.250\.1\.213\.1\.4\.(8|9|10|11)")


@dataclass(frozen=True, slots=True)
class Referral:
    """One message. `content` is what is sent; `bundle` is the same, parsed."""

    content: bytes
    bundle: Resource

    @classmethod
    def fresh(cls, sample: bytes) -> "Referral":
        """The sample as a new message: every UUID and every business identifier of the request is new."""
        new: dict[bytes, bytes] = {}
        content = _UUID.sub(lambda found: new.setdefault(found[0], str(uuid4()).encode()), sample)
        bundle = json.loads(content)
        for type in ("Task", "ServiceRequest"):
            for identifier in fhir.one(bundle, type, "sample").get("identifier", []):
                identifier["value"] = f"CONF-{uuid4().hex[:12]}"
        return cls.of(bundle)

    @classmethod
    def of(cls, bundle: Resource) -> "Referral":
        return cls(json.dumps(bundle, ensure_ascii=False, indent=1).encode(), bundle)

    def changed(self, change: Callable[[Any], object]) -> "Referral":
        """A copy with one change made to the Bundle."""
        bundle = deepcopy(self.bundle)
        change(bundle)
        return Referral.of(bundle)

    def one(self, type: str) -> Resource:
        return fhir.one(self.bundle, type, "sample")

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def header_id(self) -> str:
        return str(self.one("MessageHeader")["id"])

    @property
    def orders(self) -> tuple[str, ...]:
        """The business identifiers by which an answer may name this referral."""
        found = (i["value"] for type in ("Task", "ServiceRequest") for i in self.one(type).get("identifier", []))
        return tuple(found)

    @property
    def request_id(self) -> str:
        """The identifier of the ServiceRequest."""
        return str(self.one("ServiceRequest")["identifier"][0]["value"])

    @property
    def ins(self) -> str | None:
        found = self.one("Patient").get("identifier", [])
        return next((i["value"] for i in found if _INS_SYSTEM.fullmatch(i.get("system", ""))), None)

    @property
    def patient_ids(self) -> frozenset[str]:
        return frozenset(i["value"] for i in self.one("Patient").get("identifier", []))

    @property
    def birth_name(self) -> Resource:
        """The official name: birth name and first given name."""
        names = self.one("Patient")["name"]
        return next((name for name in names if name.get("use") == "official"), names[0])

    @property
    def birth_date(self) -> str:
        return str(self.one("Patient")["birthDate"])

    def person_of(self, reference: Resource) -> str | None:
        """The idNat_PS behind a reference to a PractitionerRole or Practitioner."""
        who = fhir.resolve(self.bundle, reference)
        practitioner = fhir.resolve(self.bundle, who["practitioner"]) if "practitioner" in who else who
        return fhir.identifier(practitioner, f"urn:oid:{PROFESSIONALS}")

    def structure_of(self, reference: Resource) -> str | None:
        """The idNat_Struct behind a reference to a PractitionerRole or Organization."""
        who = fhir.resolve(self.bundle, reference)
        organization = fhir.resolve(self.bundle, who["organization"]) if "organization" in who else who
        return fhir.identifier(organization, f"urn:oid:{STRUCTURES}")


# --- one defect each


def without_task_identifier(bundle: Any) -> None:
    del fhir.one(bundle, "Task", "sample")["identifier"]  # type: ignore[attr-defined]


def with_two_defects(bundle: Any) -> None:
    """No Task.identifier, and a status that this message cannot have."""
    task: Any = fhir.one(bundle, "Task", "sample")
    del task["identifier"]
    task["status"] = "completed"


def not_a_message(bundle: Any) -> None:
    bundle["type"] = "collection"


def with_unknown_recipient(bundle: Any) -> None:
    """A professional whom no directory knows; the number is well formed."""
    owner: Any = fhir.resolve(bundle, fhir.one(bundle, "Task", "sample")["owner"])
    practitioner: Any = fhir.resolve(bundle, owner["practitioner"])
    for identifier in practitioner["identifier"]:
        identifier["value"] = "8" * identifier["system"].startswith("urn:oid") + UNKNOWN_RPPS


def with_wrong_ins_key(bundle: Any) -> None:
    for identifier in fhir.one(bundle, "Patient", "sample")["identifier"]:
        if _INS_SYSTEM.fullmatch(identifier.get("system", "")):
            number = identifier["value"]
            identifier["value"] = number[:13] + f"{(int(number[13:]) % 97) + 1:02}"


def with_other_reason(bundle: Any) -> None:
    request: Any = fhir.one(bundle, "ServiceRequest", "sample")
    request["priority"] = "urgent" if request.get("priority") != "urgent" else "asap"


def with_other_bundle_id(bundle: Any) -> None:
    bundle["id"] = str(uuid4())


def _luhn_key(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


UNKNOWN_RPPS = "9979999999" + _luhn_key("9979999999")
"""Well formed, with a right key, in the range of made-up numbers."""
