"""Strict models and the words for what is wrong with the input: every problem at once, never the value."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from service.problems import FieldError
from service.text import Text

# Who sends these means well, and the nearest known name would set them on the wrong track.
_IDENTIFYING = frozenset(
    "name naam firstname voornaam lastname achternaam bsn birthdate dateofbirth geboortedatum employer werkgever "
    "address adres kvk kvknumber kvknummer".split()
)
# The Arboregeling, whose article 1.11 asks for what cannot be traced to a person.
ANONYMITY_URL = "https://wetten.overheid.nl/BWBR0008587"
_ANONYMOUS = Text(
    "Een melding is anoniem: dit veld kan niet. Haal het weg.",
    "A notification is anonymous: this field is not possible. Remove it.",
)


# A place in a document, from its root.
Path = tuple[int | str, ...]


class Strict(BaseModel):
    """A body from outside: camelCase on the wire, unknown fields refused, text trimmed, nothing coerced."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", str_strip_whitespace=True, frozen=True)


class Answer(BaseModel):
    """Anything we answer: camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


# Kept as text, as clock.written wrote it; the document says what the text is.
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]


def pointer(path: Sequence[int | str]) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that was probably meant."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.6)), None)


def unknown_name(name: str, known: Sequence[str]) -> Text:
    """What to say of an unknown field: the nearest known one, when there is one near."""
    if near := nearest(name, known):
        return Text(f"Dit veld kennen we niet. Bedoelt u '{near}'?", f"Unknown field. Do you mean '{near}'?")
    return Text("Dit veld kennen we niet. Haal het weg.", "Unknown field. Remove it.")


def _unknown_field(path: Sequence[int | str], model: object) -> FieldError:
    name = str(path[-1])
    known = sorted(_names_at(path[:-1], [model] if model else Strict.__subclasses__()))
    near_name = bool(difflib.get_close_matches(name, _IDENTIFYING.intersection(known), n=1))
    if not near_name and "".join(filter(str.isalnum, name)).lower() in _IDENTIFYING:
        return FieldError(pointer(path), "unknown-field", _ANONYMOUS, ANONYMITY_URL)
    return FieldError(pointer(path), "unknown-field", unknown_name(name, known), meant=nearest(name, known))


def _names_at(path: Sequence[int | str], roots: Iterable[object]) -> set[str]:
    """The names that fields may have at a place in the document, whichever of the roots it is a document of."""
    models = {model for root in roots for model in _models_in(root)}
    for part in path:
        if isinstance(part, str):
            under = [field for model in models for alias, field in _fields(model) if alias == part]
            models = {model for field in under for model in _models_in(field.annotation)}
    return {alias for model in models for alias, _ in _fields(model)}


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _limit(context: Mapping[str, Any], *names: str) -> object:
    return next((context[name] for name in names if name in context), "?")


def _choose(context: Mapping[str, Any]) -> Text:
    choices = str(_limit(context, "expected"))
    dutch = choices.replace("' or '", "' of '")
    return Text(f"Kies uit: {dutch}.", f"Choose from: {choices}.")


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], Text]] = {
    "missing": lambda _: Text("Dit veld is verplicht. Vul het in.", "This field is required."),
    "string_type": lambda _: Text("Geef tekst.", "Give text."),
    "string_too_long": lambda c: Text(
        f"Maak de tekst niet langer dan {_limit(c, 'max_length')} tekens.",
        f"Use at most {_limit(c, 'max_length')} characters.",
    ),
    "string_too_short": lambda _: Text("Deze tekst is leeg. Vul iets in.", "This text is empty. Fill it in."),
    "string_pattern_mismatch": lambda _: Text("De vorm klopt niet.", "The form is not right."),
    "literal_error": _choose,
    "enum": _choose,
    "int_type": lambda _: Text("Geef een heel getal.", "Give a whole number."),
    "int_parsing": lambda _: Text("Geef een heel getal.", "Give a whole number."),
    "int_from_float": lambda _: Text("Geef een heel getal.", "Give a whole number."),
    "int_parsing_size": lambda _: Text("Dit getal is te groot.", "This number is too large."),
    "float_type": lambda _: Text("Geef een getal.", "Give a number."),
    "float_parsing": lambda _: Text("Geef een getal.", "Give a number."),
    "finite_number": lambda _: Text("Geef een gewoon getal.", "Give a finite number."),
    "bool_type": lambda _: Text("Geef ja (true) of nee (false).", "Give true or false."),
    "bool_parsing": lambda _: Text("Geef ja (true) of nee (false).", "Give true or false."),
    "greater_than_equal": lambda c: Text(f"Geef {_limit(c, 'ge')} of hoger.", f"Give {_limit(c, 'ge')} or more."),
    "less_than_equal": lambda c: Text(f"Geef {_limit(c, 'le')} of lager.", f"Give {_limit(c, 'le')} or less."),
    "list_type": lambda _: Text("Geef een lijst.", "Give a list."),
    "tuple_type": lambda _: Text("Geef een lijst.", "Give a list."),
    "too_long": lambda c: Text(
        f"Geef er niet meer dan {_limit(c, 'max_length')}.", f"Give at most {_limit(c, 'max_length')}."
    ),
    "too_short": lambda c: Text(
        f"Geef er minstens {_limit(c, 'min_length')}.", f"Give at least {_limit(c, 'min_length')}."
    ),
    "model_type": lambda _: Text("Geef een object met velden.", "Give an object with fields."),
    "model_attributes_type": lambda _: Text("Geef een object met velden.", "Give an object with fields."),
    "dict_type": lambda _: Text("Geef een object met velden.", "Give an object with fields."),
}
_OTHERWISE = Text("Deze waarde klopt niet.", "This value is not right.")


_NO_KIND_FITS = Text(
    "Geef een getal, true of false, een tekst van hoogstens 64 tekens, of een lijst van zulke teksten.",
    "Give a number, true or false, a text of at most 64 characters, or a list of such texts.",
)


def field_errors(errors: Sequence[Any], document: Any = None, model: object = None) -> tuple[FieldError, ...]:
    """Turn what pydantic found wrong into ours, once per place in the document. The value that was sent is left out.

    Of an unknown field the nearest name of the model is offered; without a model, of any body that we take.
    """
    by_place: dict[Path, list[Any]] = {}
    for error in errors:
        by_place.setdefault(place_of(error, document), []).append(error)
    return tuple(_field_error(place, found, model) for place, found in by_place.items())


def place_of(error: Mapping[str, Any], document: Any) -> Path:
    """The place in the document that an error of pydantic is about, without the kinds of value that it tried there."""
    if document is None:
        return tuple(error["loc"])
    path: list[int | str] = []
    for part in error["loc"]:
        if not _holds(document, part):
            break
        path.append(part)
        document = document[part]
    return (*path, error["loc"][-1]) if error["type"] == "missing" and error["loc"] else tuple(path)


def _holds(container: Any, part: int | str) -> bool:
    if isinstance(container, list):
        return isinstance(part, int) and part < len(container)
    return isinstance(container, dict) and part in container


def _field_error(place: Path, errors: Sequence[Mapping[str, Any]], model: object) -> FieldError:
    if len(errors) > 1:
        return FieldError(pointer(place), "kind", _NO_KIND_FITS)
    return _said(place, errors[0], model)


def _said(place: Path, error: Mapping[str, Any], model: object) -> FieldError:
    kind = str(error["type"])
    if kind == "extra_forbidden":
        return _unknown_field(place, model)
    if kind == "missing" and not place:
        return FieldError("", "missing", Text("Stuur een JSON-object mee.", "Send a JSON object."))
    words = _WORDS.get(kind)
    return FieldError(pointer(place), kind.replace("_", "-"), words(error.get("ctx") or {}) if words else _OTHERWISE)


def parameter_errors(errors: Sequence[Any]) -> tuple[FieldError, ...]:
    """Turn what is wrong with the parameters of a request into ours, each at its place: /query/limit, /path/id."""
    return tuple(_said(tuple(error["loc"]), error, None) for error in errors)
