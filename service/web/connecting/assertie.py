# /// script
# requires-python = ">=3.11"
# dependencies = ["joserfc"]
# ///
"""Print an assertion (private_key_jwt) for the client "arbodienst" in a file with credentials."""

import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import import_key


def client(credentials: dict[str, Any], role: str = "arbodienst") -> dict[str, Any]:
    """The client of this role."""
    return next(one for one in credentials["clients"] if one["role"] == role)


def assertion(base_url: str, one: dict[str, Any]) -> str:
    """An assertion that is good for one minute and for one token."""
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


if __name__ == "__main__":
    known = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(assertion(known["base_url"], client(known)) + "\n")
