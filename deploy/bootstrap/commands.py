"""The make commands: what each installs, and what it starts."""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from deploy.bootstrap import checks, environment
from deploy.bootstrap.sentences import CannotGoOn, of_os_error
from service.ports import read_port

INTERRUPTED = 130


def main(words: Sequence[str]) -> int:
    """Do what one make command says, and turn whatever stands in its way into a sentence."""
    wanted = read(words)
    try:
        os.chdir(environment.ROOT)
        return COMMANDS[wanted.command](wanted)
    except CannotGoOn as reason:
        return refuse(str(reason))
    except OSError as error:
        return refuse(of_os_error(error))
    except KeyboardInterrupt:
        refuse(f"\nInterrupted. Nothing is spoiled: `make {wanted.command}` goes on where this stopped.")
        return INTERRUPTED


def read(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy/bootstrap", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run everything on this machine")
    run.add_argument("--port", type=read_port, default=8000)
    run.add_argument("--data", default="var")
    for name in ("test", "bench", "format", "lock"):
        commands.add_parser(name)
    return parser.parse_args(words)


def refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def run(wanted: argparse.Namespace) -> int:
    environment.prepare(environment.RUN, command="run")
    return become("-m", "workflows", "local", "--port", str(wanted.port), "--data", wanted.data)


def test(_: argparse.Namespace) -> int:
    environment.prepare(environment.DEVELOPMENT, command="test")
    return checks.run_all()


def bench(_: argparse.Namespace) -> int:
    environment.prepare(environment.DEVELOPMENT, command="bench")
    checks.install_programs()
    return become("-m", "tests.benchmarks")


def tidy(_: argparse.Namespace) -> int:
    environment.prepare(environment.DEVELOPMENT, command="format")
    ruff = str(environment.VENV / "bin" / "ruff")
    # Sorting imports changes what there is to format, so it goes first; what it cannot mend, `make test` names.
    subprocess.run([ruff, "check", "--fix", "--exit-zero", "--quiet"], stdout=subprocess.DEVNULL, check=False)
    return subprocess.run([ruff, "format"], check=False).returncode


def lock(_: argparse.Namespace) -> int:
    """Write both lock files; the second within the first, so that tests run on what people run."""
    environment.prepare(environment.DEVELOPMENT, command="lock")
    compile_lock("--upgrade", "--output-file", "requirements.lock")
    compile_lock(
        "--upgrade", "--group", "dev", "--constraint", "requirements.lock", "--output-file", "requirements-dev.lock"
    )
    return 0


def compile_lock(*rest: str) -> None:
    # Every platform and Python from 3.11 in one file. No index address: where packages come from is the user's setting.
    fixed = "--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header"
    words = [str(environment.VENV / "bin" / "uv"), "pip", "compile", *shlex.split(fixed), "pyproject.toml", *rest]
    if subprocess.run(words, check=False).returncode != 0:
        raise CannotGoOn("uv could not choose the versions; its own words are above, and the lock file is as it was.")


def become(*words: str) -> int:
    """Replace this process, so that a signal reaches the program itself and no parent stands between."""
    sys.stdout.flush()
    os.execv(environment.PYTHON, [str(environment.PYTHON), *words])


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "test": test,
    "bench": bench,
    "format": tidy,
    "lock": lock,
}
