"""What stands in the way of starting in the distributed form: each a sentence that says what to do."""

from collections.abc import Iterator
from typing import Any

import redis
from sqlalchemy.exc import OperationalError

from service import migrate
from service.database import Database
from service.durability import careless_settings
from service.settings import Settings

_MAY = "Of sta het toe met ARBOBRUG_REDIS_MAY_FORGET=true: dan komt alles, maar wat verloren ging later."
_BEHIND = "De database is nog niet bij. Doe eerst: python -m service migrate"
_REDIS_SECONDS = 4


class _Away(Exception):  # noqa: N818 - a sentence for a person, not a fault
    """What is needed does not answer; a program that can do without for a while starts all the same."""


def obstacles(settings: Settings, *, may_wait: bool) -> list[str]:
    """Everything that stands in the way. With `may_wait`, what does not answer yet is none: it may come later."""
    found = [*_wrong_places(settings)]
    for look in () if found else (_database, _redis, _keys):
        try:
            found += look(settings)
        except _Away as away:
            found += [] if may_wait else [str(away)]
    return found


def _wrong_places(settings: Settings) -> Iterator[str]:
    if settings.redis_url is None:
        yield "De verspreide vorm vraagt Redis. Zet REDIS_URL, of draai alles in één proces: python -m workflows local"
    if settings.storage_url.startswith("sqlite"):
        yield "De verspreide vorm vraagt PostgreSQL. Zet DATABASE_URL op postgresql+psycopg://..."


def _database(settings: Settings) -> list[str]:
    opened = Database(settings.storage_url)
    try:
        behind = [] if migrate.is_at_head(opened.engine) else [_BEHIND]
        return [*careless(opened), *behind]
    except OperationalError:
        raise _Away("PostgreSQL antwoordt niet. Kijk of hij draait, en of DATABASE_URL klopt.") from None
    finally:
        opened.close()


def careless(opened: Database) -> list[str]:
    """Why PostgreSQL could lose what it acknowledged. Raises OperationalError when it is not there."""
    names = " en ".join(careless_settings(opened.engine))
    sentence = (
        f"Na een stroomstoring kan PostgreSQL kwijt zijn wat het al bevestigde: {names} staat uit. "
        "Zet dat aan in postgresql.conf, laat PostgreSQL die opnieuw lezen, en start opnieuw."
    )
    return [sentence] if names else []


def _redis(settings: Settings) -> Iterator[str]:
    found = _told(str(settings.redis_url))
    if settings.redis_may_forget:
        return
    if (policy := found["maxmemory_policy"]) != "noeviction":
        yield f"Redis mag weggooien wat in de rij staat: maxmemory-policy is {policy}. Zet die op noeviction. {_MAY}"
    if not found["aof_enabled"]:
        yield f"Redis bewaart de rij niet: appendonly staat uit. Zet appendonly yes. {_MAY}"


def _told(url: str) -> dict[str, Any]:
    # INFO and not CONFIG GET, which hosted Redis refuses.
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=_REDIS_SECONDS, socket_timeout=_REDIS_SECONDS
        ) as connection:
            return {**connection.info("memory"), **connection.info("persistence")}
    except (redis.RedisError, OSError):
        raise _Away("Redis antwoordt niet. Kijk of hij draait, en of REDIS_URL klopt.") from None


def _keys(settings: Settings) -> Iterator[str]:
    for file in (settings.key_file, settings.vault_file):
        if not file.is_file():  # made here, it would differ from that of the other processes
            yield f"Het sleutelbestand '{file}' is er niet. Maak het met: python -m service keys make"
