"""`messages list`, `show` and `trace`: the journal from a terminal."""

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from gateway.commands.journal_access import opened
from gateway.commands.output import BAD_INPUT, language, print_json
from gateway.flows.timeline import events_of_thread
from gateway.journal import Delivery, Direction, Event, Message
from gateway.mapping.timeline import words_of
from gateway.model import ItemId
from gateway.ports import JournalQuery

app = typer.Typer(help="Les messages du journal.", no_args_is_help=True)
PARIS = ZoneInfo("Europe/Paris")
_KINDS = {"referral-request": "Adressage"}
_ACTORS = {
    "client": "logiciel", "registry": "annuaire", "worker": "passerelle", "operator": "opérateur",
    "recipient": "destinataire",
}  # fmt: skip
_IN_THE_BACKGROUND = frozenset({"mail-received"})
"""What every mail goes through: the line that says what it was follows."""
_ARROW = {Direction.OUTWARD: "→", Direction.INWARD: "←"}
_COLOURS = {
    "integrated": "green", "read": "green", "delivered": "green", "reply-received": "green",
    "reply-text-received": "green", "undeliverable": "red", "rejected-by-software": "red", "expired": "red",
    "refused": "red", "quarantined": "yellow", "outcome-unknown": "yellow", "put-off": "yellow", "delayed": "yellow",
}  # fmt: skip

JsonOutput = Annotated[bool, typer.Option("--json", help="Résultat en JSON.")]


@app.command("list")
def list_messages(
    limit: Annotated[int, typer.Option(help="Nombre de messages.")] = 20, json_output: JsonOutput = False
) -> None:
    """Les derniers messages, le plus récent d'abord."""
    with opened() as (store, settings):
        found = store.query.messages(settings.tenant, limit=limit)
    if json_output:
        print_json([message_json(message) for message in found])
        return
    table = Table("", "Message", "Reçu", "Nature", "Destinataire", "État", box=None, pad_edge=False)
    for message in found:
        table.add_row(*_row(message))
    Console(highlight=False).print(table)


@app.command("show")
def show(message_id: str, json_output: JsonOutput = False) -> None:
    """Un message et ses envois."""
    with opened() as (store, _):
        message = _found(store.query, message_id)
    if json_output:
        print_json(message_json(message))
        return
    console = Console(highlight=False)
    console.print(f"[bold]{message.kind}[/] {message.id}  {_time(message.accepted_at)}  priorité {message.priority}")
    for delivery in message.deliveries:
        console.print(
            f"  {delivery.mailbox}  [bold]{delivery.state}[/] {delivery.code or ''}  {delivery.mail_message_id}"
        )


@app.command("trace")
def trace(message_id: str, json_output: JsonOutput = False) -> None:
    """Toute l'histoire d'un échange, de la demande à la réponse."""
    with opened() as (store, _):
        _found(store.query, message_id)
        if json_output:
            print_json([event_json(event) for event in events_of_thread(store.query, ItemId(message_id))])
        else:
            print_trace(Console(highlight=False), store.query, message_id)


def print_trace(console: Console, journal: JournalQuery, message_id: str) -> None:
    """One line per event: when, how long after the one before, what, who."""
    message = _found(journal, message_id)
    console.print(f"[bold]{_KINDS.get(message.kind, message.kind)}[/]  [dim]{message.id}[/]")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    before = None
    for event in events_of_thread(journal, message.id):
        if event.code in _IN_THE_BACKGROUND:
            continue
        gap = f"+{(event.at - before).total_seconds():.1f} s" if before else ""
        before, colour = event.at, _COLOURS.get(event.code, "default")
        when = event.at.astimezone(PARIS).strftime("%d/%m %H:%M:%S")
        told = f"{words_of(event, language())}  [dim]{_who(event.actor)}[/]"
        grid.add_row(f"  {when}", f"[dim]{gap}[/]", f"[{colour}]●[/]", told)
    console.print(grid)


def _who(actor: str) -> str:
    """Who did it, as people call it: the mailbox's address, or the part of the house."""
    kind, _, name = actor.partition(":")
    return name if kind == "mailbox" else _ACTORS.get(kind, kind)


def _found(journal: JournalQuery, message_id: str) -> Message:
    message = journal.message(ItemId(message_id))
    if message is None:
        typer.echo(f"Aucun message {message_id}.", err=True)
        raise typer.Exit(BAD_INPUT)
    return message


def _row(message: Message) -> Sequence[str]:
    boxes = ", ".join(delivery.mailbox for delivery in message.deliveries)
    states = ", ".join(f"{d.state}{f' ({d.code})' if d.code else ''}" for d in message.deliveries)
    return _ARROW[message.direction], message.id, _time(message.accepted_at), message.kind, boxes, states


def _time(at: Any) -> str:
    return str(at.astimezone(PARIS).strftime("%d/%m/%Y %H:%M:%S"))


def message_json(message: Message) -> dict[str, Any]:
    """The published form (`docs/schemas/message.json`)."""
    return {
        "id": message.id,
        "direction": message.direction.value,
        "kind": message.kind,
        "client": message.client,
        "accepted_at": message.accepted_at.isoformat(),
        "priority": message.priority.value,
        "thread": message.thread,
        "deliveries": [_delivery_json(delivery) for delivery in message.deliveries],
    }


def _delivery_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "mailbox": delivery.mailbox,
        "form": delivery.form,
        "state": delivery.state.value,
        "code": delivery.code,
        "message_id": delivery.mail_message_id,
        "updated_at": delivery.updated_at.isoformat(),
    }


def event_json(event: Event) -> dict[str, Any]:
    """The published form (`docs/schemas/event.json`)."""
    return {
        "message": event.message,
        "delivery": event.delivery,
        "at": event.at.isoformat(),
        "code": event.code,
        "actor": event.actor,
        "facts": dict(event.facts),
        "text": words_of(event, language()),
    }
