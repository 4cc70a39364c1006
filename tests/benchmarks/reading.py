"""How long it takes to read and check a FHIR document, without storing anything."""

import time
from statistics import median

from fhir.reading import read_submission
from service.wire.incoming import receive
from service.wire.lists import LISTS
from tests.benchmarks.works import fhir_document

_TIMES = 200


def milliseconds_to_read() -> float:
    """The median time, in ms, from the bytes to a submission: every layer of validation but the criteria."""
    body = fhir_document().encode()
    times = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        read_submission(receive(body).document, LISTS)
        times.append((time.perf_counter() - started) * 1000)
    return round(median(times), 3)
