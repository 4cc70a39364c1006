"""Parameters{melding, groep[]}: one notification, and more workers with the same disease and cause."""

from typing import Final

from fhir.reading.answers import month
from fhir.reading.node import Complaints, Node
from fhir.report import Member

MAX_MEMBERS: Final = 200
_SEXES = frozenset({"male", "female", "other", "unknown"})
_PARTS = {"geboortejaar": "valueInteger", "geslacht": "valueCode", "start": "valueDate"}


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
            complaints.add("AB-V040", parameter.path)
    for extra in bundles[1:]:
        complaints.add("AB-V027", extra.path)
    if not bundles:
        complaints.add("AB-V001", f"{parameters.path}.parameter")
    if len(members) > MAX_MEMBERS:
        complaints.add("AB-V040", f"{parameters.path}.parameter")
    if bundles and not bundles[0].value:
        complaints.add("AB-V001", bundles[0].path)
    bundle = bundles[0] if bundles else Node({}, f"{parameters.path}.parameter")
    return bundle, tuple(one for one in members if one is not None), places


def _member(parameter: Node, position: int, places: dict[str, str], complaints: Complaints) -> Member | None:
    parts: dict[str, Node] = {}
    for part in parameter.nodes("part"):
        name = part.text("name")
        if name is None or name not in _PARTS or name in parts or set(part.value) - {"name", "id", _PARTS[name]}:
            complaints.add("AB-V040", part.path)
        else:
            parts[name] = part
    if set(parameter.value) - {"name", "part"}:
        complaints.add("AB-V040", parameter.path)
    born = parts.get("geboortejaar", parameter).value.get("valueInteger")
    sex = parts.get("geslacht", parameter).text("valueCode")
    for name, key in (("geboortejaar", "birthYear"), ("geslacht", "sex"), ("start", "onset")):
        if name in parts:
            places[f"/group/{position}/{key}"] = f"{parts[name].path}.value"
    onset = _onset(parts.get("start"), complaints)
    if type(born) is not int or not 1900 <= born <= 2100:
        complaints.add("AB-V040", f"{parts['geboortejaar'].path}.value" if "geboortejaar" in parts else parameter.path)
        return None
    if sex not in _SEXES:
        complaints.add("AB-V040", f"{parts['geslacht'].path}.value" if "geslacht" in parts else parameter.path)
        return None
    return Member(born, sex or "", onset)


def _onset(part: Node | None, complaints: Complaints) -> str | None:
    return month(part.text("valueDate"), f"{part.path}.value", complaints) if part else None
