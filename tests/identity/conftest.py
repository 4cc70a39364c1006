"""A world of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from service.identity import passwords
from service.settings import Settings
from tests.identity.world import BASE, World, build


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests are not about how slow a hash is; the one that is, asks for the real one."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, base_url=BASE, demo=True)


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    """On SQLite: for what no database has a say in."""
    made = build(settings, f"sqlite:///{tmp_path / 'identity.db'}")
    yield made
    made.database.close()


@pytest.fixture
def stored(settings: Settings, empty_database_url: str) -> Iterator[World]:
    """On SQLite and on PostgreSQL: for what a lock or a unique key decides."""
    made = build(settings, empty_database_url)
    yield made
    made.database.close()
