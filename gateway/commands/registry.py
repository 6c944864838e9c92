"""`registry import`, `find`, `show`, `check`, `export`: the national directory from a terminal."""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from gateway.app import trusted_domains
from gateway.clock import SystemClock
from gateway.commands.output import BAD_INPUT, DONE, complain, finding_json, print_json, stop
from gateway.config import Settings, load_settings, variable
from gateway.errors import ConfigurationError, GatewayError
from gateway.model import Finding, MailAddress, Mailbox, Party
from gateway.registry.directory_check import check_directory
from gateway.registry.directory_import import Options, import_extract
from gateway.registry.directory_search import Found, Search, Why, find, find_by_number
from gateway.registry.directory_store import Card, DirectoryStore
from gateway.registry.import_report import ImportReport

app = typer.Typer(help="L'annuaire national : importer, chercher, vérifier.", no_args_is_help=True)
JsonOutput = Annotated[bool, typer.Option("--json", help="Résultat en JSON.")]
_WHY = {
    Why.NUMBER: "numéro",
    Why.NAME: "nom",
    Why.BEGINNING: "début de mot",
    Why.SPELLING: "orthographe proche",
    Why.FILTER: "critères",
}
EXPORTED = (
    "idnat",
    "family",
    "given",
    "profession",
    "skill",
    "structure",
    "structure_name",
    "postal",
    "city",
    "mailboxes",
)


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="Extraits de l'Annuaire Santé, .txt ou .zip.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Dire ce qui changerait, sans rien changer.")] = False,
    tolerate: Annotated[int, typer.Option(help="Lignes fautives que l'on accepte d'écarter.", min=0)] = 0,
    allow_shrink: Annotated[bool, typer.Option(help="Accepter qu'une grande part de l'annuaire disparaisse.")] = False,
    json_output: JsonOutput = False,
) -> None:
    """Importer chaque extrait en entier, ou pas du tout ; relancer la commande reprend là où elle s'est arrêtée."""
    settings = _settings()
    options, results, bad = Options(dry_run, allow_shrink, tolerate), [], False
    for path in files:
        try:
            report = import_extract(
                _database(settings), path, SystemClock().now(), options, _trusts(settings), _progress(path)
            )
        except GatewayError as error:
            complain(str(path), error.findings)
            results.append({"file": str(path), "findings": [finding_json(finding) for finding in error.findings]})
            bad = True
            continue
        complain(str(path), report.findings)
        results.append({"file": str(path), **report.as_json(), "findings": [finding_json(f) for f in report.findings]})
        if not json_output:
            _print_report(path, report)
    if json_output:
        print_json(results)
    raise typer.Exit(BAD_INPUT if bad else DONE)


@app.command("find")
def find_people(
    text: Annotated[str, typer.Argument(help="Nom, prénom, structure, ou numéro RPPS.")] = "",
    commune: Annotated[str, typer.Option(help="Nom, code postal ou code INSEE.")] = "",
    profession: Annotated[str, typer.Option(help="Profession ou savoir-faire, en mots ou par son code.")] = "",
    skill: Annotated[str, typer.Option(help="Savoir-faire, s'il s'ajoute à la profession.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    json_output: JsonOutput = False,
) -> None:
    """Chercher une personne ou une structure : accents, particules et fautes de frappe sont pardonnés."""
    store = _store()
    try:
        found = find(store, Search(text, commune, profession, skill, limit))
    except GatewayError as error:
        stop(error, "registry find", BAD_INPUT)
    if json_output:
        print_json([_found_json(one) for one in found])
        return
    number = Column("Numéro", no_wrap=True, min_width=12)
    table = Table("Nom", "Profession", "Structure", "Commune", number, "Trouvé par", box=None, pad_edge=False)
    for one in found:
        table.add_row(*_row(one))
    Console(highlight=False, markup=False).print(table if found else "Personne.")


@app.command("show")
def show(
    number: Annotated[str, typer.Argument(help="RPPS, idNat_PS, FINESS ou Struct_IdNat.")],
    json_output: JsonOutput = False,
) -> None:
    """Une personne et ses lieux d'exercice, ou une structure ; avec leurs boîtes MSSanté."""
    store = _store()
    shown = _shown(store, number)
    if json_output:
        print_json(shown)
        return
    console = Console(highlight=False, markup=False)
    console.print(f"{shown['name']}  {shown['person'] or shown['structure']}", style="bold")
    for place in shown["places"]:
        trade = place["skill_label"] or place["profession_label"]
        console.print(
            f"  {trade}  {place['structure_name']}  {place['postal']} {place['city']}  {place['structure'] or ''}"
        )
    for box in shown["mailboxes"]:
        console.print(f"  {box['type']}  {box['address']}")


@app.command("check")
def check(json_output: JsonOutput = False) -> None:
    """L'annuaire est-il entier, récent, cohérent ? Code de sortie 1 sinon."""
    settings = _settings()
    try:
        health = check_directory(_opened(settings), SystemClock().now(), _trusts(settings))
    except GatewayError as error:
        stop(error, "registry check", BAD_INPUT)
    told = {
        "good": health.good,
        "intact": health.intact,
        "counts": health.counts,
        "imports": {run.extract: {"at": run.finished_at.isoformat(), "age_days": run.age_days} for run in health.runs},
        "untrusted": health.untrusted,
    }
    if json_output:
        print_json(told)
    else:
        for name, count in {**health.counts, "untrusted": health.untrusted}.items():
            print(f"{'–' if count is None else count:>10}  {name}")
        for run in health.runs:
            print(f"{run.age_days:>10}  jours / days: {run.extract}")
        print("bon / good" if health.good else "À VOIR / NOT GOOD")
    raise typer.Exit(DONE if health.good else BAD_INPUT)


@app.command("export")
def export(
    commune: Annotated[str, typer.Option(help="Nom, code postal ou code INSEE.")] = "",
    out: Annotated[Path | None, typer.Option(help="Fichier à écrire ; sinon la sortie standard.")] = None,
) -> None:
    """Toutes les situations d'exercice et leurs boîtes, en CSV (point-virgule, UTF-8)."""
    store = _store()
    try:
        if out is None:
            _write(store, commune, sys.stdout)
            return
        with out.open("w", encoding="utf-8", newline="") as file:
            _write(store, commune, file)
    except OSError:
        stop(ConfigurationError(Finding("unreadable-file")), str(out))
    except GatewayError as error:
        stop(error, "registry export", BAD_INPUT)


def _write(store: DirectoryStore, commune: str, file: Any) -> None:
    writer = csv.writer(file, delimiter=";", lineterminator="\n")
    writer.writerow(EXPORTED)
    for card, addresses in store.situations(commune):
        writer.writerow(
            (
                card.person,
                card.family,
                card.given,
                card.combined_profession,
                card.skill_label,
                card.structure,
                card.structure_name,
                card.postal,
                card.city,
                " ".join(addresses),
            )
        )


def _settings() -> Settings:
    try:
        return load_settings()
    except ConfigurationError as error:
        stop(error, "cpts-gateway")


def _database(settings: Settings) -> Path:
    if settings.registry_database is None:
        name = variable("registry_database")
        stop(ConfigurationError(Finding("setting-missing", name, (("setting", name),))), "cpts-gateway")
    return settings.registry_database


def _store() -> DirectoryStore:
    return _opened(_settings())


def _opened(settings: Settings) -> DirectoryStore:
    try:
        return DirectoryStore(_database(settings))
    except GatewayError as error:
        stop(error, "registry")


def _trusts(settings: Settings) -> Callable[[MailAddress], bool] | None:
    trusted = trusted_domains(settings, SystemClock())
    return trusted.trusts if trusted else None


def _progress(path: Path) -> Callable[[str], None]:
    return lambda line: print(f"{path.name}: {line}", file=sys.stderr, flush=True)


def _print_report(path: Path, report: ImportReport) -> None:
    state = "importé" if report.applied else "rien à changer" if not _differs(report) else "essai, rien n'est changé"
    print(f"{path.name}: {report.lines} lignes, {state}")
    for name, changes in report.tables.items():
        print(f"  {name}: +{changes.added} ~{changes.changed} -{changes.removed}")
    print(
        f"  désactivés {report.deactivated}, lignes répétées {report.repeated_lines}, "
        f"adresses partagées {report.shared_addresses}, lignes écartées {report.set_aside}"
    )


def _differs(report: ImportReport) -> bool:
    return any(changes.any for changes in report.tables.values())


def _row(found: Found) -> tuple[str, ...]:
    card = found.cards[0]
    more = f" (+{len(found.cards) - 1})" if len(found.cards) > 1 else ""
    trade = card.skill_label or card.profession_label
    why = ", ".join([_WHY[found.why], *(f"{typed} → {read}" for typed, read in found.read_as)])
    return (
        card.name,
        trade,
        card.structure_name + more,
        f"{card.postal} {card.city}",
        card.person or card.structure or "",
        why,
    )


def _found_json(found: Found) -> dict[str, Any]:
    card = found.cards[0]
    return {
        "name": card.name,
        "person": card.person,
        "structure": card.structure if card.person is None else None,
        "why": found.why.value,
        "read_as": dict(found.read_as),
        "places": [_place_json(place) for place in found.cards],
    }


def _place_json(card: Card) -> dict[str, Any]:
    return {
        "structure": card.structure,
        "structure_name": card.structure_name,
        "postal": card.postal,
        "city": card.city,
        "profession": card.combined_profession,
        "profession_label": card.profession_label,
        "skill_label": card.skill_label,
    }


def _shown(store: DirectoryStore, number: str) -> dict[str, Any]:
    try:
        found = find_by_number(store, number)
        cards = found.cards if found else ()
        party = _party(cards)
        boxes = store.find_mailboxes(party) if party else []
    except GatewayError as error:
        stop(error, "registry show", BAD_INPUT)
    if party is None:
        left = store.departed_on(number if len(number) == 12 else f"8{number}")
        typer.echo(f"Plus dans l'annuaire depuis le {left}." if left else f"Inconnu : {number}.", err=True)
        raise typer.Exit(BAD_INPUT)
    shown = {"name": party.name, "person": party.person, "structure": party.structure}
    return shown | {"places": [_place_json(c) for c in cards], "mailboxes": [_box_json(box) for box in boxes]}


def _party(cards: tuple[Card, ...]) -> Party | None:
    if not cards:
        return None
    return Party(cards[0].person, None if cards[0].person else cards[0].structure, cards[0].name)


def _box_json(box: Mailbox) -> dict[str, Any]:
    return {"address": box.address, "type": box.type.value, "structure": box.owner.structure}
