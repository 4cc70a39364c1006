"""What tests of the fhir floor ask for."""

import pytest

from tests.fhir.validator import LACKS, Validator, install


@pytest.fixture(scope="session")
def validator() -> Validator:
    """The independent validator; installed on first use."""
    if LACKS:
        pytest.skip(LACKS)
    return install()
