"""Where Alembic meets our tables."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlalchemy import TypeDecorator
from sqlmodel import SQLModel

import service.all_tables  # noqa: F401 - importing the tables is what fills the metadata


def _plain_types(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write the type of the database and not ours: a migration may not change when our code does."""
    if kind == "type" and isinstance(item, TypeDecorator):
        plain = item.impl_instance
        if isinstance(plain, sa.DateTime):
            return "sa.DateTime(timezone=True)"
        if isinstance(plain, sa.String):
            return f"sa.String(length={plain.length})" if plain.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=_plain_types,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
