"""FHIR R4 on the wire: what the standard says. Knows FHIR and the values it carries; no database, no HTTP, no Celery.

The distribution fhir.resources lives under this same import name. Extending the path lets `import fhir.resources`
and `import fhir.identifiers` both work, as long as the project root comes first on the path.
"""

import pkgutil

__path__ = pkgutil.extend_path(__path__, __name__)
