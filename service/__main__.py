"""`python -m service`: the command line of the register."""

import gc

# What is imported is there to stay. Looking through it for garbage, over and over while it grows, took an eighth of the
# start; and each later look a tenth of a second, in the middle of somebody's request.
gc.disable()

from service.cli import app  # noqa: E402 - after the above

gc.freeze()
gc.enable()

app(prog_name="python -m service")
