"""Errors on pages: the same refusals and statuses as everywhere, said to a person who can do something about it."""

import inspect
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.responses import Response as AnyResponse

from service.events import INTERNAL_ERROR
from service.manners import PAGE_HEADERS
from service.problems import PROBLEM_JSON
from service.text import Text
from service.web.pages import language_of, render
