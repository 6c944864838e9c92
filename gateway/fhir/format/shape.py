"""A second opinion on the shape of a resource: the models of `fhir.resources`, kept behind one door.

They know R4B 4.3.0, which holds every R4 element that we use. Their import and first use take seconds, so both wait
until a type is needed, or until `warm` at start-up. Their values are thrown away: they lose digits of decimals and
rewrite instants.

Source: fhir.resources 8.3 (package R4B; the root package would be R5).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.fhir.format.elements import resource_type
from gateway.fhir.format.leaves import Json
from gateway.fhir.format.paths import safe_name
from gateway.fhir.format.resource_types import RESOURCE_TYPES
from gateway.model import Finding


def warm(types: Iterable[str] = sorted(RESOURCE_TYPES)) -> None:
    """Load the models and build their validators now rather than for the first message."""
    for name in types:
        check_shape({"resourceType": name}, name)


def check_shape(resource: Mapping[str, Json], path: str) -> tuple[Finding, ...]:
    """What the model of the resource's type has against it; the type must be one of RESOURCE_TYPES."""
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    try:
        get_fhir_model_class(resource_type(resource)).model_validate(resource)
    except ValidationError as error:
        return tuple(Finding("wrong-shape", _path(path, e["loc"])) for e in error.errors(include_url=False))
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        # A contained resource of an unknown type, or a value that a model's own code did not expect.
        return (Finding("wrong-shape", path),)
    return ()


def _path(path: str, location: Iterable[Any]) -> str:
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{safe_name(str(step))}"
    return path.removesuffix(".root")
