"""Running the register and getting it ready."""

from typing import Annotated

import typer
import uvicorn
from sqlalchemy.exc import OperationalError

from service import migrate as migrations
from service.cli.printing import database, fail, out
from service.database import Database
from service.demo import seeding
from service.identity.demo import demo_file
from service.obstacles import careless, obstacles
from service.ports import read_port
from service.settings import Settings


def serve(
    host: Annotated[str, typer.Option(help="Adres om op te luisteren.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="PORT", parser=read_port, metavar="1-65535", help="Poort om op te luisteren.")
    ] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processen; meer dan één vraagt PostgreSQL.")] = 1,
) -> None:
    """Bied de API en de pagina's aan, met de instellingen van de omgeving."""
    if workers > 1 and Settings().storage_url.startswith("sqlite"):
        fail("Meer dan één proces kan alleen op PostgreSQL. Zet DATABASE_URL, of laat --workers weg.")
    _insist_on_order()
    uvicorn.run(
        "service.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=20,
    )


def _insist_on_order() -> None:
    """Refuse what could lose something. What does not answer may come later; until then /health/ready says so."""
    settings = Settings()
    found = obstacles(settings, may_wait=True) if settings.redis_url else _obstacles_alone(settings)
    if found:
        fail("\n".join(found))


def _obstacles_alone(settings: Settings) -> list[str]:
    opened = Database(settings.storage_url)
    try:
        return careless(opened)
    except OperationalError:
        return []
    finally:
        opened.close()


def migrate() -> None:
    """Breng de database naar de nieuwste vorm; nog een keer verandert niets."""
    with database() as opened:
        migrations.upgrade(opened.engine)
    out.print("De database is bij.")


def seed() -> None:
    """Zet de demopartijen klaar en schrijf demo.json; nog een keer laat alles zoals het is."""
    settings = Settings()
    with database() as opened:
        migrations.upgrade(opened.engine)
        with opened.transaction() as session:
            seeding.seed(session, settings)
    out.print(f"De demopartijen staan klaar; de gegevens staan in {demo_file(settings)}")
