"""The command line of the register: `python -m service --help`."""

import typer

from service.cli import audit, batches, identity, notifications, parties, running

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Het register: draaien, klaarzetten, melden en beheren. Elke opdracht zegt met --help wat zij doet.",
    epilog="Eindigt met 0 als het gedaan is, 1 als het geweigerd is, 2 als het verkeerd gevraagd is, 3 als de dienst of"
    " de database er niet is.",
)
app.command()(running.serve)
app.command()(running.migrate)
app.command()(running.seed)
app.command()(notifications.file)
app.command("import")(batches.import_file)
app.command()(notifications.export)
app.add_typer(identity.users, name="users")
app.add_typer(identity.clients, name="clients")
app.add_typer(identity.keys, name="keys")
app.add_typer(parties.parties, name="parties")
app.add_typer(audit.audit, name="audit")
