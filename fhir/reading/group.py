"""Parameters{melding, groep[]}: one notification, and more workers with the same disease and cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fhir.reading.answers import month
from fhir.reading.node import Complaints, Node
from fhir.report import Member

MAX_MEMBERS: Final = 200
_SEXES = frozenset({"male", "female", "other", "unknown"})


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a member: the field of /v1 it goes to, the element that holds it, and what may be in it."""

    field: str
    element: str
    words: str
    words_en: str


_PARTS: Final[Mapping[str, _Part]] = {
    "geboortejaar": _Part("birthYear", "valueInteger", "een jaar, zoals 1980", "a year, such as 1980"),
    "geslacht": _Part("sex", "valueCode", "male, female, other of unknown", "male, female, other or unknown"),
    "start": _Part("onset", "valueDate", "een jaar of een maand, zoals 2019-05", "a year or a month, such as 2019-05"),
}


def open_parameters(parameters: Node, complaints: Complaints) -> tuple[Node, tuple[Member, ...], dict[str, str]]:
    """The Bundle, the members of the group, and where in the document each of them stands."""
    bundles: list[Node] = []
    members: list[Member | None] = []
    places: dict[str, str] = {}
    for parameter in parameters.nodes("parameter"):
        name = parameter.text("name")
        if name == "melding":
            bundles.append(parameter.node("resource"))
        elif name == "groep":
            places[f"/group/{len(members)}"] = parameter.path
            members.append(_member(parameter, len(members), places, complaints))
        else:
            text = "Naast melding en groep is er geen andere parameter."
            complaints.add("AB-V040", f"{parameter.path}.name", text, "There is no parameter but melding and groep.")
    for extra in bundles[1:]:
        complaints.add("AB-V027", extra.path)
    if not bundles:
        complaints.add("AB-V001", f"{parameters.path}.parameter")
    if len(members) > MAX_MEMBERS:
        text = f"Een groep heeft ten hoogste {MAX_MEMBERS} werkenden."
        text_en = f"A group has at most {MAX_MEMBERS} workers."
        complaints.add("AB-V040", f"{parameters.path}.parameter", text, text_en)
    if bundles and not bundles[0].value:
        complaints.add("AB-V001", bundles[0].path)
    bundle = bundles[0] if bundles else Node({}, f"{parameters.path}.parameter")
    return bundle, tuple(one for one in members if one is not None), places


def _member(parameter: Node, position: int, places: dict[str, str], complaints: Complaints) -> Member | None:
    if set(parameter.value) - {"name", "part"}:
        complaints.add(
            "AB-V040", parameter.path, "Een groep heeft alleen name en part.", "A groep has only name and part."
        )
    parts = _parts(parameter, complaints)
    for name, part in parts.items():
        places[f"/group/{position}/{_PARTS[name].field}"] = f"{part.path}.value"
    for name in ("geboortejaar", "geslacht"):
        if name not in parts:
            _expect(name, parameter.path, complaints)
    born, sex, onset = (_value(name, parts, complaints) for name in _PARTS)
    return Member(born, sex, onset) if born is not None and sex is not None else None


def _parts(parameter: Node, complaints: Complaints) -> dict[str, Node]:
    """The parts by name; complains about other names, and about a name that is there twice."""
    parts: dict[str, Node] = {}
    for part in parameter.nodes("part"):
        name = part.text("name")
        if name is None or name not in _PARTS:
            text = f"Een groep heeft geen onderdeel met deze naam; wel {', '.join(_PARTS)}."
            text_en = f"A groep has no part of this name; it has {', '.join(_PARTS)}."
            complaints.add("AB-V040", f"{part.path}.name", text, text_en)
        elif name in parts:
            complaints.add("AB-V040", part.path, f"{name} staat er twee keer in.", f"{name} is there twice.")
        else:
            parts[name] = part
    return parts


def _value(name: str, parts: Mapping[str, Node], complaints: Complaints) -> Any:
    """What a part holds, when that is what it should hold."""
    if (part := parts.get(name)) is None:
        return None
    value = part.value.get(_PARTS[name].element)
    if set(part.value) - {"name", "id", _PARTS[name].element} or not _fits(name, value):
        _expect(name, f"{part.path}.value", complaints)
        return None
    return month(value, f"{part.path}.value", complaints) if name == "start" else value


def _fits(name: str, value: Any) -> bool:
    match name:
        case "geboortejaar":
            return type(value) is int and 1900 <= value <= 2100
        case "geslacht":
            return type(value) is str and value in _SEXES
        case _:
            return type(value) is str


def _expect(name: str, path: str, complaints: Complaints) -> None:
    part = _PARTS[name]
    text = f"Geef {name} als {part.element}: {part.words}."
    complaints.add("AB-V040", path, text, f"Give {name} as {part.element}: {part.words_en}.")
