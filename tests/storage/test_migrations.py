"""Migrations: the same on SQLite and PostgreSQL, harmless when repeated, and exactly what the tables say."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

import service.all_tables  # noqa: F401 - importing the tables is what fills the metadata
from service import migrate
from service.database import Database


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_an_empty_database_gets_exactly_our_tables(empty: Database) -> None:
    assert not migrate.is_at_head(empty.engine)
    migrate.upgrade(empty.engine)
    assert migrate.is_at_head(empty.engine)
    assert tables(empty) == set(SQLModel.metadata.tables)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_again_changes_nothing(empty: Database) -> None:
    migrate.upgrade(empty.engine)
    with empty.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO identity_organisation (id, name, kind, demo) VALUES (:id, 'Arbo', 'arbodienst', :no)"),
            {"id": "0" * 32, "no": False},
        )
    migrate.upgrade(empty.engine)
    with empty.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM identity_organisation")) == 1


def test_two_that_start_at_once_take_turns(empty_database_url: str) -> None:
    together = Barrier(4)

    def start(_: int) -> None:
        database = Database(empty_database_url)
        together.wait()
        migrate.upgrade(database.engine)
        assert migrate.is_at_head(database.engine)
        database.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(start, range(4)))


def test_every_step_can_be_taken_back_and_taken_again(empty: Database) -> None:
    migrate.upgrade(empty.engine)
    config = migrate._config()
    with empty.engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert tables(empty) == set()
    migrate.upgrade(empty.engine)
    assert tables(empty) == set(SQLModel.metadata.tables)


def test_every_constraint_has_a_name_that_a_later_migration_can_use(empty: Database) -> None:
    migrate.upgrade(empty.engine)
    found = inspect(empty.engine)
    for table in tables(empty):
        assert found.get_pk_constraint(table)["name"] == f"pk_{table}"
        for key in found.get_foreign_keys(table):
            assert str(key["name"]).startswith(f"fk_{table}")
        for unique in found.get_unique_constraints(table):
            assert str(unique["name"]).startswith(f"uq_{table}")
