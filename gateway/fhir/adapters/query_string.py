"""Parameters of a URL or of a form, as pairs in their order, within limits.

Source: WHATWG URL, application/x-www-form-urlencoded; FHIR R4 4.0.1, RESTful API §3.1.0.1.11 (general parameters).
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.errors import InputError
from gateway.model import Finding

Parameters: TypeAlias = Sequence[tuple[str, str]]
MAX_PARAMETERS = 50
MAX_CHARACTERS = 4096
"""Of one name or value."""
GENERAL = ("_format", "_pretty")
"""Taken on every request; `_pretty` changes nothing, as it may."""


def read_query(request: Request) -> Parameters:
    """The parameters of the URL."""
    return parse_parameters(request.scope["query_string"])


def parse_parameters(encoded: bytes) -> Parameters:
    """The decoded pairs. InputError `malformed-parameters` when unreadable, too many or too long."""
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise _malformed() from None
    if any(len(text) > MAX_CHARACTERS for pair in pairs for text in pair):
        raise _malformed()
    return pairs


def check_only(parameters: Parameters, supported: Iterable[str]) -> None:
    """InputError `unknown-parameter` unless each name is in `supported` or is a general parameter.

    The name is not repeated in the error: it is input, and might be a person's.
    """
    known = {*supported, *GENERAL}
    if any(name not in known for name, _ in parameters):
        raise unknown_parameter(known)


def unknown_parameter(supported: Iterable[str]) -> InputError:
    return InputError(Finding("unknown-parameter", facts=(("supported", ", ".join(sorted(supported))),)))


def _malformed() -> InputError:
    facts = (("count", str(MAX_PARAMETERS)), ("length", str(MAX_CHARACTERS)))
    return InputError(Finding("malformed-parameters", facts=facts))
