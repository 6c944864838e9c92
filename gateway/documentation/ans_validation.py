"""`docs/ans-validation.md`: what the ANS's own validators say of what we make.

Made by `python -m gateway.documentation.ans_validation --kit DIR`; `make docs` leaves it, as it needs their kit.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from gateway.commands.ans_kit import SCRATCH
from gateway.commands.output import stop
from gateway.errors import GatewayError
from gateway.mapping.catalog import DOCUMENT_TYPES
from gateway.mapping.context import Context
from gateway.mapping.convert import convert
from gateway.mapping.kinds import Kind
from gateway.validation.ans_kit import AnsKit
from gateway.validation.record import commit_of, record

CONTEXT = Context(datetime(2026, 11, 20, 8, 31, tzinfo=UTC), "fixture")
FORMS = ("level-1", "level-3")
_PDF = b"%PDF-1.4\n%%EOF\n"
"""Neither a validator nor the hash looks into it, so the record does not change with the printer."""

UNWRITTEN = "lab-report-level1"
"""Read, never written: its type is not yet in our table of confirmed document types."""


def documents(fixtures: Path) -> dict[str, bytes]:
    """Every document to be judged: what we make of each message, the documents of others, what we make of those."""
    found: dict[str, bytes] = {}
    for kind in DOCUMENT_TYPES:
        for path in sorted((fixtures / kind.event).glob("*/input.json")):
            found |= _written(path.read_bytes(), f"{kind.event}/{path.parent.name}")
    for path in sorted((fixtures / "mssante" / "cda").glob("*.xml")):
        content = path.read_bytes()
        found[f"mssante/cda/{path.stem}"] = content
        for read in () if path.stem == UNWRITTEN else _converted(content, Kind.FHIR_DOCUMENT):
            found |= _written(read, f"mssante/cda/{path.stem}")
    return found


def _written(content: bytes, name: str) -> dict[str, bytes]:
    return {
        f"{name}/{form}/{number}": document
        for form in FORMS
        for number, document in enumerate(_converted(content, Kind.CDA, form), 1)
    }


def _converted(content: bytes, target: Kind, form: str = "level-1") -> Sequence[bytes]:
    return convert(content, target, CONTEXT, lambda letter, at: _PDF, form).contents


def main() -> int:
    """Regenerate both files; 1 where something fails, 2 where the kit cannot be used."""
    parser = ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--kit", type=Path, required=True, help="folder of the ANS repository TestContenuCDA-3-0")
    parser.add_argument("--commit", help="commit of the kit, where its folder was not made by git")
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="working copy and compiled rules")
    parser.add_argument("--fixtures", type=Path, default=Path("fixtures"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args()
    commit = given.commit or commit_of(given.kit)
    if commit is None:
        parser.error("this folder was not made by git: give --commit")
    try:
        kit = AnsKit.open(given.kit, given.scratch)
        return 0 if record(kit, commit, documents(given.fixtures), given.docs) else 1
    except GatewayError as error:
        stop(error, str(given.kit))


if __name__ == "__main__":
    sys.exit(main())
