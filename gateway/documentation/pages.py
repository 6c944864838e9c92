"""The list of generated files below `docs/`."""

import json
from collections.abc import Callable
from pathlib import Path

from gateway.documentation.catalogue import errors_page, trace_page
from gateway.documentation.same_patient import same_patient_page
from gateway.documentation.schemas import SCHEMAS
from gateway.documentation.settings import settings_page
from gateway.documentation.structural import structural_page

DOCS = Path(__file__).parents[2] / "docs"

PAGES: dict[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "trace.md": trace_page,
    "settings.md": settings_page,
    "mapping/structural.md": structural_page,
    "same-patient.md": same_patient_page,
}


def pages() -> dict[str, str]:
    """Name below `docs/` → content."""
    made = {name: page() for name, page in PAGES.items()}
    schemas = {f"schemas/{name}.json": json.dumps(schema, indent=2) + "\n" for name, schema in SCHEMAS.items()}
    return made | schemas
