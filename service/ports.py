"""The port to listen on, as somebody typed it. Standard library only: `make run` asks it before it installs."""

import re
import sys

_LAST = 65535


def read_port(typed: object) -> int:
    """The number of the port; ends the program with a sentence when there is no such port."""
    if re.fullmatch(r"[0-9]{1,5}", str(typed)) and 1 <= int(str(typed)) <= _LAST:
        return int(str(typed))
    sys.stderr.write(
        f"Poort '{typed}' bestaat niet: kies een getal van 1 tot en met {_LAST}, zoals 8001."
        f" (There is no port '{typed}': choose a number from 1 to {_LAST}, such as 8001.)\n"
    )
    raise SystemExit(2)
