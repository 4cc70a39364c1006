"""Alive, and ready to work: for the machines that watch this one."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service import migrate
from service.database import Database

Watched = Mapping[str, Callable[[], bool]]

router = APIRouter(prefix="/health", tags=["operations"])


@router.get("/live", summary="The process is alive")
def live() -> dict[str, str]:
    """Say that the process is alive."""
    return {"status": "alive"}


@router.get("/ready", summary="The service can do its work")
def ready(request: Request, response: Response) -> dict[str, str]:
    """Say whether each part is ready; 503 when one is not. Says nothing of versions or addresses."""
    watched: Watched = request.app.state.watched
    parts = {"database": _database(request.app.state.database), "keys": _keys(request)}
    parts |= {name: "ready" if is_alive() else "not ready" for name, is_alive in watched.items()}
    if "not ready" in parts.values():
        response.status_code = 503
    return parts


def _database(database: Database) -> str:
    try:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
            return "ready" if migrate.is_at_head(database.engine) else "not ready"
    except SQLAlchemyError:
        return "not ready"


def _keys(request: Request) -> str:
    return "ready" if request.app.state.verifier.keys.published()["keys"] else "not ready"
