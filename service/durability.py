"""Whether acknowledged means kept, also after a power cut: what a connection cannot ask of PostgreSQL itself."""

from sqlalchemy import Engine, text

_OFF = text(
    "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"
)


def careless_settings(engine: Engine) -> tuple[str, ...]:
    """The settings of the server with which it may lose what it acknowledged. SQLite is set by us, so it has none."""
    if engine.dialect.name == "sqlite":
        return ()
    with engine.connect() as connection:
        return tuple(connection.scalars(_OFF))
