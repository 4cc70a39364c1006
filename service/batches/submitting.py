"""A submission: row after row, each in a short transaction of its own: after a crash every row is filed or not."""

import time
from uuid import UUID

from service.batches import actions
from service.batches.rules import Duplicates
from service.database import Database
from service.identity.access import Caller
from service.settings import Institution
from service.text import Language

# A request that takes longer than a proxy waits would look as if it failed; the caller simply asks again.
MOST_SECONDS = 15.0
MOST_ROWS = 500


def submit(
    database: Database,
    caller: Caller,
    batch_id: UUID,
    version: int,
    duplicates: Duplicates,
    institution: Institution,
    language: Language = Language.NL,
    limit: int = MOST_ROWS,
) -> None:
    """File the rows that wait, until none does, the limit is reached or the time is up; again goes on from there."""
    deadline = time.monotonic() + MOST_SECONDS
    with database.transaction() as session:
        actions.begin_submission(session, caller, batch_id, version)
    for _ in range(limit):
        with database.transaction() as session:
            if not actions.file_next(session, caller, batch_id, version, duplicates, institution, language):
                return
        if time.monotonic() > deadline:
            return
