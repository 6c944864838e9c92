"""`convert IN… --to KIND`: one content into another kind, with its receipt of loss."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from gateway.commands.output import BAD_INPUT, WRONG_USE, complain, print_json
from gateway.errors import GatewayError
from gateway.mapping.context import Context
from gateway.mapping.convert import SUFFIXES, Conversion
from gateway.mapping.convert import convert as convert_content
from gateway.mapping.kinds import Kind
from gateway.mapping.result import LossReport
from gateway.model import Finding
from gateway.mssante.adapters.pdf_renderer import TypstRenderer


def convert(
    inputs: Annotated[list[Path], typer.Argument(help="Contenus à convertir ; leur nature est reconnue.")],
    to: Annotated[Kind, typer.Option("--to", help="Nature voulue.")],
    out: Annotated[Path | None, typer.Option(help="Fichier, ou dossier s'il y a plusieurs entrées.")] = None,
    loss: Annotated[Path | None, typer.Option(help="Où écrire le reçu de perte.")] = None,
    at: Annotated[
        str | None, typer.Option(help="Instant de la conversion (ISO 8601), pour des octets reproductibles.")
    ] = None,
    seed: Annotated[str, typer.Option(help="Graine des identifiants, pour des octets reproductibles.")] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Convertir entre FHIR, CDA, XDM, courriel et PDF, sans rien perdre en silence."""
    if len(inputs) > 1 and out is None:
        raise _wrong_use("Plusieurs entrées : donner --out DOSSIER.")
    if len(inputs) > 1 and loss:
        raise _wrong_use("--loss ne vaut que pour une entrée ; --json donne le reçu de chacune.")
    instant, seed = _instant(at), seed or os.urandom(16).hex()
    targets = _targets(inputs, out, to)
    taken: set[Path | None] = set(targets)
    results = []
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), transient=True, disable=len(inputs) < 5
    ) as progress:
        task = progress.add_task("", total=len(inputs))
        for number, (source, target) in enumerate(zip(inputs, targets, strict=True), 1):
            progress.update(task, description=f"{number}/{len(inputs)} {source.name}")
            results.append(_one(source, target, to, partial(_context, instant, seed), taken, loss))
    if json_output:
        print_json(results)
    raise typer.Exit(BAD_INPUT if any("error" in result for result in results) else 0)


def _wrong_use(said: str) -> typer.Exit:
    typer.echo(said, err=True)
    return typer.Exit(WRONG_USE)


def _instant(at: str | None) -> datetime:
    """With its offset: a time without one would depend on the machine."""
    try:
        instant = datetime.fromisoformat(at) if at else datetime.now(UTC)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise _wrong_use(f"--at n'est pas un instant ISO 8601 avec son décalage : {at}")
    return instant.astimezone(UTC)


def _context(instant: datetime, seed: str, content: bytes) -> Context:
    """Of one input: two contents of one run never share an id."""
    return Context(instant, f"{seed}/{sha256(content).hexdigest()}")


def _targets(inputs: list[Path], out: Path | None, to: Kind) -> list[Path | None]:
    """Where each result goes. A collision is refused before anything is written."""
    if len(inputs) == 1:
        return [out]
    assert out is not None
    parent = Path(os.path.commonpath([path.absolute().parent for path in inputs]))
    targets: list[Path | None] = [
        out / path.absolute().relative_to(parent).with_suffix(SUFFIXES.get(to, "")) for path in inputs
    ]
    if len(set(targets)) != len(targets):
        raise _wrong_use("Deux entrées donneraient le même fichier.")
    return targets


def _one(
    source: Path,
    target: Path | None,
    to: Kind,
    context: Callable[[bytes], Context],
    taken: set[Path | None],
    loss: Path | None,
) -> dict[str, object]:
    try:
        content = source.read_bytes()
        done = convert_content(content, to, context(content), TypstRenderer().render)
    except GatewayError as error:
        complain(str(source), error.findings)
        return {"input": str(source), "error": error.code}
    except OSError:
        complain(str(source), [Finding("unreadable-file")])
        return {"input": str(source), "error": "unreadable-file"}
    written = _write(done, target, taken)
    losses = [report.as_json() for report in done.losses]
    if loss and losses:
        loss.write_bytes(_receipt(done.losses[0]))
    return {"input": str(source), "outputs": written, "losses": losses}


def _write(done: Conversion, target: Path | None, taken: set[Path | None]) -> list[str]:
    """The first content to its file, further ones beside it, under the next numbers. Without a file: stdout."""
    if target is None:
        for content in done.contents:
            sys.stdout.buffer.write(content)
        return []
    target.parent.mkdir(parents=True, exist_ok=True)
    numbered = (target.with_stem(f"{target.stem}-{number}") for number in count(2))
    free = (name for name in numbered if name not in taken)
    names = [target, *islice(free, len(done.contents) - 1)]
    taken.update(names)
    for name, content in zip(names, done.contents, strict=True):
        name.write_bytes(content)
    return [str(name) for name in names]


def _receipt(loss: LossReport) -> bytes:
    return json.dumps(loss.as_json(), ensure_ascii=False, indent=2).encode()
