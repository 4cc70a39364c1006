"""How the world reaches consents: /v1/consents, and who can no longer give one. Workers answer on their own page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from service.clock import written
from service.consent import actions
from service.consent.schemas import ConsentView
from service.consent.tables import Consent
from service.database import Transaction
from service.idempotency import IdempotencyKey, once
from service.identity.access import MayExchange, MayExchangeOrReadOwnFile, Scope
from service.paging import Cursor, PageSize, link_next, read_id, write_cursor
from service.persons.vault import Vault
from service.strict_json import RawBody, StrictRoute

router = APIRouter(tags=["consents"], route_class=StrictRoute)
# One scope or the other opens this; the dependency decides, and the document says both.
_EITHER = {"security": [{"arbobrug": [Scope.EXCHANGE.value]}, {"arbobrug": [Scope.OWN_FILE.value]}]}
PersonId = Annotated[UUID | None, Query(alias="personId", description="Only those of this worker.")]
OnePerson = Annotated[UUID, Path(alias="id", description="The id of the worker.")]


@router.get("/consents", summary="What you asked of workers, or were asked as a worker", openapi_extra=_EITHER)
def overview(
    request: Request,
    response: Response,
    session: Transaction,
    caller: MayExchangeOrReadOwnFile,
    person_id: PersonId = None,
    limit: PageSize = 20,
    cursor: Cursor = None,
) -> list[ConsentView]:
    """List consents, newest first: those your organisation asked, or as a worker your own."""
    vault: Vault = request.app.state.vault
    after = read_id(cursor) if cursor else None
    rows = actions.overview(session, vault, caller, person_id, after=after, limit=limit + 1)
    link_next(request, response, write_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None)
    return [view(row) for row in rows[:limit]]


@router.post("/persons/{id}/death", status_code=204, summary="Note that a worker died")
def note_death(
    request: Request,
    session: Transaction,
    caller: MayExchange,
    person_id: OnePerson,
    body: RawBody,
    key: IdempotencyKey = None,
) -> Response:
    """Nobody is asked for consent any more, and what waits for an answer runs out. Noting it twice changes nothing."""

    def act() -> Response:
        actions.note_death(session, request.app.state.vault, caller, person_id)
        return Response(status_code=204)

    return once(session, caller.subject, key, request, body, act)


def view(row: Consent) -> ConsentView:
    """A consent as the world sees it."""
    return ConsentView(
        id=row.id,
        person_id=row.person_id,
        message_id=row.message_id,
        provision=row.provision,
        state=row.state,
        version=row.version,
        purpose=row.purpose,
        data=row.data,
        from_organisation=row.from_organisation,
        to_organisation=row.to_organisation,
        basis=row.basis,
        recorded_by=row.recorded_by,
        asked_at=written(row.asked_at),
        answer_by=written(row.answer_by),
        answered_at=written(row.answered_at) if row.answered_at else None,
        valid_from=written(row.valid_from),
        valid_until=written(row.valid_until),
        withdrawn_at=written(row.withdrawn_at) if row.withdrawn_at else None,
        text_version=row.text_version,
        text_sha256=row.text_sha256,
        language=row.language,
        demo=row.demo,
    )
