"""`validate IN…`: every finding with its path, its rule and its weight."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.ans_kit import judge, lines
from gateway.commands.output import BAD_INPUT, complain, finding_json, print_json, stop
from gateway.error_catalogue import severity_of
from gateway.errors import ConfigurationError, GatewayError
from gateway.fhir.format.bundle import read_message
from gateway.fhir.format.rules import check_message
from gateway.mapping.kinds import Kind, kind_of
from gateway.model import Finding, Severity
from gateway.mssante.format import cda, mail, xdm
from gateway.mssante.format.pdf_a import check_pdf_a

Findings = tuple[Finding, ...]


def validate(
    inputs: Annotated[list[Path], typer.Argument(help="Contenus à vérifier ; leur nature est reconnue.")],
    ans_kit: Annotated[Path | None, typer.Option(help="Dossier du kit de l'ANS, téléchargé par vos soins.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Vérifier des messages FHIR, CDA, archives XDM, courriels et PDF."""
    results = {path: _findings(path) for path in inputs}
    if json_output:
        print_json({str(path): [finding_json(f) for f in found] for path, found in results.items()})
    else:
        for path, found in results.items():
            complain(str(path), found)
            print(f"{path}: {'conforme' if not _is_bad(found) else 'non conforme'} ({len(found)} constat(s))")
    bad = any(_is_bad(found) for found in results.values())
    if ans_kit:
        bad = _run_kit(ans_kit, inputs) or bad
    raise typer.Exit(BAD_INPUT if bad else 0)


def _run_kit(folder: Path, inputs: list[Path]) -> bool:
    """Whether the ANS kit finds fault with any document."""
    try:
        verdicts = judge(folder, inputs)
    except ConfigurationError as error:
        stop(error, "validate --ans-kit")
    for line in (line for verdict in verdicts for line in lines(verdict)):
        print(line)
    return not all(verdict.passes for verdict in verdicts)


def _is_bad(found: Findings) -> bool:
    return any(severity_of(finding) in (Severity.FATAL, Severity.ERROR) for finding in found)


def _findings(path: Path) -> Findings:
    try:
        content = path.read_bytes()
        return _CHECKS.get(kind_of(content), _nothing)(content)
    except GatewayError as error:
        return error.findings
    except OSError:
        return (Finding("unreadable-file"),)


def _check_fhir(content: bytes) -> Findings:
    return check_message(read_message(content))


def _check_cda(content: bytes) -> Findings:
    return cda.check(cda.read(content))


def _check_xdm(content: bytes) -> Findings:
    archive = xdm.unpack(content)
    return (*archive.findings, *(f for _, document in archive.documents for f in _check_cda(document)))


def _check_mail(content: bytes) -> Findings:
    read = mail.read(content)
    inside = [xdm.unpack(archive) for archive in read.archives]
    codes = [c.code for archive in inside for _, d in archive.documents if (c := cda.read(d).code)]
    return (*read.findings, *mail.check(read, codes), *(f for archive in read.archives for f in _check_xdm(archive)))


def _nothing(content: bytes) -> Findings:
    return (Finding("validation-not-available", facts=(("kind", kind_of(content).value),)),)


_CHECKS: dict[Kind, Callable[[bytes], Findings]] = {
    Kind.FHIR_MESSAGE: _check_fhir,
    Kind.CDA: _check_cda,
    Kind.XDM: _check_xdm,
    Kind.MAIL: _check_mail,
    Kind.PDF: check_pdf_a,
}
