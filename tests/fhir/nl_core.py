"""Holds a resource against Nictiz's profiles (XML differentials, which no program at hand reads without snapshots).

Checks what a differential says of itself and of the profiles it stands on: how often an element may be there, fixed
values, and slices that are told by a fixed value or by a profile. Slices told by a value set are not judged here: the
value sets are no part of the folder. Shares no code with the reader in fhir/.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

_F = "{http://hl7.org/fhir}"


@dataclass(frozen=True)
class Rule:
    """What a differential says of one element."""

    id: str
    low: int | None
    high: str | None
    pattern: Any
    profiles: tuple[str, ...]
    discriminators: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """One differential."""

    url: str
    base: str
    rules: Mapping[str, Rule]


@dataclass(frozen=True)
class Item:
    """Something in a document, with what stands beside it when it is a primitive."""

    value: Any
    beside: Any
    path: str

    def children(self, name: str) -> Iterator["Item"]:
        inner = self.value if isinstance(self.value, dict) else self.beside if isinstance(self.beside, dict) else {}
        bare = name.removesuffix("[x]")
        keys = [key for key in inner if key == name or (name != bare and key.startswith(bare))]
        for key in keys:
            value, beside = inner[key], inner.get(f"_{key}")
            if not isinstance(value, list):
                yield Item(value, beside, f"{self.path}.{key}")
                continue
            for position, one in enumerate(value):
                extra = beside[position] if isinstance(beside, list) and position < len(beside) else None
                yield Item(one, extra, f"{self.path}.{key}[{position}]")


@dataclass
class NlCore:
    """The profiles in a folder."""

    profiles: Mapping[str, Profile]
    judged: set[str] = field(default_factory=set)

    def complaints(self, resource: Mapping[str, Any], path: str = "") -> list[str]:
        """What every profile that a resource claims, and every resource inside it, complains about."""
        found = []
        for url in resource.get("meta", {}).get("profile", ()):
            if url in self.profiles:
                self.judged.add(url)
                found += self.check(url, Item(resource, None, path or resource["resourceType"]))
        for position, entry in enumerate([*resource.get("entry", ()), *resource.get("parameter", ())]):
            if isinstance(inner := entry.get("resource"), dict):
                found += self.complaints(inner, f"{path}[{position}]{inner['resourceType']}")
        return found

    def check(self, url: str, item: Item) -> list[str]:
        """Hold one element against a profile and the profiles it stands on."""
        found: list[str] = []
        for profile in self._chain(url):
            for rule in profile.rules.values():
                found += self._rule(profile, rule, item)
        return found

    def _chain(self, url: str) -> Iterator[Profile]:
        profile = self.profiles.get(url)
        while profile is not None:
            yield profile
            profile = self.profiles.get(profile.base)

    def _rule(self, profile: Profile, rule: Rule, item: Item) -> Iterator[str]:
        *above, last = rule.id.split(".")[1:] or [""]
        for parent in self._select(profile, rule.id.split(".")[0], above, item) if last else ():
            chosen = self._chosen(profile, rule.id.rpartition(".")[0], last, parent)
            if chosen is None:
                continue
            if len(chosen) < (rule.low or 0):
                yield f"{profile.url} {rule.id}: at least {rule.low} at {parent.path}"
            if rule.high not in {None, "*"} and len(chosen) > int(rule.high or 0):
                yield f"{profile.url} {rule.id}: at most {rule.high} at {parent.path}"
            for one in chosen:
                if rule.pattern is not None and ":" not in last and not holds(one.value, rule.pattern):
                    yield f"{profile.url} {rule.id}: another value at {one.path}"
                for inner in rule.profiles:
                    if inner in self.profiles and isinstance(one.value, dict):
                        yield from self.check(inner, one)

    def _select(self, profile: Profile, root: str, names: list[str], item: Item) -> list[Item]:
        items, identifier = [item], root
        for name in names:
            items = [inner for one in items for inner in self._chosen(profile, identifier, name, one) or ()]
            identifier = f"{identifier}.{name}"
        return items

    def _chosen(self, profile: Profile, above: str, name: str, parent: Item) -> list[Item] | None:
        """The children under a name, or those of them in a slice; None where the slice cannot be told."""
        bare, _, slice_name = name.partition(":")
        items = list(parent.children(bare))
        if not slice_name:
            return items
        wanted = self._telling(profile, above, bare, name)
        return None if wanted is None else [one for one in items if all(_at(one, path, what) for path, what in wanted)]

    def _telling(self, profile: Profile, above: str, bare: str, name: str) -> list[tuple[str, Any]] | None:
        """What tells a slice from the others: for each discriminator, where to look and what must be there."""
        rule = profile.rules.get(f"{above}.{name}")
        if bare == "extension":
            return [("url", rule.profiles[0])] if rule and rule.profiles else None
        told = []
        for path in self._discriminators(profile, f"{above}.{bare}"):
            what = self._fixed(profile, f"{above}.{name}", path, rule)
            if what is None:
                return None
            told.append((path, what))
        return told or None

    def _discriminators(self, profile: Profile, identifier: str) -> tuple[str, ...]:
        for one in self._chain(profile.url):
            if identifier in one.rules and one.rules[identifier].discriminators:
                return one.rules[identifier].discriminators
        return ()

    def _fixed(self, profile: Profile, identifier: str, path: str, rule: Rule | None) -> Any:
        for one in self._chain(profile.url):
            inner = one.rules.get(identifier if path == "$this" else f"{identifier}.{path}")
            if inner is not None and inner.pattern is not None:
                return inner.pattern
        if rule and rule.pattern is not None and isinstance(rule.pattern, dict):
            return rule.pattern.get(path)
        for url in rule.profiles if rule else ():
            for one in self._chain(url):
                for inner_id, inner in one.rules.items():
                    if inner_id.partition(".")[2] == path and inner.pattern is not None:
                        return inner.pattern
        return None


def _at(item: Item, path: str, wanted: Any) -> bool:
    items = [item] if path == "$this" else list(item.children(path))
    return any(holds(one.value, wanted) for one in items)


def holds(value: Any, pattern: Any) -> bool:
    """Whether a value has everything of a pattern."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and holds(value[key], one) for key, one in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(holds(inner, one) for inner in value) for one in pattern)
    return str(value).lower() == str(pattern).lower() if isinstance(value, bool) else str(value) == str(pattern)


def nl_core(folder: Path) -> NlCore:
    """Every profile in the folder."""
    paths = [path for part in ("ext", "zib", "nl-core") for path in sorted((folder / part).glob("*.xml"))]
    read = [_profile(parse(path).getroot()) for path in paths]  # noqa: S314 - see the import
    assert len(read) > 50
    return NlCore({one.url: one for one in read})


def _profile(root: Element) -> Profile:
    rules = [_rule(one) for one in root.iterfind(f"{_F}differential/{_F}element")]
    return Profile(_said(root, "url"), _said(root, "baseDefinition"), {one.id: one for one in rules})


def _said(node: Element, name: str) -> str:
    found = node.find(f"{_F}{name}")
    return "" if found is None else found.attrib["value"]


def _rule(node: Element) -> Rule:
    low = _said(node, "min")
    fixed = [child for child in node if child.tag.removeprefix(_F).startswith(("pattern", "fixed"))]
    return Rule(
        node.attrib["id"],
        int(low) if low else None,
        _said(node, "max") or None,
        _value(fixed[0]) if fixed else None,
        tuple(one.attrib["value"] for one in node.iterfind(f"{_F}type/{_F}profile")),
        tuple(_said(one, "path") for one in node.iterfind(f"{_F}slicing/{_F}discriminator")),
    )


def _value(node: Element) -> Any:
    """A primitive, or an object of what is inside."""
    if "value" in node.attrib:
        return node.attrib["value"]
    found: dict[str, Any] = {}
    for child in node:
        name, value = child.tag.removeprefix(_F), _value(child)
        if name == "coding":
            found.setdefault("coding", []).append(value)
        else:
            found[name] = value
    return found
