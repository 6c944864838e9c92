"""FHIR resources in memory, indexed by the same search values as in the store."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.fhir.format.search_parameters import search_values
from gateway.journal import Page, Query, Resource
from gateway.model import ItemId


class ResourcesInMemory:
    """Twin of the port Resources. The cursor is the number of resources already given."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Resource] = {}

    def keep(
        self, tenant: str, structures: frozenset[str], content: Mapping[str, Any], updated_at: datetime
    ) -> Resource:
        """Store the next version of a resource."""
        type_, id_ = content["resourceType"], ItemId(content["id"])
        earlier = self._kept.get((tenant, type_, id_))
        resource = Resource(
            message=ItemId("m-1"),
            type=type_,
            id=id_,
            version=earlier.version + 1 if earlier else 1,
            updated_at=updated_at,
            content=json.dumps(content).encode(),
            structures=structures,
            tokens=search_values(content),
        )
        self._kept[tenant, type_, id_] = resource
        return resource

    def keep_bytes(self, tenant: str, resource: Resource, content: bytes) -> None:
        """Store `content` as the bytes of a resource that is kept."""
        self._kept[tenant, resource.type, resource.id] = replace(resource, content=content)

    def read(self, tenant: str, structures: frozenset[str], type: str, id: str) -> Resource | None:
        resource = self._kept.get((tenant, type, id))
        return resource if resource and resource.structures & structures else None

    def search(self, tenant: str, structures: frozenset[str], query: Query) -> Page:
        found = sorted(self._matches(tenant, structures, query), key=lambda r: (r.updated_at, r.id))
        start = int(query.cursor or 0)
        end = start + query.count
        return Page(tuple(found[start:end]), str(end) if end < len(found) else None, len(found))

    def _matches(self, tenant: str, structures: frozenset[str], query: Query) -> Iterator[Resource]:
        for (kept_tenant, type_, id_), resource in self._kept.items():
            visible = kept_tenant == tenant and bool(resource.structures & structures)
            named = not query.ids or id_ in query.ids
            recent = query.updated_since is None or resource.updated_at >= query.updated_since
            fits = all(any((name, v) in resource.tokens for v in values) for name, values in query.tokens)
            if visible and type_ == query.type and named and recent and fits:
                yield resource
