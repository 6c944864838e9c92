"""`survey DIR`: any folder of CDA documents, each read into FHIR; what became of every leaf, and what it cost.

Made for documents that others wrote. A document may be refused, with a code; nothing may be lost, and no foreign
exception may escape: either is a defect of ours, and makes the exit 1.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from gateway.commands.output import BAD_INPUT, WRONG_USE, print_json
from gateway.errors import GatewayError
from gateway.mapping.catalog import document_to_fhir
from gateway.mapping.context import BENCH
from gateway.mapping.coverage import Coverage, Share, coverage_of
from gateway.mapping.result import LossReport, Outcome
from gateway.mssante.format import cda

OUTCOMES = ("leaves", *(outcome.value for outcome in Outcome))


@dataclass(frozen=True, slots=True)
class Read:
    """A document that became FHIR."""

    loss: LossReport
    coverage: Coverage
    kilobytes: float
    milliseconds: float
    """CPU, from the bytes to the FHIR resources with the receipt of loss."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Every file of a folder, by name."""

    read: dict[str, Read] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """With the code of the refusal."""
    failed: dict[str, str] = field(default_factory=dict)
    """With the class of the exception that escaped: it may hold patient data, so no more of it is told."""

    @property
    def lost(self) -> int:
        """Leaves lost in all."""
        return sum(len(one.loss.lost) for one in self.read.values())

    @property
    def holds(self) -> bool:
        """Nothing was lost and nothing escaped."""
        return not self.lost and not self.failed


def survey(
    folder: Annotated[Path, typer.Argument(help="Dossier de documents CDA (*.xml), parcouru en profondeur.")],
    json_output: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
    progress: Annotated[bool, typer.Option("--progress", help="Montrer l'avancement.")] = False,
) -> None:
    """Lire des documents CDA venus d'ailleurs : ce qui est structuré, dit en mots, joint ou perdu, et le temps."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".xml" and path.is_file())
    if not paths:
        typer.echo(f"Aucun fichier .xml sous {folder}.", err=True)
        raise typer.Exit(WRONG_USE)
    result = survey_of(folder, track(paths, transient=True, disable=not progress))
    if json_output:
        print_json(as_json(result))
    else:
        print("\n".join(lines(result)))
    raise typer.Exit(0 if result.holds else BAD_INPUT)


def survey_of(folder: Path, paths: Iterable[Path]) -> Survey:
    """Read each file. The first one is read twice, so that no figure holds the cost of loading tables."""
    result = Survey()
    for number, path in enumerate(paths):
        if number == 0:
            _one(Survey(), "", path)
        _one(result, str(path.relative_to(folder)), path)
    return result


def _one(result: Survey, name: str, path: Path) -> None:
    try:
        result.read[name] = _read(path.read_bytes())
    except GatewayError as error:
        result.refused[name] = error.code
    except Exception as error:
        # What is counted here is just that: an exception that is none of ours.
        result.failed[name] = type(error).__name__


def _read(content: bytes) -> Read:
    start = time.process_time()
    document = cda.read(content)
    mapped = document_to_fhir(document, BENCH, "")
    milliseconds = (time.process_time() - start) * 1000
    return Read(mapped.loss, coverage_of(document, mapped.loss), len(content) / 1024, milliseconds)


# --- what it says ------------------------------------------------------------------------------------------------


def counts(reads: Iterable[Read]) -> dict[str, int]:
    """Outcome → leaves, of one document or several."""
    total: Counter[str] = Counter()
    for one in reads:
        total.update(Counter(item.outcome for item in one.loss.items))
        total["leaves"] += one.loss.leaves
    return {name: total[name] for name in OUTCOMES}


def coverage(reads: Iterable[Read]) -> tuple[Share, dict[str, Share]]:
    """Statements with a template of ours, of all; and the coded values of each part."""
    statements, attributes = Share(), dict[str, Share]()
    for one in reads:
        statements += one.coverage.entries
        for part, share in one.coverage.attributes.items():
            attributes[part] = attributes.get(part, Share()) + share
    return statements, attributes


def as_json(result: Survey) -> dict[str, Any]:
    """The published form (`docs/schemas/survey.json`)."""
    files = [
        *({"file": name, **_facts([one])} for name, one in result.read.items()),
        *({"file": name, "refused": code} for name, code in result.refused.items()),
        *({"file": name, "exception": kind} for name, kind in result.failed.items()),
    ]
    reads = list(result.read.values())
    total = {"read": len(reads), "refused": len(result.refused), "exceptions": len(result.failed), **_facts(reads)}
    return {"files": sorted(files, key=lambda row: str(row["file"])), "total": total}


def _facts(reads: list[Read]) -> dict[str, Any]:
    statements, attributes = coverage(reads)
    return {
        "counts": counts(reads),
        "kilobytes": round(sum(one.kilobytes for one in reads), 1),
        "cpu_ms": round(sum(one.milliseconds for one in reads), 2),
        "ms_per_kilobyte": round(_median_cost(reads), 3),
        "statements": {"listed": statements.part, "all": statements.whole},
        "coded_values": {name: {"structured": s.part, "all": s.whole} for name, s in sorted(attributes.items())},
    }


def _median_cost(reads: list[Read]) -> float:
    return statistics.median(one.milliseconds / one.kilobytes for one in reads) if reads else 0.0


def lines(result: Survey) -> list[str]:
    """The same for people: one line per file, then the totals."""
    width = max(map(len, (*result.read, *result.refused, *result.failed)))
    rows = {name: _row(one) for name, one in result.read.items()}
    rows |= {name: f"refusé : {code}" for name, code in result.refused.items()}
    rows |= {name: f"EXCEPTION : {kind}" for name, kind in result.failed.items()}
    return [*(f"{name:{width}}  {rows[name]}" for name in sorted(rows)), "", *_totals(result)]


def _row(one: Read) -> str:
    numbers = counts([one])
    shares = [f"{name} {numbers[name]}" for name in OUTCOMES if name == "leaves" or numbers[name]]
    return f"{' · '.join(shares)} · {one.milliseconds / one.kilobytes:.3f} ms/Ko"


def _totals(result: Survey) -> list[str]:
    reads = list(result.read.values())
    numbers, (statements, attributes) = counts(reads), coverage(reads)
    total = max(numbers["leaves"], 1)
    return [
        f"{len(reads)} lus, {len(result.refused)} refusés, {len(result.failed)} exceptions",
        *(f"{name:12} {numbers[name]:8}  {numbers[name] / total:6.1%}" for name in OUTCOMES),
        f"entrées dont une partie connaît le modèle : {statements}",
        f"codes et valeurs distincts de ces entrées, structurés : {sum(attributes.values(), Share())}, "
        f"{sum(bool(one.coverage.attributes) for one in reads)} fichiers",
        *(f"  {name:24} {share}" for name, share in sorted(attributes.items())),
        f"CDA → FHIR avec le reçu, CPU : {_median_cost(reads):.3f} ms/Ko (médiane par fichier), "
        f"{sum(one.milliseconds for one in reads) / max(sum(one.kilobytes for one in reads), 1):.3f} en tout",
    ]
