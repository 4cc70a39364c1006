# /// script
# requires-python = ">=3.11"
# dependencies = ["httpx2", "joserfc"]
# ///
"""File a notification by FHIR: python melden.py demo.json melding.json."""

import json
import sys
import time
import uuid
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


def file(http: httpx2.Client, base_url: str, document: dict[str, Any]) -> httpx2.Response:
    """Send the document under names of its own. After a lost answer, send the same bytes again."""
    document["identifier"]["value"] = f"urn:uuid:{uuid.uuid4()}"
    document["entry"][0]["resource"]["identifier"]["value"] = f"urn:uuid:{uuid.uuid4()}"
    body = json.dumps(document).encode()
    return http.post(f"{base_url}/fhir/R4/$process-notification", content=body, headers={"Content-Type": FHIR})


def main(credentials: Path, notification: Path) -> int:
    """File it, read where it stands, and read the receipt."""
    known = json.loads(credentials.read_text(encoding="utf-8"))
    base_url = known["base_url"]
    one = next(each for each in known["clients"] if each["role"] == "arbodienst")
    with httpx2.Client(headers={"Accept": FHIR}, timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {token(http, base_url, one)}"
        answer = file(http, base_url, json.loads(notification.read_text(encoding="utf-8")))
        if answer.is_error:
            for issue in answer.json()["issue"]:
                sys.stdout.write(f"{issue['details']['coding'][0]['code']} {issue['details']['text']}\n")
            return 1
        task = http.get(answer.headers["Location"]).raise_for_status().json()
        receipt = http.get(f"{base_url}/fhir/R4/{task['output'][0]['valueReference']['reference']}").raise_for_status()
        number = receipt.json()["entry"][0]["resource"]["identifier"]["value"]
        sys.stdout.write(f"{number} {task['status']} {task['businessStatus']['coding'][0]['code']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
