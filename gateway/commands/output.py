"""How commands speak: findings in words on stderr, results on stdout, JSON where asked; exit codes 0, 1, 2."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from gateway.error_catalogue import describe, severity_of
from gateway.errors import GatewayError
from gateway.model import Finding, Language

DONE, BAD_INPUT, WRONG_USE = 0, 1, 2


def language() -> Language:
    """French, unless the terminal speaks English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return Language.ENGLISH if spoken.startswith("en") else Language.FRENCH


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def finding_json(finding: Finding) -> dict[str, str]:
    """The published form of a finding (`docs/schemas/finding.json`)."""
    text = describe(finding, language())
    return {"code": finding.code, "severity": severity_of(finding).value, "path": finding.path, "text": text}


def complain(subject: str, findings: Iterable[Finding]) -> None:
    """Findings in words, one line each, on stderr."""
    for finding in findings:
        where = f" @ {finding.path}" if finding.path else ""
        print(f"{subject}: {finding.code}{where}: {describe(finding, language())}", file=sys.stderr)


def stop(error: GatewayError, subject: str, status: int = WRONG_USE) -> NoReturn:
    """Say why and leave."""
    complain(subject, error.findings)
    raise SystemExit(status)
