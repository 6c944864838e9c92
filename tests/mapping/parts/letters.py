"""The header that a changed fixture gives, and the message that comes back from it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.reading import parse_json
from gateway.mapping.catalog import document_to_fhir
from gateway.mapping.context import Context
from gateway.mapping.document_types import referral
from gateway.mapping.packing import finish_written
from gateway.mapping.result import LossReport

FIXTURES = Path(__file__).parents[3] / "fixtures/referral-request"
CONTEXT = Context(datetime(2026, 11, 20, 8, 31, tzinfo=UTC), "test")
Json = dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """What a message became."""

    given: Json
    root: etree._Element
    loss: LossReport
    back: Json

    def values(self, path: str) -> list[str]:
        """Texts or attributes at an XPath whose steps stand for CDA elements."""
        found = self.root.xpath(path, namespaces={"h": "urn:hl7-org:v3"})
        return [str(value) for value in found] if isinstance(found, list) else []

    def outcome(self, type_: str, path: str) -> set[str]:
        """The outcome of every leaf at or below a path of the first resource of a type."""
        index = next(i for i, e in enumerate(self.given["entry"]) if e["resource"]["resourceType"] == type_)
        start = f"Bundle.entry[{index}].resource.{path}"
        return {item.outcome for item in self.loss.items if item.path.startswith(start)}


def part(bundle: Json, type_: str, index: int = 0) -> Json:
    """The resource of a type."""
    found: list[Json] = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == type_]
    return found[index]


def letter(case: str, change: Callable[[Json], object]) -> Letter:
    """The letter of a fixture after a change; nothing of it may be lost."""
    bundle = json.loads((FIXTURES / case / "input.json").read_text("utf-8"))
    change(bundle)
    mapped = referral.to_cda(index_message(parse_json(json.dumps(bundle).encode())), CONTEXT)
    assert mapped.loss.lost == ()
    document = finish_written(mapped.value, b"%PDF-1.4")[0].document
    return Letter(bundle, document.root, mapped.loss, dict(document_to_fhir(document, CONTEXT, "").value))
