"""`python -m workflows`: the programs that do what happens later."""

from workflows.cli import app

app(prog_name="python -m workflows")
