"""The list of generated files below `docs/`."""

import json
from collections.abc import Callable
from pathlib import Path

from gateway.documentation.catalogue import errors_page, trace_page
from gateway.documentation.mapping import any_document_page, entries_page, level_1_page, level_3_page
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
    "mapping/entries.md": entries_page,
    "mapping/referral-level-1.md": level_1_page,
    "mapping/referral-level-3.md": level_3_page,
    "mapping/any-document.md": any_document_page,
    "same-patient.md": same_patient_page,
}


def names() -> tuple[str, ...]:
    """Every page, by its name below `docs/`."""
    return (*PAGES, *(f"schemas/{name}.json" for name in SCHEMAS))


def page(name: str) -> str:
    """The content of a page; some take seconds to make."""
    if name in PAGES:
        return PAGES[name]()
    return json.dumps(SCHEMAS[Path(name).stem], indent=2) + "\n"
