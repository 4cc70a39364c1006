"""Reading a message between doctors is total and keeps its secret; what we write we can read."""

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from fhir.reading.message import read_message, read_transaction
from fhir.referral import ReferralMessage
from fhir.writing.message import write_message, write_transaction
from tests.fhir.messages import messages

some = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(messages())
@some
def test_what_we_write_we_can_read(message: ReferralMessage) -> None:
    written = write_message(message)
    assert read_message(json.loads(json.dumps(written))) == message
    assert write_message(message) == written


@given(messages())
@some
def test_a_transaction_says_the_same_without_a_header(message: ReferralMessage) -> None:
    headless = replace(
        message,
        message_id=message.bundle_identifier.value.removeprefix("urn:uuid:"),
        sender=replace(message.sender, endpoint=None),
        recipient=replace(message.recipient, endpoint=None),
    )
    assert read_transaction(json.loads(json.dumps(write_transaction(message)))) == headless
