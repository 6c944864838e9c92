"""The referral fixtures as messages that nobody has sent before, with whatever a test changes in them."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from gateway.fhir.format.reading import write_json

FIXTURES = Path(__file__).parents[1] / "fixtures"
REFERRALS = FIXTURES / "referral-request"
CASES = sorted(path.parent.name for path in REFERRALS.glob("*/input.json"))
PLAIN, BORN_ABROAD = "01-plain", "06-born-abroad"

Bundle = dict[str, Any]


def content_of(case: str) -> bytes:
    """The fixture as it stands."""
    return (REFERRALS / case / "input.json").read_bytes()


def bundle_of(case: str) -> Bundle:
    """The fixture parsed; decimals keep their digits."""
    return json.loads(content_of(case), parse_float=Decimal)  # type: ignore[no-any-return]


def only(bundle: Bundle, type_: str) -> Bundle:
    """The one resource of a type."""
    (found,) = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == type_]
    return found  # type: ignore[no-any-return]


def renewed(bundle: Bundle) -> Bundle:
    """The same message with technical and business ids that nobody has seen."""
    bundle["id"] = only(bundle, "MessageHeader")["id"] = str(uuid4())
    for type_ in ("Task", "ServiceRequest"):
        for identifier in only(bundle, type_).get("identifier", []):
            identifier["value"] = f"{type_[0]}-{uuid4()}"
    return bundle


def fresh(case: str = PLAIN, change: Callable[[Bundle], object] = lambda _bundle: None) -> bytes:
    """A new message after a fixture, with `change` made to its Bundle."""
    bundle = renewed(bundle_of(case))
    change(bundle)
    return write_json(bundle)


def order_of(content: bytes) -> str:
    """The business id of a message: its Task's first identifier."""
    return str(only(json.loads(content), "Task")["identifier"][0]["value"])
