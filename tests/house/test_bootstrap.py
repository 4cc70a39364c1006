"""Whoever types `make run` on an unprepared machine gets the program or a sentence that says what to do."""

import ast
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.places import ROOT
from tests.servers import free_port

Words = list[str]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """As much of the project as the first steps touch, without an environment."""
    shutil.copytree(ROOT / "deploy" / "bootstrap", tmp_path / "deploy" / "bootstrap")
    (tmp_path / "service").mkdir()
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "service/__init__.py", "service/ports.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="session")
def no_index() -> str:
    """Settings can only send pip to a place where nobody answers."""
    return f"http://127.0.0.1:{free_port()}/simple"


def offline(address: str, home: Path) -> dict[str, str]:
    """An environment of someone else's: an empty home, and an index that is not there."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": address,
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "1",
        "PIP_NO_CACHE_DIR": "1",
    }


def base_python() -> str:
    """The Python that .venv was made with; some installations of it cannot make one from inside another."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def start(copy: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [base_python(), "deploy/bootstrap", *(words or ("run",))],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def refused(run: subprocess.CompletedProcess[str]) -> str:
    """The sentence that a refusal consists of."""
    assert run.returncode == 1
    assert "Traceback" not in run.stdout + run.stderr
    assert len(run.stderr.splitlines()) == 1
    return run.stderr


def test_the_first_file_reads_on_old_pythons() -> None:
    source = (ROOT / "deploy" / "bootstrap" / "__main__.py").read_text()
    tree = ast.parse(source, feature_version=(3, 6))
    # What Python 2.7 lacks and `feature_version` does not know: formatted strings and annotations.
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.Nonlocal)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]
    assert source.isascii()


def pretending(version: tuple[int, ...], path: str) -> subprocess.CompletedProcess[str]:
    """Run the first file as a Python that gives itself out for an older one."""
    pretence = (
        f"import runpy, sys; sys.version_info = {(*version, 'final', 0)!r}; sys.argv = ['deploy/bootstrap', 'test'];"
        " runpy.run_path('deploy/bootstrap', run_name='__main__')"
    )
    words = [base_python(), "-c", pretence]
    return subprocess.run(words, cwd=ROOT, env={"PATH": path}, capture_output=True, text=True, check=False, timeout=60)


def test_an_old_python_gets_a_sentence(tmp_path: Path) -> None:
    sentence = refused(pretending((3, 9, 18), path=str(tmp_path)))
    assert "needs Python 3.11 or newer; found 3.9.18" in sentence
    assert "make test PYTHON=python3.12" in sentence


def test_an_old_python_finds_a_newer_one(tmp_path: Path) -> None:
    newer = tmp_path / "python3.13"
    newer.write_text('#!/bin/sh\n[ "$1" = "-c" ] || echo "started: $*"\n')
    newer.chmod(0o755)
    run = pretending((3, 9, 18), path=str(tmp_path))
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("started: ")
    assert run.stdout.endswith("deploy/bootstrap test\n")


def test_a_name_on_the_path_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    stub = tmp_path / "python3.13"
    stub.write_text("#!/bin/sh\nexit 127\n")
    stub.chmod(0o755)
    assert "needs Python 3.11 or newer" in refused(pretending((3, 9, 18), path=str(tmp_path)))


def test_without_any_python_make_says_so() -> None:
    run = subprocess.run(
        ["make", "run", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert run.returncode != 0
    assert "needs Python 3.11 or newer, and 'no-such-python' was not found" in run.stderr


@pytest.mark.parametrize("port", ["abc", "99999", "-x", "80 81", ""])
def test_a_port_that_does_not_exist_is_a_sentence_before_anything_is_installed(copy: Path, port: str) -> None:
    run = subprocess.run(
        ["make", "run", f"PYTHON={base_python()}"],
        cwd=copy,
        env={"PATH": os.environ["PATH"], "PORT": port},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert run.returncode != 0
    sentence, *rest = run.stderr.splitlines()
    assert f"Poort '{port}' bestaat niet" in sentence
    assert f"There is no port '{port}'" in sentence
    assert all(line.startswith("make") for line in rest)
    assert not (copy / ".venv").exists()


def test_without_the_venv_module_the_package_is_named(copy: Path) -> None:
    blocked = (
        "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = ['deploy/bootstrap', 'run'];"
        " runpy.run_path('deploy/bootstrap', run_name='__main__')"
    )
    words = [base_python(), "-c", blocked]
    run = subprocess.run(words, cwd=copy, capture_output=True, text=True, check=False, timeout=60)
    assert "install the Debian package python3-venv" in refused(run)


def test_without_a_network_nothing_is_half_installed(copy: Path, no_index: str) -> None:
    environment = offline(no_index, copy)
    sentence = refused(start(copy, environment))
    assert "could not reach the package index" in sentence
    assert "try again" in sentence
    assert (copy / "var" / "install.log").read_text()
    assert "could not reach" in refused(start(copy, environment)), "the second time is like the first"


@pytest.mark.parametrize("name", [".venv", "var"])
def test_a_file_where_a_folder_is_needed_is_named(copy: Path, no_index: str, name: str) -> None:
    (copy / name).write_text("in the way")
    sentence = refused(start(copy, offline(no_index, copy)))
    assert "A file stands where a folder is needed" in sentence
    assert name in sentence
    assert (copy / name).read_text() == "in the way"


def test_a_folder_that_cannot_be_written_is_named(copy: Path, no_index: str) -> None:
    if os.geteuid() == 0:
        pytest.skip("without a user other than root, whom no folder refuses")
    copy.chmod(0o555)
    try:
        assert "cannot be written by this user" in refused(start(copy, offline(no_index, copy)))
    finally:
        copy.chmod(0o755)


@pytest.fixture
def silent_index() -> Iterator[str]:
    """An index that takes the call and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple"


# A test run in the background has interrupts switched off, and what it starts inherits that.
INTERRUPTIBLE = (
    "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " sys.argv = ['deploy/bootstrap', 'run']; runpy.run_path('deploy/bootstrap', run_name='__main__')"
)


def test_an_interrupt_is_no_fault(copy: Path, silent_index: str) -> None:
    environment = offline(silent_index, copy) | {"PIP_TIMEOUT": "60"}
    process = subprocess.Popen(
        [base_python(), "-c", INTERRUPTIBLE],
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    log = copy / "var" / "install.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and (copy / ".venv" / "bin" / "pip").exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted. Nothing is spoiled" in said
    assert "Traceback (most recent call last)" not in said


def test_another_hash_is_refused(copy: Path, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    make_wheel(wheels)
    (copy / "requirements.lock").write_text(f"arbo-example==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(copy),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    sentence = refused(start(copy, environment))
    assert "is not the one that requirements.lock names" in sentence


def make_wheel(folder: Path) -> None:
    """The smallest package there is."""
    info = "arbo_example-1.0.dist-info"
    with zipfile.ZipFile(folder / "arbo_example-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: arbo-example\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


# Asked on a path that holds nothing but the apt-get of the test, which writes down its words and may make programs.
INSTALLING = (
    "import os, sys; sys.path.insert(0, os.getcwd()); os.geteuid = lambda: {user};"
    " from deploy.bootstrap.checks import install_programs; install_programs()"
)
APT_GET = """#!/bin/sh
echo "$DEBIAN_FRONTEND: $*" >> "{log}"
for name in {makes}; do printf '#!/bin/sh\\n' > "{folder}/$name"; /bin/chmod 755 "{folder}/$name"; done
exit {code}
"""
DRIVEN = ("initdb", "redis-server", "chromium", "node", "npm")


def installing(folder: Path, *, user: int = 0, code: int | None = 0, makes: Words | None = None) -> tuple[str, Words]:
    """Install what tests drive as this user; gives what was said, and the words that apt-get was given."""
    path, log = folder / "path", folder / "apt-get.log"
    path.mkdir()
    log.touch()
    if code is not None:
        apt_get = path / "apt-get"
        apt_get.write_text(APT_GET.format(log=log, makes=" ".join(makes or []), folder=path, code=code))
        apt_get.chmod(0o755)
    words = [base_python(), "-c", INSTALLING.format(user=user)]
    run = subprocess.run(
        words, cwd=ROOT, env={"PATH": str(path)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout, log.read_text().splitlines()


def test_what_tests_drive_is_installed_where_that_may_be(tmp_path: Path) -> None:
    said, asked = installing(tmp_path, makes=list(DRIVEN))
    update, install = asked
    assert update == "noninteractive: -qq update"
    assert re.fullmatch(
        r"noninteractive: -qq install -y --no-install-recommends (postgresql )?redis-server chromium nodejs npm",
        install,
    )
    assert said.startswith("Installing ")
    assert "NOT TESTED" not in said


@pytest.mark.parametrize("code", [0, 1, 100])
def test_what_could_not_be_installed_is_named_loudly_and_stops_nothing(tmp_path: Path, code: int) -> None:
    said, asked = installing(tmp_path, code=code, makes=["redis-server"])
    assert len(asked) == 2
    assert re.search(r"^NOT TESTED: what needs (postgresql )?chromium nodejs npm\.$", said, flags=re.MULTILINE)
    assert re.search(r"^To test it too: sudo apt-get install (postgresql )?chromium nodejs npm$", said, re.MULTILINE)
    assert said.count("!" * 80) == 2


@pytest.mark.parametrize("user, code", [(1000, 0), (0, None)], ids=["without rights", "without apt-get"])
def test_where_nothing_may_be_installed_nothing_is_tried(tmp_path: Path, user: int, code: int | None) -> None:
    said, asked = installing(tmp_path, user=user, code=code)
    assert asked == []
    assert "Installing" not in said
    assert re.search(r"^NOT TESTED: what needs (postgresql )?redis-server chromium nodejs npm\.$", said, re.MULTILINE)
