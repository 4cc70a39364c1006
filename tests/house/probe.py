"""Print where `fhir` and `fhir.resources` come from, then end; imported by each program in its own way."""

import json

import fhir.resources
from fhir.resources.R4B.bundle import Bundle

import fhir.identifiers

print(json.dumps({"ours": fhir.identifiers.__file__, "theirs": fhir.resources.__file__, "bundle": Bundle.__module__}))
raise SystemExit(0)
