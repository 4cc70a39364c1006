"""`python -m service`: the command line of the register."""

from service.cli import app

app(prog_name="python -m service")
