"""`GET /fhir/metadata`: what this server does, computed from the very tables that make it do so.

Source: FHIR R4 4.0.1, CapabilityStatement; RESTful API §3.1.0.11 (capabilities).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway import __version__
from gateway.fhir.adapters.interaction import Interaction, Operation
from gateway.fhir.adapters.negotiation import JSON_TYPES
from gateway.fhir.adapters.search_query import RESULT_PARAMETERS
from gateway.fhir.format.leaves import Json
from gateway.fhir.format.search_parameters import SEARCH_PARAMETERS

_SECURITY = "A bearer token per client (RFC 6750), bound to structures. Only /metadata is open."
_FORMATS = "JSON only: a request for XML is answered 406. Search by POST keeps identifiers out of URLs."
_PATIENT = "By identifier only: there is no search by name."
_RESULT_KINDS = {"_id": "token", "_lastUpdated": "date", "_count": "number"}
_RESULT_NOTES = {"_lastUpdated": "Prefixes ge and gt.", "_count": "At most 200; 0 gives the total only."}


def capability_statement(interactions: Sequence[Interaction], fhir_base: str, date: datetime) -> dict[str, Json]:
    """The CapabilityStatement of a server whose route table is `interactions`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date.date().isoformat(),
        "kind": "instance",
        "software": {"name": "cpts-gateway", "version": __version__},
        "implementation": {"description": "CPTS gateway between FHIR and MSSanté", "url": fhir_base},
        "fhirVersion": "4.0.1",
        "format": list(JSON_TYPES),
        "rest": [_rest(interactions)],
        "messaging": [{"documentation": "Synchronous $process-message: see the operation."}],
    }


def _rest(interactions: Sequence[Interaction]) -> dict[str, Json]:
    types = sorted({type_ for interaction in interactions for type_ in interaction.types})
    return {
        "mode": "server",
        "documentation": _FORMATS,
        "security": {"description": _SECURITY},
        "resource": [_resource(type_, interactions) for type_ in types],
        "operation": [_operation(o) for o in _operations(interactions) if not o.types],
    }


def _resource(type_: str, interactions: Sequence[Interaction]) -> dict[str, Json]:
    codes = dict.fromkeys(i.code for i in interactions if i.code and type_ in i.types)
    searchable = "search-type" in codes
    operations: list[Json] = [_operation(o) for o in _operations(interactions) if type_ in o.types]
    resource: dict[str, Json] = {
        "type": type_,
        "documentation": _PATIENT if type_ == "Patient" else None,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "readHistory": False,
        "conditionalRead": "not-match",
        "searchParam": _search_parameters(type_) if searchable else None,
        "operation": operations or None,
    }
    return {name: value for name, value in resource.items() if value is not None}


def _search_parameters(type_: str) -> list[Json]:
    own: list[Json] = [{"name": p.name, "type": p.kind} for p in SEARCH_PARAMETERS[type_].values()]
    return [_result_parameter(name) for name in RESULT_PARAMETERS] + own


def _result_parameter(name: str) -> Json:
    note = {"documentation": _RESULT_NOTES[name]} if name in _RESULT_NOTES else {}
    return {"name": name, "type": _RESULT_KINDS[name], **note}


def _operations(interactions: Iterable[Interaction]) -> list[Operation]:
    return [interaction.operation for interaction in interactions if interaction.operation]


def _operation(operation: Operation) -> dict[str, Json]:
    return {"name": operation.name, "definition": operation.definition}
