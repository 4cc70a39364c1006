# /// script
# requires-python = ">=3.11"
# dependencies = ["httpx2", "joserfc"]
# ///
"""Send a message to a practice by FHIR and follow it: python bericht.py demo.json bericht.json."""

import json
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import import_key

FHIR = "application/fhir+json"


def assertion(base_url: str, one: dict[str, Any]) -> str:
    """A proof of who we are (private_key_jwt), good for one minute and for one token."""
    moment = int(time.time())
    claims = {
        "iss": one["client_id"],
        "sub": one["client_id"],
        "aud": base_url,
        "jti": str(uuid.uuid4()),
        "iat": moment,
        "exp": moment + 60,
    }
    return jwt.encode({"alg": one["alg"], "kid": one["kid"]}, claims, import_key(one["private_jwk"]))


def token(http: httpx2.Client, base_url: str, one: dict[str, Any]) -> str:
    """An access token; the address is in the SMART configuration."""
    smart = http.get(f"{base_url}/fhir/R4/.well-known/smart-configuration").json()
    form = {
        "grant_type": "client_credentials",
        "scope": " ".join(one["scopes"]),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(base_url, one),
    }
    return str(http.post(smart["token_endpoint"], data=form).raise_for_status().json()["access_token"])


def parts(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of this type."""
    return [one["resource"] for one in message["entry"] if one["resource"]["resourceType"] == kind]


def renew(message: dict[str, Any]) -> None:
    """Give the message names and times of its own, and the consent the day on which the worker said yes."""
    moment, name = datetime.now(UTC), str(uuid.uuid4())
    message["entry"][0]["fullUrl"], message["entry"][0]["resource"]["id"] = f"urn:uuid:{name}", name
    message["identifier"]["value"], message["timestamp"] = f"urn:uuid:{name}", moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    task, consent = parts(message, "Task")[0], parts(message, "Consent")[0]
    task["identifier"][0]["value"], task["groupIdentifier"]["value"] = str(uuid.uuid4()), str(uuid.uuid4())
    consent["dateTime"] = message["timestamp"]
    until = moment + timedelta(days=60)
    consent["provision"]["period"] = {"start": moment.date().isoformat(), "end": until.date().isoformat()}


def main(credentials: Path, file: Path) -> int:
    """Send it, and tell how it was taken and how far the practice is. After a lost answer, send the same bytes."""
    known, message = (json.loads(path.read_text(encoding="utf-8")) for path in (credentials, file))
    base_url = known["base_url"]
    one = next(each for each in known["clients"] if each["role"] == "arbodienst")
    renew(message)
    with httpx2.Client(headers={"Accept": FHIR}, timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {token(http, base_url, one)}"
        body, headers = json.dumps(message).encode(), {"Content-Type": FHIR}
        answer = http.post(f"{base_url}/fhir/R4/$process-message", content=body, headers=headers)
        bundle = answer.json()
        if bundle["resourceType"] == "Bundle":
            response = parts(bundle, "MessageHeader")[0]["response"]
            sys.stdout.write(f"{response['code']} {response['identifier']}\n")
        if answer.is_error:
            outcome = bundle if bundle["resourceType"] == "OperationOutcome" else parts(bundle, "OperationOutcome")[0]
            for issue in outcome["issue"]:
                sys.stdout.write(f"{issue['details']['coding'][0]['code']} {issue['details']['text']}\n")
            return 1
        # A system without an endpoint of its own looks now and then; what there is to fetch stands in the Task.
        for _ in range(10):
            task = http.get(answer.headers["Location"]).raise_for_status().json()
            if task["status"] != "draft":
                break
            time.sleep(0.5)
        sys.stdout.write(f"{task['id']} {task['status']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
