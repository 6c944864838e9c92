"""The command `cpts-gateway`. Each subcommand is one file of `gateway/commands`; here they only get their names.

Exit codes: 0 done; 1 the input or the state is bad; 2 wrong use or configuration.
"""

import typer

from gateway.commands import clients, compare, convert, demo, messages, registry, serve, survey, validate

app = typer.Typer(
    name="cpts-gateway",
    help="Passerelle FHIR et MSSanté pour la coordination des soins d'une CPTS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("convert")(convert.convert)
app.command("compare")(compare.compare)
app.command("validate")(validate.validate)
app.command("survey")(survey.survey)
app.add_typer(clients.app, name="clients")
app.add_typer(messages.app, name="messages")
app.add_typer(registry.app, name="registry")


def main() -> None:
    """The entry point."""
    app()
