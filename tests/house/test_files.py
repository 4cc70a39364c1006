"""What every visitor of the project looks for is there, and nothing in it belongs to one machine."""

import re

import pytest

from tests.house.places import ROOT, files_of_ours

# Put together here, so that this file does not find itself.
MACHINE = re.compile(r"(?<![\w.~-])/(wo" + r"rk|ro" + r"ot|home/\w+)/")
INDEX = re.compile("|".join(["pypi" + r"\.org/simple", "files\\." + "pythonhosted", r"(?<!emit-)\bindex" + "-url"]))

# The rest of a file that is someone else's text is theirs; a list of what must be allowed to name such a thing.
EXEMPT: frozenset[str] = frozenset()


def places_of(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in files_of_ours():
        name = str(path.relative_to(ROOT))
        lines = path.read_text(errors="replace").splitlines()
        found += [f"{name}:{at}" for at, line in enumerate(lines, 1) if name not in EXEMPT and pattern.search(line)]
    return found


def test_there_are_files_to_look_at() -> None:
    assert len(files_of_ours()) > 30


def test_no_file_names_a_path_of_a_machine() -> None:
    assert places_of(MACHINE) == []


def test_no_file_names_a_package_index() -> None:
    assert places_of(INDEX) == []


def test_the_patterns_find_what_they_are_for() -> None:
    assert MACHINE.search("see /home/" + "someone/notes")
    assert MACHINE.search('"/wo' + 'rk/main"')
    assert INDEX.search("--index" + "-url https://example.org")
    assert not INDEX.search("--no-emit-index-url")


@pytest.mark.parametrize(
    "name", ["README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md"]
)
def test_a_visitor_finds(name: str) -> None:
    assert len((ROOT / name).read_text()) > 300


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert all(re.search(rf"^{number}\.\s?[A-Z]", text, flags=re.MULTILINE) for number in range(1, 16))
    assert text.rstrip().endswith("require the production of a new EUPL version.")


def top_level(text: str) -> dict[str, str]:
    """The top-level keys of a YAML file in the plain style that ours keeps, with the text below each."""
    assert "\t" not in text
    pieces = re.split(r"^([A-Za-z]\w*):", text, flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], (piece.strip() for piece in pieces[1::2]), strict=True))


def test_publiccode_says_what_the_standard_asks() -> None:
    keys = top_level((ROOT / "publiccode.yml").read_text())
    # The mandatory keys of publiccode.yml 0.5.
    mandatory = ["publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType"]
    mandatory += ["description", "legal", "maintenance", "localisation"]
    assert [key for key in mandatory if not keys.get(key)] == []
    assert "license: EUPL-1.2" in keys["legal"]
    for language in ("nl", "en"):
        part = re.split(rf"^  {language}:$", keys["description"], flags=re.MULTILINE | re.DOTALL)
        assert language == "nl" or len(part) > 1
    short = re.findall(r"shortDescription: >-\n +(.*)", keys["description"])
    assert len(short) == 2
    assert all(0 < len(line) <= 150 for line in short)
    long = re.findall(r"longDescription: >-\n((?: {6}.*\n?)+)", keys["description"])
    assert len(long) == 2
    assert all(150 <= len(text) <= 10_000 for text in long)
