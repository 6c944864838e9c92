"""Messages for the tests of this room: the normative example, and ways to change it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gateway.errors import InputError
from gateway.fhir.format.bundle import Message, index_message, read_message
from gateway.fhir.format.reading import parse_json, write_json
from gateway.model import Finding

FIXTURES = Path(__file__).parents[3] / "fixtures" / "referral-request"
PLAIN = (FIXTURES / "01-plain" / "input.json").read_bytes()
ALL = {path.parent.name: path.read_bytes() for path in sorted(FIXTURES.glob("*/input.json"))}


def plain() -> dict[str, Any]:
    """The normative example, to be changed at will."""
    return dict(parse_json(PLAIN))


def resource(bundle: Mapping[str, Any], type_: str) -> dict[str, Any]:
    """The first resource of a type."""
    return index_message(bundle).all(type_)[0].resource  # type: ignore[return-value]


def path_of(type_: str, bundle: Mapping[str, Any] | None = None) -> str:
    """Where the first resource of a type stands."""
    return index_message(bundle or plain()).all(type_)[0].path


def changed(type_: str, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The normative example after `change` to its first resource of a type."""
    bundle = plain()
    change(resource(bundle, type_))
    return write_json(bundle)


def refusal(content: bytes) -> tuple[Finding, ...]:
    """The findings with which `read_message` refuses; none when it accepts."""
    try:
        read_message(content)
    except InputError as error:
        return error.findings
    return ()


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in findings]


def read_changed(type_: str, change: Callable[[dict[str, Any]], object]) -> Message:
    return read_message(changed(type_, change))
