"""`python -m deploy.standin_his`: started by `make run` beside the service, on a socket that is open already."""

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn

from deploy.standin_his.app import FHIR, Practice, create_app
from deploy.standin_his.tokens import Tokens
from service.client import Api, ApiProblem


def main() -> None:
    """Serve until whoever started us goes away: then our standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m deploy.standin_his", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the socket to listen on")
    parser.add_argument("--base-url", required=True, help="our own address")
    parser.add_argument("--credentials", type=Path, required=True, help="demo.json, with the client of the practice")
    asked = parser.parse_args()
    api = Api.from_credentials(asked.credentials, "his")
    practice = Practice(asked.base_url, Tokens(api.base_url, f"{asked.base_url}/oauth/token"), _sender(api))
    config = uvicorn.Config(create_app(practice), fd=asked.fd, access_log=False, log_level="error")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C reaches us too, and is no fault
        uvicorn.Server(config).run()


def _sender(api: Api) -> Any:
    def send(body: bytes) -> Any:
        try:
            return api.call("POST", "/fhir/R4/$process-message", body, Content_Type=FHIR)[1]
        except ApiProblem as problem:
            return problem.document

    return send


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
