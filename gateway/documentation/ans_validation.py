"""`docs/ans-validation.md`: what the ANS's own validators say of what we make.

Made by `python -m gateway.documentation.ans_validation --kit DIR`; `make docs` leaves it, as it needs their kit.
"""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

from gateway.commands.ans_kit import SCRATCH
from gateway.commands.output import stop
from gateway.errors import GatewayError
from gateway.fhir.format.bundle import read_message
from gateway.mapping.catalog import DOCUMENT_TYPES
from gateway.mapping.context import Context
from gateway.mapping.packing import finish_written
from gateway.validation.ans_kit import AnsKit
from gateway.validation.record import commit_of, record

CONTEXT = Context(datetime(2026, 11, 20, 8, 31, tzinfo=UTC), "fixture")
FORMS = ("level-1",)
"""The forms of a document that are recorded. Level 3 joins them once its entries are stable."""
_PDF = b"%PDF-1.4\n%%EOF\n"
"""Neither a validator nor the hash looks into it, so the record does not change with the printer."""


def documents(fixtures: Path) -> dict[str, bytes]:
    """Every document to be judged: what our mappings make of each message, and the documents of others."""
    found: dict[str, bytes] = {}
    for kind in DOCUMENT_TYPES:
        for path in sorted((fixtures / kind.event).glob("*/input.json")):
            message = read_message(path.read_bytes())
            for form in FORMS:
                written = kind.to_cda(message, CONTEXT, "", form).value
                for number, document in enumerate(finish_written(written, _PDF), 1):
                    found[f"{kind.event}/{path.parent.name}/{form}/{number}"] = document.content
    others = sorted((fixtures / "mssante" / "cda").glob("*.xml"))
    return found | {f"mssante/cda/{path.stem}": path.read_bytes() for path in others}


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
