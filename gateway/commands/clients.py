"""`clients add`: a bearer token bound to structures, shown once."""

from typing import Annotated

import typer

from gateway.commands.journal_access import opened
from gateway.commands.output import print_json

app = typer.Typer(help="Logiciels autorisés à appeler la passerelle.", no_args_is_help=True)


@app.callback()
def clients() -> None:
    """Logiciels autorisés à appeler la passerelle."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Nom du logiciel.")],
    structure: Annotated[list[str], typer.Option("--structure", help="Struct_IdNat, ex. 1 + FINESS. Répétable.")],
    json_output: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Créer un jeton. Il n'est affiché qu'une fois ; seul son condensat est conservé."""
    with opened() as (store, settings):
        token = store.clients.add(name, settings.tenant, frozenset(structure))
    if json_output:
        print_json({"name": name, "structures": sorted(structure), "token": token})
    else:
        print(token)
