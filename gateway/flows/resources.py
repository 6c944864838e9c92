"""FHIR resources of ours, as changes for the journal."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.fhir.format.reading import write_json
from gateway.fhir.format.search_parameters import search_values
from gateway.journal import PutResource
from gateway.mapping.task import versioned
from gateway.model import ItemId


def put(
    resource: Mapping[str, Any], message: ItemId, structures: frozenset[str], at: datetime, replaces: int = 0
) -> PutResource:
    """The next version of `resource` (`replaces`: the version read before; 0 for a new one)."""
    current = versioned(resource, replaces + 1, at)
    return PutResource(
        message=message,
        type=current["resourceType"],
        id=ItemId(current["id"]),
        expected_version=replaces,
        updated_at=at,
        content=write_json(current),
        structures=structures,
        tokens=search_values(current),
    )


def binary(id: ItemId, content: bytes, media_type: str) -> dict[str, Any]:
    """A Binary."""
    return {"resourceType": "Binary", "id": id, "contentType": media_type, "data": b64encode(content).decode()}
