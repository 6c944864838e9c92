"""`demo`: everything embedded. Without `--once` it runs until Ctrl-C and tells what happens; with it, it checks."""

import json
import os
import signal
import tempfile
import threading
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from gateway.commands.demo_checks import FLOWS, run
from gateway.commands.demo_client import Resource, outputs
from gateway.commands.demo_world import (
    FIXTURES,
    FREE_MAILBOX,
    OURS,
    SENDING_STRUCTURES,
    WITH_MAILBOX_ONLY,
    WITH_SOFTWARE,
    World,
    running_world,
)
from gateway.commands.messages import PARIS, print_trace
from gateway.commands.output import BAD_INPUT, print_json
from gateway.commands.serve import configure_logging
from gateway.sandbox.partners import Deed, Done

FILE = Path("demo.json")
_DEEDS = {
    Deed.READ: "a ouvert le courriel",
    Deed.REPLIED: "a répondu en texte libre",
    Deed.CONFIRMED_READING: "a confirmé la lecture",
    Deed.SAID_AWAY: "est absent : réponse automatique",
    Deed.REPORTED_PROCESSED: "a intégré le document (MDN)",
    Deed.REPORTED_FAILURE: "a refusé le document (MDN)",
    Deed.ANSWERED_WITH_DOCUMENT: "a renvoyé un compte rendu structuré",
}


def demo(
    port: Annotated[int, typer.Option(help="Port HTTP ; 0 en prend un libre.")] = 8080,
    once: Annotated[bool, typer.Option("--once", help="Vérifier chaque flux de bout en bout, puis s'arrêter.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Montrer un adressage qui part, arrive, reçoit sa réponse, avec toutes ses étapes."""
    configure_logging("error")
    with tempfile.TemporaryDirectory(prefix="cpts-gateway-") as folder:
        status = _once(Path(folder), json_output) if once else _stay(Path(folder), port)
    raise typer.Exit(status)


def _once(folder: Path, json_output: bool) -> int:
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        if not json_output:
            print(line, flush=True)

    with running_world(folder) as world:
        passed, failed = run(world, FLOWS, say)
    if json_output:
        print_json({"passed": passed, "failed": failed, "flows": lines})
    else:
        print(f"{passed} passed, {failed} failed")
    return BAD_INPUT if failed else 0


def _stay(folder: Path, port: int) -> int:
    console = Console(highlight=False)

    def tell(done: Done) -> None:
        console.print(f"  {_now()} le confrère {_DEEDS[done.deed]}")

    with console.status("Démarrage de l'opérateur MSSanté, de la passerelle et des confrères…"):
        context = running_world(folder, port, tell)
        world = context.__enter__()
    try:
        _write_file(world)
        _introduce(console, world)
        _show_one(console, world)
        console.print("\nLa passerelle reste ouverte. Ctrl-C pour arrêter.")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Arrêt…")
    finally:
        FILE.unlink(missing_ok=True)
        context.__exit__(None, None, None)
    return 0


def _now() -> str:
    return datetime.now(PARIS).strftime("%H:%M:%S")


def _write_file(world: World) -> None:
    """It holds tokens: readable by its owner only."""
    with os.fdopen(os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(how_to_join(world), file, indent=2)


def how_to_join(world: World) -> dict[str, Any]:
    """What another program needs to join in."""
    operator = world.operator
    ours, free = operator.certificate_for(OURS), operator.certificate_for(FREE_MAILBOX)
    return {
        "base_url": world.gateway.settings.base_url,
        "fhir": f"{world.gateway.settings.base_url}/fhir",
        "tokens": {"logiciel-demo": world.token, "logiciel-voisin": world.neighbour_token},
        "structures": sorted(SENDING_STRUCTURES),
        "mailboxes": {
            "gateway": OURS,
            "with_software": WITH_SOFTWARE,
            "with_mailbox_only": WITH_MAILBOX_ONLY,
            "free": FREE_MAILBOX,
        },
        "smtp": {"host": operator.host, "port": operator.smtp_port},
        "imap": {"host": operator.host, "port": operator.imap_port},
        "tls": {"ca": str(operator.ca_path), "certificate": str(ours.certificate), "key": str(ours.key)},
        "free_mailbox_tls": {"certificate": str(free.certificate), "key": str(free.key)},
        "database": world.gateway.settings.database_url,
        "example": str(FIXTURES / "referral-request" / "01-plain" / "input.json"),
    }


def _introduce(console: Console, world: World) -> None:
    console.print(f"\n[bold]Passerelle CPTS[/]  {world.gateway.settings.base_url}/fhir   (jeton et accès : {FILE})")
    console.print(f"Opérateur MSSanté embarqué : SMTP {world.operator.smtp_port}, IMAP {world.operator.imap_port}\n")


def _show_one(console: Console, world: World) -> None:
    """One referral to each colleague, and its trace once it is answered."""
    for name, wait_for in (("01-plain", "answer"), ("06-born-abroad", "reply-text")):
        console.print(f"[bold]Adressage d'exemple {name}[/]")
        answer = world.client.post((FIXTURES / "referral-request" / name / "input.json").read_bytes())
        console.print(f"  {_now()} accepté, enregistré sur disque (HTTP {answer.status})")
        task = world.client.follow(answer, partial(_has_output, code=wait_for))
        time.sleep(1.0)
        console.print()
        print_trace(console, world.gateway.store.query, task["id"])
        console.print()


def _has_output(task: Resource, code: str) -> bool:
    return bool(outputs(task, code))
