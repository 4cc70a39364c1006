"""What each kind of problem means, and the finishing touch of the OpenAPI document (Dutch API Design Rules)."""

from typing import Any

from fastapi import APIRouter

from service.problems import PROBLEM_JSON, NotFound, Refusal, all_refusals
from service.strict_json import StrictRoute
from service.validation import Answer

router = APIRouter(prefix="/problems", tags=["problems"], route_class=StrictRoute)


class ProblemKind(Answer):
    """One kind of problem: what it means and what to do."""

    slug: str
    status: int
    title: str
    detail: str
    title_en: str
    detail_en: str


class FieldProblem(Answer):
    """One thing wrong with one field, and the address of the rule when others made it."""

    pointer: str
    code: str
    detail: str
    source: str | None = None


class ProblemDocument(Answer):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


_USUAL = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503)
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": " / ".join(kind.title.nl for kind in all_refusals() if kind.status == status),
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
    for status in _USUAL
}


@router.get("", summary="Every kind of problem")
def kinds() -> list[ProblemKind]:
    """List every kind of problem that this API can answer with."""
    return [_kind(kind) for kind in all_refusals()]


@router.get("/{type}", summary="One kind of problem")
def kind(type: str) -> ProblemKind:  # noqa: A002 - the name on the wire
    """Explain one kind of problem and what to do about it."""
    for found in all_refusals():
        if found.slug == type:
            return _kind(found)
    raise NotFound


def _kind(kind: type[Refusal]) -> ProblemKind:
    return ProblemKind(
        slug=kind.slug,
        status=int(kind.status),
        title=kind.title.nl,
        detail=kind.default.nl,
        title_en=kind.title.en,
        detail_en=kind.default.en,
    )


def finished(document: dict[str, Any]) -> dict[str, Any]:
    """Add what FastAPI leaves out: the problem document's schema and the API-Version header on every success."""
    schemas = document["components"]["schemas"]
    schemas["FieldProblem"] = FieldProblem.model_json_schema()
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    problem.pop("$defs", None)
    base = document["servers"][0]["url"]
    kinds = [f"{base}/problems/{kind.slug}" for kind in all_refusals()]
    problem["properties"]["type"] |= {"format": "uri", "examples": kinds}
    schemas["ProblemDocument"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path in document["paths"].values():
        for operation in path.values():
            _version_header(operation["responses"])
            _named_scopes(operation)
    return document


def _named_scopes(operation: dict[str, Any]) -> None:
    # A door that names its scopes itself gets them beside the empty list that FastAPI found, which would let all in.
    named = [way for way in operation.get("security", ()) if any(way.values())]
    if named:
        operation["security"] = named


def _version_header(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status[0] in "23":
            response.setdefault("headers", {})["API-Version"] = {
                "description": "De versie van deze API.",
                "schema": {"type": "string"},
            }
