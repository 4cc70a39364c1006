"""Running the register and getting it ready."""

from typing import Annotated

import typer
import uvicorn

from service import migrate as migrations
from service.cli.printing import database, fail, out
from service.demo import seeding
from service.identity.demo import demo_file
from service.settings import Settings


def serve(
    host: Annotated[str, typer.Option(help="Adres om op te luisteren.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processen; meer dan een vraagt PostgreSQL.")] = 1,
) -> None:
    """Bied de API en de pagina's aan, met de instellingen van de omgeving."""
    if workers > 1 and Settings().storage_url.startswith("sqlite"):
        fail("Meer dan een proces kan alleen op PostgreSQL. Zet DATABASE_URL, of laat --workers weg.")
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
