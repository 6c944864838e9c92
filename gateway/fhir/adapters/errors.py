"""Every failure becomes an OperationOutcome: a status and a code of the catalogue, and nothing of the input.

Source: FHIR R4 4.0.1, RESTful API §3.1.0.1.5 (errors as OperationOutcome); RFC 9110 §10.2.1 (Allow), §10.2.3
(Retry-After), §11.6.1 (WWW-Authenticate).
"""

from collections.abc import Mapping, Sequence

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.error_catalogue import entry_of
from gateway.errors import GatewayError
from gateway.fhir.adapters.authentication import CHALLENGE
from gateway.fhir.adapters.negotiation import FHIR_JSON, choose_language
from gateway.fhir.adapters.responses import json_response
from gateway.fhir.format.outcome import operation_outcome
from gateway.fhir.format.reading import write_json
from gateway.model import Finding, Language

RETRY_AFTER_SECONDS = 30
_ROUTING_CODES = {404: "unknown-route", 405: "method-not-allowed"}
"""What Starlette's router says by status alone."""


def failure(error: GatewayError, language: Language) -> Response:
    """The answer to a request that failed: the status is that of the first finding."""
    return outcome_response(error.findings, language)


def outcome_response(findings: Sequence[Finding], language: Language) -> Response:
    """An OperationOutcome that holds `findings`."""
    status = entry_of(findings[0]).status
    body = write_json(operation_outcome(findings, language))
    return json_response(body, FHIR_JSON, status, _headers(status, findings[0]))


def internal_error(language: Language) -> Response:
    """What the caller learns of a defect of ours: nothing but its request id, which every answer carries."""
    return outcome_response((Finding("internal"),), language)


async def routing_failure(request: Request, error: Exception) -> Response:
    """Starlette's and FastAPI's own exceptions, without their texts (which may hold input)."""
    code = _ROUTING_CODES.get(error.status_code, "internal") if isinstance(error, HTTPException) else "internal"
    if isinstance(error, RequestValidationError):
        code = "malformed-parameters"
    return outcome_response((Finding(code),), language_of(request))


def language_of(request: Request) -> Language:
    return choose_language(request.headers.get("accept-language", ""))


def _headers(status: int, finding: Finding) -> Mapping[str, str]:
    """The headers that a status owes its reader."""
    allowed = dict(finding.facts).get("allowed", "-").strip("-")
    owed = {
        401: {"WWW-Authenticate": CHALLENGE},
        405: {"Allow": allowed},
        429: {"Retry-After": str(RETRY_AFTER_SECONDS)},
        503: {"Retry-After": str(RETRY_AFTER_SECONDS)},
    }
    return owed.get(status, {})
