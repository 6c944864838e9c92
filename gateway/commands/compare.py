"""`compare A B`: do two FHIR contents say the same?"""

from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.output import BAD_INPUT, complain, print_json
from gateway.errors import GatewayError
from gateway.fhir.format.compare import Difference
from gateway.fhir.format.compare import compare as compare_contents
from gateway.fhir.format.reading import parse_json
from gateway.mapping.carried import carried
from gateway.mapping.context import BENCH
from gateway.model import Finding
from gateway.tables import read_rows

ROUNDTRIP = Path(__file__).parents[2] / "fixtures" / "roundtrip.tsv"


def compare(
    a: Annotated[Path, typer.Argument(help="Premier contenu FHIR.")],
    b: Annotated[Path, typer.Argument(help="Second contenu FHIR.")],
    carried_only: Annotated[
        bool, typer.Option("--carried", help="Ne comparer que ce que le reçu de perte dit structuré dans un CDA.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Deux contenus FHIR sont-ils égaux ? Les ids sont renommés ; l'ordre ne compte que là où FHIR le dit."""
    try:
        left, right = (parse_json(path.read_bytes()) for path in (a, b))
        if carried_only:
            left, right = carried(left, BENCH), carried(right, BENCH)
        differences = compare_contents(left, right, _ignored())
    except GatewayError as error:
        complain("compare", error.findings)
        raise typer.Exit(BAD_INPUT) from None
    except OSError:
        complain("compare", [Finding("unreadable-file")])
        raise typer.Exit(BAD_INPUT) from None
    # A CDA requires values that a message may lack: what it filled is shown, and is no difference of what was carried.
    counted = [d for d in differences if not (carried_only and d.kind == "added")]
    _tell(differences, not counted, json_output)
    raise typer.Exit(BAD_INPUT if counted else 0)


def _ignored() -> list[str]:
    """Paths that a round trip may change; none outside a checkout."""
    return [row["path"] for row in read_rows(ROUNDTRIP.read_text("utf-8"))] if ROUNDTRIP.exists() else []


def _tell(differences: tuple[Difference, ...], equal: bool, json_output: bool) -> None:
    if json_output:
        found = [{"path": d.path, "kind": d.kind} for d in differences]
        print_json({"equal": equal, "differences": found})
        return
    for difference in differences:
        print(f"{difference.kind:8} {difference.path}")
    print("égaux" if equal else f"{len(differences)} différence(s)")
