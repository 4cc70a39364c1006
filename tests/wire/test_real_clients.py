"""Clients that others wrote and the programs that we publish, against a real server: each files and reads a receipt."""

import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign

from service.app import create_app
from service.database import Database
from service.demo.seeding import seed
from service.identity.demo import demo_file
from service.settings import Settings
from service.web.connecting import FOLDER
from tests.servers import free_port
from tests.web.site import serving
from tests.wire.documents import Json, notification

with warnings.catch_warnings():
    # Both are third-party packages whose own imports and models warn of what is to come in theirs, not in ours.
    warnings.simplefilter("ignore", DeprecationWarning)
    from fhirclient.client import FHIRClient  # type: ignore[import-untyped]
    from fhirclient.models.bundle import Bundle  # type: ignore[import-untyped]
    from fhirclient.models.parameters import Parameters  # type: ignore[import-untyped]
    from fhirclient.models.task import Task  # type: ignore[import-untyped]
    from fhirpy import SyncFHIRClient
    from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

_CURL_LACKS = None if shutil.which("curl") else "needs curl (Debian package curl)"


@dataclass
class Demo:
    """A demo server, and the file with its parties."""

    base_url: str
    credentials: Path

    @property
    def client(self) -> Json:
        """The client of the demo arbodienst."""
        known = json.loads(self.credentials.read_text())
        return next(one for one in known["clients"] if one["role"] == "arbodienst")

    @property
    def scope(self) -> str:
        return " ".join(self.client["scopes"])


@pytest.fixture(scope="module")
def demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    shutil.copyfile(sqlite_template, folder / "arbobrug.db")
    base_url = f"http://127.0.0.1:{port}"
    settings = Settings(data=folder, base_url=base_url, demo=True, DATABASE_URL=f"sqlite:///{folder / 'arbobrug.db'}")
    app = create_app(settings)
    database: Database = app.state.database
    with database.transaction() as session:
        seed(session, settings)
    with serving(app, port):
        yield Demo(base_url, demo_file(settings))
    database.close()


def assertion_by_authlib(demo: Demo) -> str:
    """Neither client below can sign an assertion itself: Authlib does, with its hour cut short."""
    client = demo.client
    claims = {"exp": int(time.time()) + 60}
    return str(
        private_key_jwt_sign(
            client["private_jwk"],
            client_id=client["client_id"],
            token_endpoint=demo.base_url,
            alg=client["alg"],
            claims=claims,
            header={"alg": client["alg"], "kid": client["kid"]},
        )
    )


def test_fhirpy_files_polls_and_reads_the_receipt(demo: Demo) -> None:
    metadata = SyncFHIRClient(f"{demo.base_url}/fhir/R4").execute("metadata", method="get")
    assert metadata["fhirVersion"] == "4.0.1"
    # fhirpy only carries a token; how to get one is left to its user.
    form = {
        "grant_type": "client_credentials",
        "scope": demo.scope,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion_by_authlib(demo),
    }
    token = httpx2.post(f"{demo.base_url}/oauth/token", data=form).raise_for_status().json()
    assert token["expires_in"] <= 300
    client = SyncFHIRClient(f"{demo.base_url}/fhir/R4", authorization=f"Bearer {token['access_token']}")

    document = notification()
    answer = client.execute("$process-notification", method="post", data=document)
    receipt = answer["parameter"][0]["resource"]
    number = receipt["entry"][0]["resource"]["identifier"]["value"]

    own = document["entry"][0]["resource"]["identifier"]
    found = client.resources("Task").search(identifier=f"{own['system']}|{own['value']}").fetch_all()
    assert [one["identifier"][0]["value"] for one in found] == [number]
    task = client.reference("Task", found[0]["id"]).to_resource()
    assert task["status"] in {"completed", "in-progress"}
    again = client.execute(task["output"][0]["valueReference"]["reference"], method="get")
    assert again["entry"][0]["resource"]["identifier"]["value"] == number
    assert client.resources("Task").count() >= 1

    for _ in range(3):
        client.execute("$process-notification", method="post", data=notification())
    every = client.resources("Task").limit(2).fetch_all()
    assert len({one["id"] for one in every}) == len(every) >= 4
    with pytest.raises(ResourceNotFound):
        client.reference("Task", "00000000-0000-4000-8000-000000000000").to_resource()
    with pytest.raises(OperationOutcome):
        client.execute("$process-notification", method="post", data={"resourceType": "Bundle", "type": "document"})


@pytest.mark.filterwarnings("ignore::DeprecationWarning:fhirclient")  # its models use what Python will drop
def test_the_smart_client_files_polls_and_reads_the_receipt(demo: Demo) -> None:
    settings = {
        "app_id": demo.client["client_id"],
        "api_base": f"{demo.base_url}/fhir/R4",
        "scope": demo.scope,
        # It can do client_credentials with an assertion, but the assertion must be made elsewhere.
        "jwt_token": assertion_by_authlib(demo),
    }
    smart = FHIRClient(settings=settings)
    smart.wants_patient = False
    smart.prepare()
    assert smart.server.capabilityStatement.fhirVersion == "4.0.1"
    smart.authorize()
    assert smart.ready

    document = notification()
    answer = smart.server.post_json("$process-notification", document)
    parameters = Parameters(answer.json())
    number = parameters.parameter[0].resource.entry[0].resource.identifier.value
    task_id = answer.headers["Location"].rpartition("/")[2]
    task = Task.read(task_id, smart.server)
    assert task.identifier[0].value == number
    found = Task.where({"identifier": number}).perform(smart.server)
    assert isinstance(found, Bundle)
    receipt = Bundle.read_from(task.output[0].valueReference.reference, smart.server)
    assert receipt.entry[0].resource.identifier.value == number


def test_the_python_program_of_the_guide_files(demo: Demo, tmp_path: Path) -> None:
    said = run(demo, tmp_path, sys.executable, "melden.py")
    number, status, _ = said.split()
    assert number.startswith("AB-")
    assert status in {"completed", "in-progress"}


@pytest.mark.skipif(_CURL_LACKS is not None, reason=_CURL_LACKS or "")
def test_the_curl_program_of_the_guide_files(demo: Demo, tmp_path: Path) -> None:
    # Which client is which says the role, not the order.
    known = json.loads(demo.credentials.read_text("utf-8"))
    turned = tmp_path / "turned.json"
    turned.write_text(json.dumps(known | {"clients": known["clients"][::-1]}), "utf-8")
    other = replace(demo, credentials=turned)
    first, second = (run(one, tmp_path, "/bin/sh", "melden.sh") for one in (other, demo))
    assert "HTTP/1.1 201 Created" in first
    assert "HTTP/1.1 200 OK" in second  # the file was not changed, so these were the same bytes
    assert '"resourceType":"Bundle","type":"searchset"' in first


def test_the_program_of_the_guide_sends_a_message(demo: Demo, tmp_path: Path) -> None:
    taken, followed = run(demo, tmp_path, sys.executable, "bericht.py", "bericht.json").splitlines()
    assert taken.startswith("ok ")
    assert followed.endswith(" draft")  # nothing here keeps what was promised


def run(demo: Demo, folder: Path, program: str, file: str, document: str = "melding.json") -> str:
    """Run a program of the guide in a folder with nothing but the files of the guide."""
    for name in ("assertie.py", "melden.py", "melden.sh", "bericht.py", "melding.json", "bericht.json"):
        shutil.copyfile(FOLDER / name, folder / name)
    environment: dict[str, Any] = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [program, file, str(demo.credentials), document]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
